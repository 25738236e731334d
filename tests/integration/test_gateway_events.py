"""Live updates: what a page hears, and what it hears again when it was away."""

import json
import time
from contextlib import ExitStack, contextmanager

import pytest

from tests.integration.gateway_door import ACME, ACME_READER, RIVAL, open_door
from tests.integration.test_gateway_threads import CUSTOMER, Message, inbound


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


@contextmanager
def listening(door, path, key, **headers):
    """The stream's events as (id, name, data), read one by one."""
    answer = door.http.request(
        "GET",
        door.url + path,
        headers={"Authorization": f"Bearer {key}", **headers},
        preload_content=False,
        retries=False,
    )
    try:
        assert (answer.status, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield parsed(answer)
    finally:
        answer.close()


def parsed(answer):
    fields = {}
    for line in lines(answer):
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            yield int(fields["id"]), fields["event"], json.loads(fields["data"])
            fields = {}


def lines(answer):
    waiting = b""
    while chunk := answer.read1(65536):
        *complete, waiting = (waiting + chunk).split(b"\n")
        yield from (line.decode() for line in complete)


def test_a_page_hears_of_every_change(door):
    """Once the record has it: which conversation, how far it is, and what was said last."""
    with listening(door, "/v1/events", ACME_READER) as events:
        first = inbound(door, "1")
        _, name, told = next(events)
        first.announce()
        _, _, again = next(events)
    assert (name, told["conversation"], told["contact"]) == ("conversation", first.conversation, CUSTOMER)
    assert (told["last"]["text"], told["last"]["direction"]) == ("Look", "inbound")
    assert again["cursor"] > told["cursor"]
    assert again["inbound_files"] == 1


def test_who_was_away_is_told_what_it_missed(door):
    """A page that comes back with its last event's id ends with the cursors of a page that never left."""
    first = inbound(door, "1")
    with listening(door, "/v1/events", ACME) as events:
        last, _, _ = next(events)
    first.announce()
    Message(door, "inbound", "sms", "+15005550006", "+14155550199", "Hello", "2")
    with listening(door, "/v1/events", ACME, **{"Last-Event-ID": str(last)}) as events:
        heard = {told["conversation"]: told["cursor"] for _, _, told in (next(events), next(events))}
    listed = door.ask("GET", "/v1/conversations", key=ACME).json()
    assert heard == {one["conversation"]: one["cursor"] for one in listed["conversations"]}
    assert listed["cursor"] >= last


def test_the_cursor_of_the_list_leads_to_what_came_after(door):
    """List first, listen then: nothing falls between the two."""
    inbound(door, "1")
    cursor = door.ask("GET", "/v1/conversations", key=ACME).json()["cursor"]
    second = Message(door, "inbound", "sms", "+15005550006", "+14155550199", "Hello", "2")
    with listening(door, f"/v1/events?after={cursor}", ACME) as events:
        heard = {next(events)[2]["conversation"] for _ in range(2)}
    assert second.conversation in heard


@pytest.mark.parametrize("cursor", ["0", "9007199254740992", "99999999999999999999", "x"])
def test_any_cursor_leads_to_what_happens_next(door, cursor):
    """Even one that nobody was given."""
    with listening(door, "/v1/events", ACME, **{"Last-Event-ID": cursor}) as events:
        message = inbound(door)
        assert next(events)[2]["conversation"] == message.conversation


def test_many_listeners_are_one_look_at_the_record(door):
    """They all hear of the same change, and the record is not asked for each of them."""
    asked = []
    look = door.services.record.changed_since
    door.services.record.changed_since = lambda *args: asked.append(args) or look(*args)
    with ExitStack() as stack:
        streams = [stack.enter_context(listening(door, "/v1/events", ACME)) for _ in range(20)]
        began = time.monotonic()
        message = inbound(door)
        heard = {next(events)[2]["conversation"] for events in streams}
        took = time.monotonic() - began
    assert heard == {message.conversation}
    assert len(asked) <= 20 + took / 0.3 + 2


def test_a_visitor_hears_its_own_conversation(door):
    """Its messages come with the event; a reconnect with the id brings only what is new."""
    visitor = door.ask("POST", "/webchat/acme-shop/sessions").json()
    Message(door, "inbound", "webchat", "acme-shop", "somebody else", "Mine", "9")
    message = Message(door, "inbound", "webchat", "acme-shop", visitor["contact"], "It broke", "1")
    with listening(door, "/webchat/events", visitor["token"]) as events:
        last, name, told = next(events)
    message.announce()
    with listening(door, "/webchat/events", visitor["token"], **{"Last-Event-ID": str(last)}) as events:
        later, _, news = next(events)
    assert (name, [one["text"] for one in told["messages"]]) == ("messages", ["It broke"])
    assert later > last
    assert len(news["messages"][0]["attachments"]) == 1


def test_another_account_hears_nothing(door):
    """What happens at one account is no event for another."""
    inbound(door, "1")
    mine = door.ask("GET", "/v1/conversations", key=RIVAL)
    with listening(door, "/v1/events", RIVAL) as events:
        own = Message(door, "inbound", "sms", "+15005550006", "+1", "x", "2")
        assert own.conversation
        door.stop.set()
        assert list(events) == []
    assert mine.json()["conversations"] == []


def test_stopping_ends_a_stream(door):
    """A gateway that stops is not held up by whoever listens."""
    with listening(door, "/v1/events", ACME) as events:
        door.stop.set()
        assert list(events) == []


@pytest.mark.parametrize(("path", "status"), [("/v1/events", 401), ("/webchat/events", 401), ("/v1/channels", 401)])
def test_nobody_listens_without_permission(door, path, status):
    """Events are customers' words too."""
    assert door.ask("GET", path).status == status


def test_channels_tell_what_fits(door):
    """A composer asks before it uploads."""
    answer = door.ask("GET", "/v1/channels", key=ACME_READER).json()
    sms = next(one for one in answer["channels"] if one["channel"] == "sms")
    assert [one["channel"] for one in answer["channels"]] == ["sms", "webchat"]
    assert (sms["max_message_bytes"], sms["kinds"]["image"]["max_bytes"]) == (600_000, 600_000)
    assert sms["begins"] is True
    assert sms["links"] is door.services.settings.limits("sms", "twilio").outbound.links.value
    assert answer["max_upload_bytes"] == 300_000
