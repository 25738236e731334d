"""The auditor: what nobody finishes is published again, ever less often, until the books are even."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from schemas.codec import decode, encode
from schemas.delivery_unconfirmed import DeliveryUnconfirmed
from tests.journeys import ACCOUNT, DEADLINES, START, Journey, StoppedClock, planned, shown
from tests.polling import eventually
from workers.auditor import MAX_SWEEPS, Auditor, Swept
from workers.runtime.broker import Outgoing, PublishFailed
from workers.runtime.database import Database
from workers.runtime.folder import FolderStore
from workers.runtime.intake import Intake
from workers.runtime.record import Record, RecordedDelivery
from workers.runtime.settings import load
from workers.runtime.topology import EVENTS


@dataclass
class Noted:
    """A publisher that remembers; `away` makes it fail."""

    messages: list[Outgoing] = field(default_factory=list)
    away: bool = False

    def publish(self, *messages: Outgoing) -> None:
        if self.away:
            raise PublishFailed("away")
        self.messages += messages

    def close(self) -> None:
        """Nothing to close."""

    @property
    def ids(self) -> list[str]:
        return [message.message_id for message in self.messages]


@dataclass
class House:
    """An auditor and all it looks at."""

    database: Database
    store: FolderStore
    clock: StoppedClock = field(default_factory=lambda: StoppedClock(START))
    publisher: Noted = field(default_factory=Noted)
    sweep_seconds: float = 15

    def __post_init__(self) -> None:
        self.record = Record(self.database, self.clock, receipts={("sms", "twilio"): 600})
        self.intake = Intake(self.database, self.clock)
        settings = load({}, endpoints={"sweep_seconds": self.sweep_seconds})
        self.auditor = Auditor(self.record, self.intake, self.publisher, self.store, settings)

    def wait(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def recorded(self, journey: Journey) -> None:
        self.record.write([RecordedDelivery("event", encode(one), one) for one in journey.events], DEADLINES)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = Database(f"sqlite:///{tmp_path}/audit.db")
    database.migrate()
    yield House(database, FolderStore(tmp_path / "objects"))
    database.close()


def test_unpublished_intake_is_published(house: House):
    """The door answered and died: the event goes out as the door would have sent it, once."""
    event = Journey("inbound").payload()
    house.intake.accept(event, encode(event))

    early = house.auditor.sweep()
    house.wait(16)
    late = house.auditor.sweep()
    again = house.auditor.sweep()

    assert (early, late, again) == (Swept(0, 0), Swept(1, 0), Swept(0, 0))
    [message] = house.publisher.messages
    assert (message.exchange, message.message_id) == (EVENTS, event.id)
    assert message.routing_key == "payload_received.v1.inbound.sms.light"
    assert decode(message.body) == event


def test_intake_that_led_to_something_is_left_alone(house: House):
    """The record knows what came of it, so the sweep forgets it."""
    journey = shown()
    house.intake.accept(journey.events[0], encode(journey.events[0]))
    house.intake.published(journey.events[0].id)
    house.recorded(journey)
    house.wait(10_000)

    assert house.auditor.sweep() == Swept(0, 0)
    assert house.intake.unfinished(house.clock.now()) == []


def test_intake_that_led_to_nothing_is_tried_again_but_not_for_ever(house: House):
    """Published, but with a broker that forgot it; or there was nothing in it for us."""
    event = Journey("inbound").payload()
    house.intake.accept(event, encode(event))
    house.intake.published(event.id)
    for _ in range(20):
        house.wait(100_000)
        house.auditor.sweep()

    assert house.publisher.ids == [event.id] * MAX_SWEEPS
    assert house.intake.unfinished(house.clock.now()) == []


def test_overdue_work_is_published_again(house: House):
    """For each overdue file the last event that is known of it, with the same id; not for its finished neighbor."""
    journey = Journey("inbound", files=2)
    first, second = journey.announced(journey.begun())
    received = journey.received(first)
    journey.rejected(second)
    house.recorded(journey)
    in_time = house.auditor.sweep()
    house.wait(601 + 10)

    assert (in_time, house.auditor.sweep()) == (Swept(0, 0), Swept(0, 1))
    assert house.publisher.ids == [received.id]
    assert house.auditor.audit().gap == 1


def test_a_reply_without_files_is_swept_too(house: House):
    """It has no attachment in the books, but somebody waits for it."""
    journey = planned(files=0)
    house.recorded(journey)
    house.wait(1900)

    assert house.auditor.sweep() == Swept(0, 1)
    assert house.publisher.ids == [journey.events[-1].id]


def test_sweeps_of_the_same_work_become_rare(house: House):
    """What a republication did not help is not helped by a hundred of them."""
    journey = Journey("inbound", files=1)
    journey.begun()
    house.recorded(journey)
    house.wait(301)
    for _ in range(600):
        house.auditor.sweep()
        house.wait(1)

    assert 3 <= len(house.publisher.messages) <= 7


def test_after_a_restart_everything_in_flight_is_published(house: House):
    """With the memory broker all that was in flight died with the process, overdue or not."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    house.recorded(journey)
    forgotten = Journey("inbound", "SM2").payload()
    house.intake.accept(forgotten, encode(forgotten))
    house.intake.published(forgotten.id)

    assert house.auditor.sweep(everything=True) == Swept(1, 1)
    assert house.publisher.ids == [forgotten.id, announced.id]


