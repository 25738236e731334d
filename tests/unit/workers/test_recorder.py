"""The recorder: whatever passes by is written down, and nothing that passes by can stop it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from threading import Event as Flag

import pytest
from msgspec.structs import replace as changed
from sqlalchemy import select

from schemas.codec import encode
from schemas.event import AnyEvent
from tests.journeys import ACCOUNT, Journey, StoppedClock, delivered, shown, states
from tests.polling import eventually
from workers.recorder import Recorder
from workers.roster import everyone
from workers.runtime import letters
from workers.runtime.apart import SetApart, at_home
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.database import Database, DatabaseUnavailable
from workers.runtime.record import Changed, Record, RecordedDelivery
from workers.runtime.settings import Settings, load
from workers.runtime.stage import POISON_IN_A_ROW, Tripped
from workers.runtime.tables import events
from workers.runtime.topology import DEAD, EVENTS, RECORD, REQUEUE, RETRY, UPSTREAM, retry_key


@pytest.fixture
def settings() -> Settings:
    return load({})


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    database = Database(f"sqlite:///{tmp_path}/record.db")
    database.migrate()
    yield Record(database, StoppedClock())
    database.close()


@pytest.fixture
def recorder(record: Record, settings: Settings) -> Recorder:
    return Recorder(record, settings, everyone())


def delivery(event: AnyEvent | bytes, exchange: str = EVENTS, key: str = "a.v1.b.c.d", **headers: object) -> Delivery:
    body = event if isinstance(event, bytes) else encode(event)
    return Delivery(
        RECORD, exchange, key, body, None, {name.replace("_", "-"): headers[name] for name in headers}, False
    )


def rows(record: Record) -> list[tuple[str, str | None]]:
    with record.database.read() as connection:
        return [tuple(row) for row in connection.execute(select(events.c.how, events.c.code).order_by(events.c.how))]


def test_a_batch_becomes_threads_and_news(record: Record, settings: Settings):
    """Whoever follows a conversation hears of it after the ack, and only then."""
    news: list[Changed] = []
    recorder = Recorder(record, settings, everyone(), changed=news.extend)
    batch = [delivery(event) for event in delivered().events]

    outputs = recorder.run(batch)
    before = list(news)
    recorder.settled(batch)
    recorder.settled(batch)

    assert outputs == [[]] * len(batch)
    assert before == []
    assert news == [Changed(ACCOUNT, delivered().conversation, 1)]
    assert record.message(ACCOUNT, delivered().message).state == "delivered"


def test_a_retry_puts_the_deadline_off_and_counts(record: Record, recorder: Recorder):
    """Stage, attempts and deadline say what is going on."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    retry = delivery(announced, RETRY, retry_key(120, "fetch.sms"), x_attempt=3, x_error_code="source_unavailable")
    recorder.run([delivery(announced), retry])

    [file] = record.message(ACCOUNT, journey.message).attachments

    assert (file.stage, file.attempts) == ("fetcher", 3)
    assert file.deadline_at == record.clock.now() + timedelta(seconds=120 + 1800)


def test_a_dead_letter_ends_its_file_until_somebody_gets_further(record: Record, recorder: Recorder):
    """Set aside, it is failed; replayed, it goes on."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    recorder.run([delivery(announced), delivery(announced, DEAD, "fetch.sms", x_reason="boom", x_worker="fetcher")])
    [dead] = record.message(ACCOUNT, journey.message).attachments
    recorder.run([delivery(journey.received(announced))])
    [replayed] = record.message(ACCOUNT, journey.message).attachments

    assert (dead.state, dead.ended, dead.reason.code) == ("failed", True, "dead_lettered")
    assert (replayed.state, replayed.ended) == ("received", False)


def test_a_dead_letter_of_the_broker_itself_counts_too(record: Record, recorder: Recorder):
    """A message that kept killing its worker comes without any header of ours."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    deaths = [{"exchange": EVENTS, "reason": "delivery_limit", "routing-keys": ["x"]}]
    headers: dict[str, object] = {"x-death": deaths, "x-first-death-reason": "delivery_limit"}
    recorder.run([replace(delivery(announced, DEAD, "fetch.sms"), headers=headers)])

    assert states(record.message(ACCOUNT, journey.message).attachments) == ["failed"]
    assert rows(record) == [("dead", "delivery_limit")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "not_json"),
        (b"\xff\x00", "not_json"),
        (b"[" * 100_000, "not_an_event"),
        (b"{}", "not_an_event"),
        (encode(shown().events[1]).replace(b"message_received.v1", b"nonsense.v1"), "unknown_event"),
    ],
)
def test_what_cannot_be_read_is_kept_and_disturbs_nobody(record: Record, recorder: Recorder, body: bytes, code: str):
    """Its neighbors in the batch are recorded as always."""
    recorder.run([delivery(body), delivery(shown().events[1])])

    assert rows(record) == [("event", None), ("unreadable", code)]


def test_upstream_systems_speak_for_their_own_account_only(record: Record, recorder: Recorder):
    """Another account's event is kept as evidence, in nobody's thread; retried or dead-lettered it is no better."""
    event = Journey("outbound").begun()
    theirs = delivery(event, UPSTREAM, "evil.reply_requested.v1.sms")
    first = {letters.FIRST_EXCHANGE: UPSTREAM, letters.FIRST_KEY: "evil.reply_requested.v1.sms"}
    dead = replace(delivery(event, DEAD, "ingest.sms"), headers=first)
    recorder.run([theirs, dead])

    assert record.conversations(ACCOUNT) == []
    assert rows(record) == [("unreadable", "account_mismatch")] * 2


