"""An agent presses Send."""

import pytest

from schemas import identity
from tests.integration.gateway_door import ACME, ACME_READER, NUMBER, RIVAL, open_door
from tests.integration.test_gateway_threads import Message, record
from tests.polling import eventually
from workers.gateway import replies

CUSTOMER = "+14155550100"


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with open_door(tmp_path_factory.mktemp("door")) as door:
        yield door


def reply(door, content, key=ACME, idempotency=None):
    headers = {"Idempotency-Key": idempotency} if idempotency else {}
    return door.ask("POST", "/v1/replies", key=key, json=content, headers=headers)


def asked(**fields):
    return {"channel": "sms", "contact": CUSTOMER, **fields}


def test_a_reply_becomes_an_event(tmp_path):
    """All that the agent said is in the event; the answer names the message and the conversation."""
    with open_door(tmp_path) as door:
        upload = door.upload(b"photo", "crack.jpg")
        answer = reply(
            door,
            asked(
                text="Here it is",
                files=[{"upload": upload, "alt_text": "a crack"}, {"url": "https://files.example/m.pdf"}],
                expires_at="2099-01-01T00:00:00Z",
                send_what_fits=True,
                ticket="T-1",
                agent="kim",
            ),
            idempotency="click-1",
        )
        (event,) = door.events(1)
        eventually(lambda: door.intake_rows()[0].published_at, 5)
    assert (answer.status, answer.json()) == (
        202,
        {
            "message": identity.root_id("acme", event.source, event.id),
            "conversation": identity.conversation_id("acme", "sms", NUMBER, CUSTOMER),
            "warnings": [],
        },
    )
    assert event.source == "trombone/gateway"
    data = event.data
    assert (data.account, data.provider, data.address, data.text) == ("acme", "twilio", NUMBER, "Here it is")
    assert (data.send_what_fits, data.ticket, data.agent, data.expires_at.year) == (True, "T-1", "kim", 2099)
    assert [(one.source.object_key, one.source.url, one.file_name, one.alt_text) for one in data.files] == [
        (f"quarantine/acme/uploads/{upload}", None, "crack.jpg", "a crack"),
        (None, "https://files.example/m.pdf", None, None),
    ]


def test_a_contact_that_never_wrote_is_refused_where_only_customers_begin(door, monkeypatch):
    """A visitor is whoever opens the page: no reply can make one. One who has written gets an answer."""
    monkeypatch.setattr(replies, "UNRECORDED_SECONDS", 0.2)
    refused = reply(door, asked(channel="webchat", contact="nobody", text="hi"))
    assert (refused.status, refused.error) == (422, "contact_unknown")
    record(door, Message(door, "inbound", "webchat", "acme-shop", "somebody", "It broke").event)
    assert reply(door, asked(channel="webchat", contact="somebody", text="hi")).status == 202


def test_files_without_a_word_are_noticed(door):
    """The reply goes out, and the agent hears that a caption would help."""
    answer = reply(door, asked(files=[{"upload": door.upload(b"x")}], text="  "))
    assert (answer.status, [one["code"] for one in answer.json()["warnings"]]) == (202, ["no_words"])


def test_the_same_key_is_the_same_reply(tmp_path):
    """A client that tries again gets the same answer, and one event leaves."""
    with open_door(tmp_path) as door:
        answers = [reply(door, asked(text="hi"), idempotency="k").json() for _ in range(3)]
        reply(door, asked(text="last"), idempotency="k2")
        texts = [event.data.text for event in door.events(2)]
        assert len(door.heard.events) == 2
    assert answers[0] == answers[1] == answers[2]
    assert sorted(texts) == ["hi", "last"]


def test_the_same_key_with_other_content_is_refused(door):
    """The first reply stands."""
    first = reply(door, asked(text="one"), idempotency="same")
    second = reply(door, asked(text="two"), idempotency="same")
    assert (first.status, second.status, second.error) == (202, 409, "already_used")


