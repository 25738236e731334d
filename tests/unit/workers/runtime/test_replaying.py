"""Running a stage again: what it gets, under which ids, and where."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from schemas.codec import PRODUCT, decode, encode
from schemas.event import AnyEvent
from tests.journeys import ACCOUNT, DEADLINES, START, Journey, StoppedClock, delivered, shown
from workers import roster
from workers.runtime.database import Database
from workers.runtime.record import Record, RecordedDelivery
from workers.runtime.replaying import ROWS_AT_ONCE, Past, again, consumed
from workers.runtime.settings import load
from workers.runtime.topology import REQUEUE

EVER = Past(START - timedelta(days=1), START + timedelta(days=1))
RUN = START + timedelta(hours=1)


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    database = Database(f"sqlite:///{tmp_path}/record.db")
    database.migrate()
    yield Record(database, StoppedClock(START))
    database.close()


def recorded(record: Record, *journeys: Journey) -> None:
    events = [event for journey in journeys for event in journey.events]
    record.write([RecordedDelivery("event", encode(one), one) for one in events], DEADLINES)


def types(record: Record, worker: str, past: Past = EVER) -> list[str]:
    found = consumed(record.database, PRODUCT, roster.find(worker), past)
    return sorted(event.data.event_type for event in found)


def test_a_stage_gets_what_it_consumes(record: Record):
    """Of both directions where it works for both, and never a retry or a dead letter."""
    journey = shown(files=1)
    recorded(record, journey, delivered())
    stored = next(one for one in journey.events if one.data.event_type == "media_stored")
    record.write([RecordedDelivery("dead", encode(stored), stored, worker="thumbnailer")], DEADLINES)

    assert types(record, "thumbnailer") == ["media_stored", "media_stored"]
    assert types(record, "fitter") == ["media_stored"]
    assert types(record, "deliverer").count("media_fitted") == 1


def test_a_time_and_an_account_narrow_it(record: Record):
    """From and until, and only who is meant."""
    recorded(record, shown(files=1))

    assert types(record, "storer", Past(START, START + timedelta(seconds=1), ACCOUNT)) == ["media_validated"]
    assert types(record, "storer", Past(START - timedelta(days=1), START, ACCOUNT)) == []
    assert types(record, "storer", Past(START, START + timedelta(seconds=1), "rival")) == []


def test_more_than_one_batch_comes_whole(record: Record):
    """All at the same moment: none is left out, none comes twice."""
    journeys = [Journey("inbound", f"SM{number}", files=0) for number in range(ROWS_AT_ONCE + 3)]
    for journey in journeys:
        journey.begun()
    recorded(record, *journeys)

    found = [event.id for event in consumed(record.database, PRODUCT, roster.find("ingestor"), EVER)]

    assert len(found) == len(set(found)) == ROWS_AT_ONCE + 3


def replayed(event: AnyEvent, worker: str, run=RUN) -> tuple[str, AnyEvent]:
    message = again(event, roster.find(worker), load({}), PRODUCT, run)
    assert message.exchange == REQUEUE
    return message.routing_key, decode(message.body)


def test_a_root_goes_in_as_it_came(record: Record):
    """Its id decides what the message is called."""
    root = shown().events[0]

    assert replayed(root, "ingestor") == ("again.ingest.sms", root)


def test_a_later_event_goes_in_under_a_new_name(record: Record):
    """So that a new result is a new event; each replay has its own, and the lane decides the queue."""
    stored = next(one for one in shown().events if one.data.event_type == "media_stored")

    key, first = replayed(stored, "thumbnailer")
    _, second = replayed(stored, "thumbnailer", RUN + timedelta(seconds=1))

    assert key == "again.thumbnail.light"
    assert (first.data, first.causation_id, first.correlation_id) == (stored.data, stored.id, stored.correlation_id)
    assert len({stored.id, first.id, second.id}) == 3