def test_what_upstream_systems_may_say_is_recorded(record: Record, recorder: Recorder):
    """An admitted request shows before any worker has seen it."""
    journey = Journey("outbound")
    recorder.run([delivery(journey.begun(), UPSTREAM, "acme.reply_requested.v1.sms")])

    assert record.message(ACCOUNT, journey.message).state == "requested"


@pytest.mark.parametrize(
    "moment",
    [datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), datetime(9999, 12, 31, 23, tzinfo=UTC)],
)
def test_no_time_is_too_odd(record: Record, recorder: Recorder, moment: datetime):
    """Upstream systems write any time they like; deadlines count from ours."""
    journey = Journey("outbound")
    event = changed(journey.begun(), time=moment)
    recorder.run([delivery(event, UPSTREAM, "acme.reply_requested.v1.sms")])

    assert record.message(ACCOUNT, journey.message).at == record.clock.now()


def test_a_newer_version_waits_for_the_upgrade(record: Record, recorder: Recorder):
    """It goes down the ladder like any worker's, and is kept unread and dead-lettered when that is used up."""
    newer = encode(shown().events[1]).replace(b"message_received.v1", b"message_received.v9")

    [[first]] = recorder.run([delivery(newer)])
    [[last]] = recorder.run([delivery(newer, x_attempt=99)])

    assert (first.exchange, first.routing_key, first.headers[letters.ATTEMPT]) == (RETRY, retry_key(1, RECORD), 1)
    assert (last.exchange, last.routing_key) == (DEAD, RECORD)
    assert rows(record) == [("unreadable", "newer_version")]


class Choking(Record):
    """A record that cannot write one message; a bug, or bad luck."""

    def write(self, batch: Sequence[RecordedDelivery], deadlines) -> list[Changed]:
        if any(b"choke" in one.body for one in batch):
            raise ValueError("choked")
        return super().write(batch, deadlines)


def test_a_guilty_one_takes_no_other_with_it(record: Record, settings: Settings):
    """It becomes a dead letter of the recorder; the rest of its batch is recorded."""
    recorder = Recorder(Choking(record.database, record.clock), settings, everyone())
    good, bad = Journey("inbound").begun(), Journey("inbound", "SM2", text="choke").begun()

    outputs = recorder.run([delivery(bad), delivery(good)])

    assert [[(one.exchange, one.routing_key) for one in some] for some in outputs] == [[(DEAD, RECORD)], []]
    assert rows(record) == [("event", None)]


def test_too_many_failures_in_a_row_stop_it(record: Record, settings: Settings):
    """A bad deploy must not drain the queue into the dead letters."""
    recorder = Recorder(Choking(record.database, record.clock), settings, everyone())
    batch = [delivery(Journey("inbound", f"S{n}", text="choke").begun()) for n in range(POISON_IN_A_ROW)]

    with pytest.raises(Tripped):
        recorder.run(batch)

    assert recorder.tripped.is_set()


class Away(Record):
    """A record whose database comes back after some tries."""

    tries = 0

    def write(self, batch: Sequence[RecordedDelivery], deadlines) -> list[Changed]:
        self.tries += 1
        if self.tries < 3:
            raise DatabaseUnavailable("database_unavailable", "away")
        return super().write(batch, deadlines)


def test_it_waits_for_its_database(record: Record, settings: Settings):
    """What comes meanwhile waits in the queue, so nothing is dead-lettered because a database restarts."""
    away = Away(record.database, record.clock)
    batch = [delivery(event) for event in shown().events]

    assert Recorder(away, settings, everyone()).run(batch) == [[]] * len(batch)
    assert away.tries == 3


def recorder_without_database(record: Record, settings: Settings) -> Recorder:
    """Its patience is over at once, and nobody looks whether the database is back."""
    stop = Flag()
    stop.set()
    return Recorder(Gone(record.database, record.clock), settings, everyone(), stop=stop)


class Gone(Away):
    """A record whose database does not come back, however it is asked."""

    tries = -1000

    @property
    def database(self):
        raise DatabaseUnavailable("database_unavailable", "away")

    @database.setter
    def database(self, _):
        """There is none."""


def test_what_it_holds_goes_back_when_the_database_stays_away(record: Record, settings: Settings):
    """To the end of its own queue, as what it was, however often: no attempt, no return and no entry is made of it."""
    recorder = recorder_without_database(record, settings)
    stage = SetApart(recorder, record.clock)
    event = shown().events[1]
    batch = [delivery(event), delivery(event, RETRY, retry_key(30, "fetch.sms"), x_attempt=2, x_error_code="timeout")]

    first = stage.run(batch)
    second = stage.run([as_delivered(message) for [message] in first])

    assert recorder.paused.is_set()
    assert [(one.exchange, one.routing_key) for [one] in second] == [(REQUEUE, "again.record")] * 2
    Recorder(record, settings, everyone()).run([at_home(as_delivered(message)) for [message] in second])
    [entry, retried] = record.entries(shown().message)
    assert (entry.how, entry.attempt) == ("event", 0)
    assert (retried.how, retried.queue, retried.attempt, retried.code) == ("retry", "fetch.sms", 2, "timeout")
    assert retried.delay_seconds == 30


def as_delivered(message: Outgoing) -> Delivery:
    return Delivery(
        RECORD, message.exchange, message.routing_key, message.body, message.message_id, message.headers, False
    )


def test_it_goes_on_when_the_database_is_back(record: Record, settings: Settings):
    """It looks by itself, and nothing is tried before that."""
    recorder = Recorder(Away(record.database, record.clock), settings, everyone(), patience_seconds=-1)
    batch = [delivery(event) for event in shown().events]
    given_back = recorder.run(batch)

    eventually(lambda: not recorder.paused.is_set(), within=5)

    assert [[one.exchange for one in some] for some in given_back] == [[REQUEUE]] * len(batch)