def test_two_accounts_may_use_the_same_key(door):
    """Idempotency keys are the account's own."""
    answers = [reply(door, asked(text="one"), key=key, idempotency="shared") for key in (ACME, RIVAL)]
    assert [answer.status for answer in answers] == [202, 202]
    assert answers[0].json()["message"] != answers[1].json()["message"]


def test_without_a_key_every_reply_is_a_new_one(door):
    """Two clicks without a key are two messages."""
    messages = {reply(door, asked(text="again")).json()["message"] for _ in range(2)}
    assert len(messages) == 2


def test_another_accounts_upload_does_not_exist(door):
    """An id that leaked opens nothing."""
    stolen = door.upload(b"secret", key=RIVAL)
    answer = reply(door, asked(files=[{"upload": stolen}]))
    assert (answer.status, answer.error) == (404, "upload_unknown")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (asked(), 422, "reply_empty"),
        (asked(text=" \n"), 422, "reply_empty"),
        (asked(text="x", channel="pigeon"), 422, "channel_not_connected"),
        (asked(text="x", address="+15005550007"), 422, "channel_not_connected"),
        (asked(text="x", expires_at="2020-01-01T00:00:00Z"), 422, "reply_expired"),
        (asked(text="x", expires_at="2099-01-01T00:00:00"), 422, "wrong_field"),
        (asked(text="x", txt="typo"), 422, "wrong_field"),
        (asked(text="x" * 10_001), 422, "wrong_field"),
        (asked(text="a\0b"), 422, "wrong_field"),
        (asked(files=[{}]), 422, "wrong_field"),
        (asked(files=[{"upload": "a", "url": "https://a.test/b"}]), 422, "wrong_field"),
        (asked(files=[{"url": "file:///etc/passwd"}]), 422, "wrong_field"),
        (asked(files=[{"upload": "../../rival/uploads/x"}]), 422, "wrong_field"),
        (asked(files=[{"upload": "0" * 32}]), 404, "upload_unknown"),
        (asked(files=[{"url": "https://a.test/b"}] * 51), 422, "wrong_field"),
        (asked(files=[{"url": "https://a.test/" + "b" * 4000}] * 20), 413, "too_large"),
        ({"channel": "sms", "text": "x"}, 422, "wrong_field"),
        ([], 422, "wrong_field"),
    ],
)
def test_an_impossible_reply_is_refused_with_a_reason(door, content, status, code):
    """Before anything is written down."""
    before = len(door.intake_rows())
    answer = reply(door, content)
    assert (answer.status, answer.error, len(door.intake_rows())) == (status, code, before)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"channel": "sms", "channel": "webchat"}', b"[" * 30_000, b"nul"]
)
def test_what_is_not_json_is_refused(door, body):
    """Broken, ambiguous or absurdly deep."""
    answer = door.ask("POST", "/v1/replies", key=ACME, body=body)
    assert (answer.status, answer.error) == (400, "not_json")


def test_an_event_that_grows_too_large_is_refused(door):
    """Texts and addresses that fit one by one may be too much together; the agent hears so at once."""
    content = asked(text="\u20ac" * 10_000, files=[{"url": "https://a.test/" + "b" * 2_000}] * 20)
    answer = reply(door, content)
    assert (answer.status, answer.error) in [(413, "event_too_large"), (413, "too_large")]


@pytest.mark.parametrize("key", ["a b", "x" * 256, "\u00e9"])
def test_an_idempotency_key_is_short_and_plain(door, key):
    """Visible ASCII, at most 255."""
    answer = door.ask(
        "POST", "/v1/replies", key=ACME, json=asked(text="x"), headers={"Idempotency-Key": key.encode("utf-8")}
    )
    assert (answer.status, answer.error) == (422, "idempotency_key_wrong")


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("tb_desk_x", 401), (ACME_READER, 403)])
def test_only_a_key_with_the_scope_replies(door, key, status):
    """Reading is not writing."""
    assert reply(door, asked(text="x"), key=key).status == status
