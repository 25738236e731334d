"""Our names in mail addresses and Message-IDs."""

import pytest

from ingest.email import tokens
from tests.unit.ingest.email.mails import CONVERSATION, KEY

TOKEN = tokens.sign("c", CONVERSATION, KEY)


def test_a_token_holds_its_id_and_fits_an_address():
    """42 characters that survive a change of case; a local part has 64."""
    assert tokens.name_in(TOKEN) == CONVERSATION
    assert len(TOKEN) == 43
    assert tokens.tagged("support@acme.example", TOKEN) == f"support+{TOKEN}@acme.example"


def test_an_address_that_would_be_too_long_stays_as_it_is():
    """Then the Message-ID alone leads back."""
    long = "a-very-long-mailbox-name@acme.example"
    assert tokens.tagged(long, TOKEN) == long


def test_a_tag_does_not_change_the_mailbox():
    """Ours or the customer's own."""
    tagged = [tokens.tagged("support@acme.example", TOKEN), "Support+anything@ACME.example", "support@acme.example"]
    assert {tokens.untagged(one) for one in tagged} == {"support@acme.example"}


@pytest.mark.parametrize(
    "forged",
    [
        TOKEN[:-1],
        "",
        "c",
        TOKEN.upper(),
        "p" + TOKEN[1:],
        TOKEN + "a",
        TOKEN[:5] + ("a" if TOKEN[5] != "a" else "b") + TOKEN[6:],
    ],
)
def test_a_changed_token_proves_nothing(forged):
    """Not even one of another kind about the same id."""
    assert tokens.proves(TOKEN, KEY) is True
    assert tokens.proves(forged, KEY) is False


def test_tokens_are_found_in_text():
    """In order, each once, of the kind that is asked for."""
    other = tokens.sign("p", CONVERSATION, KEY)
    text = f"<{other}.{TOKEN}@x> {TOKEN.upper()} {TOKEN}x"
    assert (tokens.found_in([text]), tokens.found_in([text], "c")) == ([other, TOKEN], [TOKEN])
