"""What an answer means, or that none came, whichever provider it is."""

import pytest

from deliver.answers import MAX_TEXT_CHARS, Meaning, ask, garbled, meaning, retry_after, wordless
from deliver.outgoing import NoAnswer, NotSent, ProviderAnswer


@pytest.mark.parametrize(
    ("error", "silence", "state", "code"),
    [
        (NotSent("refused"), "ambiguous", "not_accepted", "provider_unreachable"),
        (NoAnswer("timed out"), "ambiguous", "ambiguous", "provider_silent"),
        (NoAnswer("timed out"), "not_accepted", "not_accepted", "provider_silent"),
    ],
)
def test_only_what_surely_did_not_leave_may_be_sent_again(error, silence, state, code):
    """Silence is a doubt, unless the call was harmless."""

    def call():
        raise error

    receipt = ask(call, "Acme", silence=silence)
    assert (receipt.state, receipt.reason.code, receipt.reason.provider_text) == (state, code, str(error))


def test_an_answer_is_handed_on():
    """As it is."""
    given = ProviderAnswer(200, {}, b"")
    assert ask(lambda: given, "Acme") is given


@pytest.mark.parametrize(
    ("status", "state"), [(429, "not_accepted"), (500, "ambiguous"), (504, "ambiguous"), (400, "refused")]
)
def test_a_failure_without_words_may_hide_an_acceptance(status, state):
    """Something in between can fail after the provider has taken the message."""
    receipt = wordless(ProviderAnswer(status, {"retry-after": "7"}, b""), "Acme")
    assert (receipt.state, receipt.reason.code) == (state, f"provider_http_{status}")
    assert (receipt.reason.sentence, receipt.retry_after_seconds) == ("Acme refused the message.", 7.0)


def test_an_acceptance_that_nobody_can_read_is_a_doubt():
    """It may well have been taken."""
    assert garbled("Acme", ValueError("no JSON")).state == "ambiguous"


@pytest.mark.parametrize(("value", "seconds"), [("7", 7.0), ("soon", None), ("²", None), ("-1", None), ("", None)])
def test_a_throttle_says_when_to_come_back(value, seconds):
    """In seconds; what is no number is left aside."""
    assert retry_after(ProviderAnswer(429, {"retry-after": value}, b"")) == seconds


def test_an_unknown_code_is_permanent():
    """Providers split codes over time; the agent reads the provider's own words."""
    found = meaning({7: Meaning("not_accepted", "Later.")}, 8, "Acme refused it.")
    assert (found.state, found.sentence) == ("refused", "Acme refused it.")


@pytest.mark.parametrize(("text", "shown"), [(None, None), ("", None), ("x" * 5000, "x" * MAX_TEXT_CHARS)])
def test_a_providers_words_are_cut(text, shown):
    """Nobody reads a page of them."""
    assert Meaning("refused", "No.").reason(7, text).provider_text == shown
