"""Meta's handshake and signature: for every channel that is Meta's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.incoming import ChannelAccount, Request
from ingest.meta_signature import challenge, signature, verify

URL = "https://door.example/webhooks/whatsapp/meta"
BODY = b'{"object":"instagram","entry":[{"text":"\\u00e4"}]}'
SECRETS = {"app_secret": "first", "app_secret_2": "second", "verify_token": "hush"}
GENUINE = signature("first", BODY)


def account(**credentials):
    return ChannelAccount("acme", "whatsapp", "meta", "+1", "https://graph.facebook.com", credentials)


def posted(body=BODY, claimed=GENUINE):
    return Request("POST", URL, {} if claimed is None else {"x-hub-signature-256": claimed}, body)


def asked(query):
    return Request("GET", f"{URL}?{query}", {}, b"")


def test_the_signature_is_hmac_sha256_in_hex_with_its_name():
    """A vector of RFC 4231 (case 2)."""
    assert signature("Jefe", b"what do ya want for nothing?") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


@pytest.mark.parametrize("secret", ["first", "second"])
def test_either_secret_may_have_signed(secret):
    """It is not documented which of its two secrets Instagram uses."""
    assert verify(posted(claimed=signature(secret, BODY)), account(**SECRETS))


def test_a_repeated_call_is_as_genuine_as_the_first():
    """Meta repeats what it is not sure of; who it is from is one question, whether it is new another."""
    assert [verify(posted(), account(**SECRETS)) for _ in range(2)] == [True, True]


@pytest.mark.parametrize(
    ("body", "claimed"),
    [
        pytest.param(BODY, None, id="missing"),
        pytest.param(BODY, "", id="empty"),
        pytest.param(BODY, signature("third", BODY), id="wrong secret"),
        pytest.param(BODY, signature("", BODY), id="signed with nothing"),
        pytest.param(BODY, GENUINE.upper(), id="upper case"),
        pytest.param(BODY, GENUINE.removeprefix("sha256="), id="without its name"),
        pytest.param(BODY, GENUINE.replace("sha256", "sha1"), id="another algorithm's name"),
        pytest.param(BODY, GENUINE[:-1], id="cut short"),
        pytest.param(BODY, "sha256=\udc80é", id="not ASCII"),
        pytest.param(BODY + b" ", GENUINE, id="a space more"),
        pytest.param(BODY.replace(b"\\u00e4", "ä".encode()), GENUINE, id="the same JSON in other bytes"),
        pytest.param(b"", GENUINE, id="body taken away"),
    ],
)
def test_anything_else_is_not_genuine(body, claimed):
    """One byte, one letter: no entry."""
    assert not verify(posted(body, claimed), account(**SECRETS))


def test_an_account_without_secrets_verifies_nothing():
    """An empty key would let anyone sign."""
    assert not verify(posted(claimed=signature("", BODY)), account())
    assert not verify(posted(claimed=signature("", BODY)), account(app_secret=""))


def test_the_handshake_answers_with_the_bare_challenge():
    """As Meta wants to read it."""
    request = asked("hub.mode=subscribe&hub.verify_token=hush&hub.challenge=1158201444")
    answer = challenge(request, account())
    assert verify(request, account(**SECRETS))
    assert answer is not None
    assert (answer.status, answer.media_type, answer.body) == (200, "text/plain", b"1158201444")


@pytest.mark.parametrize(
    "query",
    [
        "hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1",
        "hub.mode=unsubscribe&hub.verify_token=hush&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=hush&hub.verify_token=hush&hub.challenge=1",
        "hub.mode=subscribe&hub.verify_token=hush",
        "hub.verify_token=hush&hub.challenge=1",
        "&".join(f"a{number}=1" for number in range(100)),
        "",
    ],
)
def test_a_handshake_without_our_token_is_nobodys(query):
    """Who does not know the token subscribes nothing."""
    assert not verify(asked(query), account(**SECRETS))


@pytest.mark.parametrize("request_", [posted(), asked(""), asked("hub.challenge=" + "1" * 2000)])
def test_nothing_else_is_a_challenge(request_):
    """A message is answered as a message, and nobody's page is sent back."""
    assert challenge(request_, account()) is None


@given(body=st.binary(max_size=200), claimed=st.text(max_size=80))
def test_nothing_from_outside_makes_it_raise(body, claimed):
    """Whatever comes, the answer is yes or no."""
    assert verify(posted(body, claimed), account(**SECRETS)) is False
