"""Events to bytes and back, and what is refused in between."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from schemas.attachment import ReceivedAttachment
from schemas.codec import NewerVersion, Unreadable, Unwritable, decode, encode
from schemas.identity import root_id
from schemas.lineage import begin
from schemas.media_received import MediaReceived
from schemas.message import Reply
from schemas.payload_received import PayloadReceived
from schemas.reply_requested import ReplyRequested

NOW = datetime(2026, 11, 22, 9, 14, 1, 500, tzinfo=UTC)
PHOTO = ReceivedAttachment(
    id="a1", index=0, count=1, object_key="quarantine/acme/c1/a1/t1", etag="e", size_bytes=9, sha256="ab" * 32
)
RECEIVED = MediaReceived(
    direction="outbound", channel="sms", provider="twilio", account="acme", address="+1", contact="+2",
    conversation="c1", message="m1", reply=Reply(expires_at=NOW), attachments=[PHOTO],
)  # fmt: skip
EVENT = begin(RECEIVED, id="e1", source="trombone/test", now=NOW)


def wire(event: Any = EVENT, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(encode(event)) | changes
    return document


def changed(path: str, value: Any) -> bytes:
    document = wire()
    *steps, last = path.split(".")
    node: Any = document
    for step in steps:
        node = node[int(step) if step.isdigit() else step]
    node[last] = value
    return json.dumps(document).encode()


def refusal(body: bytes, *, outer: bool = False) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        decode(body, outer=outer)
    return caught.value


def test_an_event_comes_back_as_it_was() -> None:
    """Encoding and decoding lose nothing."""
    assert decode(encode(EVENT)) == EVENT


def test_the_document_is_cloudevents_1_0() -> None:
    """The names are those of the specification; extensions are lower-case and without underscores."""
    document = wire()

    assert [document[name] for name in ("specversion", "type", "datacontenttype", "dataschema")] == [
        "1.0", "trombone.media_received.v1", "application/json", "urn:trombone:schemas:media_received:v1"
    ]  # fmt: skip
    assert (document["subject"], document["time"]) == ("c1/m1", "2026-11-22T09:14:01.000500Z")


def test_absent_fields_are_left_out_and_other_defaults_written() -> None:
    """A reader in another language needs none of our defaults."""
    document = wire()

    assert document["data"]["lane"] == "light"
    assert document["data"]["reply"]["send_what_fits"] is False
    assert "ticket" not in document["data"]
    assert "causationid" not in document


def test_what_an_upstream_leaves_out_is_derived() -> None:
    """Direction, journey and subject of a reply that says no more than it must."""
    document = {
        "specversion": "1.0", "id": "7", "source": "helpdesk", "type": "trombone.reply_requested.v1",
        "time": "2026-11-22T10:14:01+01:00", "account": "acme",
        "data": {"account": "acme", "channel": "sms", "contact": "+2", "text": "hi", "files": None},
    }  # fmt: skip

    event = decode(json.dumps(document).encode(), outer=True)

    assert event.data == ReplyRequested(account="acme", channel="sms", contact="+2", text="hi")
    assert (event.correlation_id, event.subject) == (root_id("acme", "helpdesk", "7"), "sms")
    assert event.time == datetime(2026, 11, 22, 10, 14, 1, tzinfo=timezone(timedelta(hours=1)))


def test_unknown_fields_are_ignored_but_carried_along_in_attachments() -> None:
    """A newer producer's field survives a worker that has never heard of it."""
    document = wire()
    document["data"]["mood"] = "good"
    document["data"]["attachments"][0] |= {"blur": [0.5, None], "extra": "theirs"}

    event = decode(json.dumps(document).encode())

    assert event.data.attachments[0].extra == {"blur": [0.5, None], "extra": "theirs"}
    assert wire(event)["data"]["attachments"] == document["data"]["attachments"]
    assert "mood" not in wire(event)["data"]


def test_a_whole_number_may_be_written_with_a_point() -> None:
    """JSON Schema holds 9.0 for an integer, and so do we."""
    assert decode(changed("data.attachments.0.size_bytes", 9.0)).data.attachments[0].size_bytes == 9


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"\xff\xfe{}",
        b'{"id": NaN}',
        b'{"id": Infinity}',
        encode(EVENT) + b" trailing",
        b'{"a":' * 5_000,
        b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_not_json_is_unreadable(body: bytes) -> None:
    """Bad bytes end in one named exception, however hostile."""
    assert refusal(body).code == "not_json"


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'"event"', b"17", b'{"specversion": "1.0"}', b"1e999"])
def test_json_that_is_no_cloudevent_is_unreadable(body: bytes) -> None:
    """Valid JSON is not yet an event."""
    assert refusal(body).code == "not_an_event"