def test_with_the_broker_away_nothing_counts_as_swept(house: House):
    """What could not be published is found again."""
    event = Journey("inbound").payload()
    house.intake.accept(event, encode(event))
    house.wait(16)
    house.publisher.away = True
    with pytest.raises(PublishFailed):
        house.auditor.sweep()
    house.publisher.away = False

    assert house.auditor.sweep() == Swept(1, 0)


def test_the_loop_outlives_a_broker_that_is_away(house: House):
    """It sweeps and audits until it is told to stop, whatever fails meanwhile."""
    house = House(house.database, house.store, sweep_seconds=0.01, publisher=Noted(away=True))
    event = Journey("inbound").payload()
    house.intake.accept(event, encode(event))
    house.wait(60)
    stop = Flag()
    thread = Thread(target=house.auditor.run, args=(stop,), daemon=True)
    thread.start()
    house.publisher.away = False

    eventually(lambda: house.publisher.ids == [event.id], within=5)
    stop.set()
    thread.join(5)

    assert not thread.is_alive()


def test_the_books_tell_of_payloads_that_were_lost(house: House):
    """A dead-lettered payload belongs to no message, so it is counted by itself."""
    event = Journey("inbound").payload()
    house.record.write([RecordedDelivery("dead", encode(event), event, worker="ingestor", queue="q")], DEADLINES)
    house.intake.accept(event, encode(event))

    counted = house.auditor.audit()

    assert (counted.lost_payloads, counted.unpublished, counted.gap) == (1, 1, 0)
    assert house.record.conversations(ACCOUNT) == []


def test_a_payload_that_a_replay_understood_is_not_lost(house: House):
    """Its dead letter stays in the record, and the message that it became speaks for it."""
    journey = Journey("inbound")
    payload = journey.payload()
    message = journey.begun(payload)
    house.record.write([RecordedDelivery("dead", encode(payload), payload, worker="ingestor", queue="q")], DEADLINES)
    house.record.write([RecordedDelivery("event", encode(message), message)], DEADLINES)

    assert house.auditor.audit().lost_payloads == 0


def test_quarantine_is_emptied_by_age_and_media_never(house: House):
    """An upload that nobody used does not fill the disk for ever; a file of a thread stays."""
    keys = ("quarantine/acme/uploads/u1", "media/acme/c1/d1/original")
    for key in keys:
        house.store.put(key, BytesIO(b"x"), size_bytes=1, media_type="a/b")

    house.clock.at = house.store.head(keys[0]).modified_at + timedelta(days=13)
    assert house.auditor.reap() == 0
    house.wait(2 * 86_400)
    assert house.auditor.reap() == 1

    assert [found.key for key in keys for found in house.store.list(key)] == [keys[1]]


def sent(name: str = "R1") -> Journey:
    journey = planned(name)
    journey.completed(journey.events[-1])
    return journey


def test_what_is_without_its_receipt_for_too_long_is_told(house: House):
    """Once for each part, under the same id however often it is looked; not too early, and not once it is known."""
    journey = sent()
    house.recorded(journey)
    house.wait(600)
    early = house.auditor.sweep()
    house.wait(1)
    late = [house.auditor.sweep(), house.auditor.sweep()]

    assert (early, late) == (Swept(0, 0), [Swept(0, 0, 1)] * 2)
    first, second = [decode(message.body) for message in house.publisher.messages]
    assert first.id == second.id
    data = first.data
    assert isinstance(data, DeliveryUnconfirmed)
    [part] = data.parts
    assert (part.part, part.state, part.external_id) == (journey.part, "unconfirmed", journey.external_id)
    assert (part.accepted_at, data.reason.code) == (START, "receipt_overdue")
    assert (first.causation_id, first.correlation_id) == (journey.events[-1].id, journey.events[-1].correlation_id)

    house.record.write([RecordedDelivery("event", encode(first), first)], DEADLINES)

    assert house.auditor.sweep() == Swept(0, 0)
    [page] = house.auditor.audit().pages
    assert (page.received, page.sent, page.unconfirmed, page.gap) == (2, 0, 2, 0)


def test_a_receipt_that_comes_late_still_counts(house: House):
    """The books and the thread say delivered, and it is told no more."""
    journey = sent()
    house.recorded(journey)
    house.wait(601)
    house.auditor.sweep()
    told = decode(house.publisher.messages[0].body)
    report = journey.reported("delivered")
    house.record.write([RecordedDelivery("event", encode(one), one) for one in (told, report)], DEADLINES)

    [page] = house.auditor.audit().pages
    assert (page.unconfirmed, page.delivered) == (0, 2)
    assert house.record.message(ACCOUNT, journey.message).state == "delivered"
    assert house.auditor.sweep() == Swept(0, 0)


def test_where_no_receipt_is_promised_none_is_missed(house: House):
    """An acceptance is all that such a provider ever tells."""
    house.record = Record(house.database, house.clock)
    house.recorded(sent())
    house.wait(1_000_000)

    assert house.auditor.sweep() == Swept(0, 0)
