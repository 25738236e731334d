"""Old producers and new consumers, new producers and old consumers: proved with an event of the tests' own."""

import json
from datetime import UTC, datetime

import pytest

from schemas.codec import Codec, NewerVersion, Unreadable
from schemas.lineage import begin
from schemas.registry import Contract, Registry
from tests.contracts.two_versions import new, old
from tests.contracts.two_versions.new.note_taken import NoteTaken as NewNote
from tests.contracts.two_versions.old.note_taken import NoteTaken as OldNote

NOW = datetime(2026, 11, 22, 9, 14, tzinfo=UTC)
LAST_YEAR = Codec(Registry.found_in(old))
TODAY = Codec(Registry.found_in(new))
OLD_NOTE = begin(OldNote(account="acme", channel="sms", author="Ada", text="hi"), id="1", source="test", now=NOW)
NEW_NOTE = begin(
    NewNote(account="acme", channel="sms", authors=["Ada", "Bob"], text="hi"), id="1", source="test", now=NOW
)


def test_a_new_consumer_sees_an_old_event_as_its_newest_class() -> None:
    """The upcaster beside the event is found by folder and name."""
    event = TODAY.decode(LAST_YEAR.encode(OLD_NOTE))

    assert event.data == NewNote(account="acme", channel="sms", authors=["Ada"], text="hi")
    assert (event.id, event.correlation_id) == (OLD_NOTE.id, OLD_NOTE.correlation_id)


def test_an_old_consumer_says_that_an_event_is_newer_than_itself() -> None:
    """The runtime tells this apart from what can never be read: it waits for the upgrade."""
    with pytest.raises(NewerVersion) as caught:
        LAST_YEAR.decode(TODAY.encode(NEW_NOTE))

    assert caught.value.code == "newer_version"


def test_a_new_producer_can_be_told_to_write_the_old_version() -> None:
    """Producers are upgraded first, or last: a setting says what they write."""
    cautious = Codec(Registry.found_in(new), emits={"note_taken": 1})

    body = cautious.encode(NEW_NOTE)

    assert (json.loads(body)["type"], cautious.emitted_version("note_taken")) == ("trombone.note_taken.v1", 1)
    assert LAST_YEAR.decode(body).data == OldNote(account="acme", channel="sms", author="Ada", text="hi")


@pytest.mark.parametrize("emits", [{"note_taken": 3}, {"note_taken": 0}, {"no_event": 1}])
def test_a_version_that_cannot_be_written_is_refused_at_the_start(emits: dict[str, int]) -> None:
    """A wrong setting must not come to light with the first event."""
    with pytest.raises(ValueError, match="No way to write"):
        Codec(Registry.found_in(new), emits=emits)


def test_a_version_without_a_way_to_today_is_unknown_not_newer() -> None:
    """Waiting would not help: nobody will ever read it again."""
    today = Codec(Registry([Contract(NewNote)]))

    with pytest.raises(Unreadable, match="not read any more") as caught:
        today.decode(LAST_YEAR.encode(OLD_NOTE))
    assert caught.value.code == "unknown_event"


def test_an_old_event_that_was_never_valid_is_a_wrong_field() -> None:
    """An upcaster meets data that nothing has checked; it must not take the worker down."""
    document = json.loads(LAST_YEAR.encode(OLD_NOTE))
    del document["data"]["author"]

    with pytest.raises(Unreadable) as caught:
        TODAY.decode(json.dumps(document).encode())
    assert caught.value.code == "wrong_field"