def test_nesting_is_limited_where_a_parser_would_still_follow() -> None:
    """What is carried along unread is stored and walked by others, who may have less stack left."""
    deep: Any = 1
    for _ in range(70):
        deep = [deep]

    assert refusal(changed("data.attachments.0.deep", deep)).detail == "Nested deeper than 64"


@pytest.mark.parametrize("path", ["data.contact", "id", "data.attachments.0.unheard_of"])
def test_nul_is_refused_in_every_string(path: str) -> None:
    """No database keeps it, so it would poison the record later."""
    assert "NUL" in refusal(changed(path, "a\0b")).detail


def test_the_six_letters_of_an_escape_are_not_nul() -> None:
    """A customer may write about programming."""
    assert decode(changed("data.contact", "a\\u0000b")).data.contact == "a\\u0000b"


def test_a_document_of_more_than_64_kb_is_unreadable() -> None:
    """The limit stands before any parsing."""
    error = refusal(changed("data.mood", "a" * 65_536))

    assert (error.code, "65536" in error.detail) == ("not_an_event", True)


def test_a_time_without_a_zone_is_refused() -> None:
    """Nobody can say when that was."""
    assert "timezone" in refusal(changed("time", "2026-11-22T09:14:01")).detail


@pytest.mark.parametrize(
    "written", ["trombone.media_lost.v1", "media_received.v1", "trombone.media_received.v0", "trombone.media_received"]
)
def test_an_unknown_type_is_named(written: str) -> None:
    """An operator sees at once what the producer called it."""
    error = refusal(changed("type", written))

    assert (error.code, written in error.detail) == ("unknown_event", True)


def test_a_newer_version_is_not_an_error_for_ever() -> None:
    """It is told apart, so that the runtime can wait for the upgrade."""
    assert isinstance(refusal(changed("type", "trombone.media_received.v2")), NewerVersion)


def test_a_wrong_field_is_named_and_its_value_is_not() -> None:
    """Dead letters' headers and logs hold no customer data."""
    error = refusal(changed("data.attachments.0.size_bytes", "+14155550123"))

    assert (error.code, "$.data.attachments[0].size_bytes" in error.detail) == ("wrong_field", True)
    assert "+14155550123" not in error.detail


def test_the_two_accounts_of_an_event_must_agree() -> None:
    """Permissions look at the envelope, workers at the data."""
    assert refusal(changed("account", "other")).code == "wrong_field"


def test_an_errors_text_is_short() -> None:
    """It travels in a header."""
    assert len(refusal(changed("specversion", "x" * 9_000)).detail) <= 500


def test_a_key_given_twice_is_refused_at_the_outer_doors_only() -> None:
    """Two readers could take two different values; our own encoder never writes one."""
    body = encode(EVENT).replace(b'"contact":"+2"', b'"contact":"+3","contact":"+2"')

    assert decode(body) == EVENT
    assert "'contact' is given twice" in refusal(body, outer=True).detail


def test_an_outsider_may_not_say_which_event_led_to_its_own() -> None:
    """Ids are derived from the parent's: who names any parent could take any event's id."""
    body = changed("causationid", "e0")

    assert decode(body).causation_id == "e0"
    assert "causationid" in refusal(body, outer=True).detail


def test_an_event_that_is_too_large_is_not_written() -> None:
    """The guilty worker hears of it, not all of its readers."""
    data = PayloadReceived(
        channel="sms", provider="twilio", account="acme", received_at=NOW, url="https://a.example/",
        headers={str(number): "x" * 1000 for number in range(70)},
    )  # fmt: skip

    with pytest.raises(Unwritable) as caught:
        encode(begin(data, id="e1", source="trombone/test", now=NOW))
    assert caught.value.code == "event_too_large"


@pytest.mark.parametrize(
    ("field", "value"),
    [("time", datetime(2026, 11, 22)), ("id", ""), ("account", "other")],  # noqa: DTZ001
)
def test_an_event_that_nobody_could_read_is_not_written(field: str, value: object) -> None:
    """A bug shows where it is, before the input is acknowledged."""
    with pytest.raises(Unwritable):
        encode(msgspec.structs.replace(EVENT, **{field: value}))
