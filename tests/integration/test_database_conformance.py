"""
What the runtime needs of a database, asked of both.

Declared differences: SQLite has one writer at a time, so two writers wait for each other even where they touch
different rows; and only one machine can use it. Nothing that is promised differs.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from deliver.outgoing import Receipt
from schemas.codec import encode
from schemas.lineage import follow
from schemas.message_received import MessageReceived
from tests.journeys import (
    ACCOUNT,
    ADDRESS,
    CONTACT,
    DEADLINES,
    NO,
    START,
    Journey,
    StoppedClock,
    delivered,
    planned,
    shown,
    states,
)
from workers.runtime import books
from workers.runtime.database import Database, DatabaseUnavailable
from workers.runtime.intake import Accepted, Conflict, Duplicate, Intake
from workers.runtime.journey import explain
from workers.runtime.ledger import Busy, Claim, Doubt, Gates, Held, PartName, Rate, Settled
from workers.runtime.record import Record, RecordedDelivery
from workers.runtime.sql_ledger import SqlLedger
from workers.runtime.sql_turns import SqlTurns
from workers.runtime.tables import events, metadata
from workers.runtime.tables import turns as turns_table
from workers.runtime.turns import Turn
from workers.runtime.unconfirmed import unconfirmed

ACCEPTED = Receipt("accepted", external_id="MM1")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/folder/trombone.db"
    return str(request.getfixturevalue("database_url"))


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url, pool_size=10)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def ledger(database: Database, clock: StoppedClock) -> SqlLedger:
    return SqlLedger(database, clock)


@pytest.fixture
def turns(database: Database, clock: StoppedClock) -> SqlTurns:
    return SqlTurns(database, clock)


@pytest.fixture
def record(database: Database, clock: StoppedClock) -> Record:
    return Record(database, clock)


@pytest.fixture
def intake(database: Database, clock: StoppedClock) -> Intake:
    return Intake(database, clock)


def deliveries(journey: Journey) -> list[RecordedDelivery]:
    return [RecordedDelivery("event", encode(event), event) for event in journey.events]


def claim(ledger: SqlLedger, lease_seconds: float = 90) -> Claim | Settled | Busy | Held | Doubt:
    return ledger.claim(PartName(ACCOUNT, "sms", "c", "m", "p"), lease_seconds=lease_seconds)


def claimed(ledger: SqlLedger) -> Claim:
    mine = claim(ledger)
    assert isinstance(mine, Claim)
    return mine


def at_once(count: int, call) -> list:
    """The results of so many threads that begin together."""
    barrier = Barrier(count)

    def run(number: int):
        barrier.wait()
        return call(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


# --- database ---------------------------------------------------------------------------------------------------------


def test_migrations_make_the_tables(database: Database):
    """Migrated from nothing, the database is exactly what tables.py says."""
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_many_processes_may_migrate_at_once(url: str):
    """Whoever comes second finds the work done."""

    def migrate(_: int) -> None:
        database = Database(url)
        database.migrate()
        database.close()

    assert at_once(4, migrate) == [None] * 4


def test_a_failed_transaction_leaves_nothing(database: Database, record: Record):
    """What a block wrote before it failed is gone."""
    record.write(deliveries(shown()), DEADLINES)

    def fail() -> None:
        with database.write() as connection:
            connection.execute(delete(events))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()

    with database.read() as connection:
        assert connection.execute(select(events.c.key)).first() is not None


def test_nobody_there_is_unavailable():
    """A server that is away is a reason to try again, and says so within seconds."""
    away = Database("postgresql://nobody:secret@127.0.0.1:1/none")

    with pytest.raises(DatabaseUnavailable) as raised, away.read():
        pass

    assert (raised.value.code, raised.value.retryable) == ("database_unavailable", True)
    assert "secret" not in str(raised.value)


def test_a_thread_keeps_the_contact_by_which_it_was_named(record: Record):
    """A customer who goes on from another address is heard in the same thread, and answers still find it."""
    first = shown(files=0)
    record.write(deliveries(first), DEADLINES)
    other = MessageReceived(
        channel="sms",
        account=ACCOUNT,
        address=ADDRESS,
        contact="+15559999999",
        external_id="SM2",
        text="from my other phone",
        conversation=first.conversation,
    )
    [proven] = follow(Journey("inbound", "SM2").payload(), [other], source="trombone/ingestor", now=START)
    record.write([RecordedDelivery("event", encode(proven), proven)], DEADLINES)
    [conversation] = record.conversations(ACCOUNT)
    assert (conversation.conversation, conversation.contact) == (first.conversation, CONTACT)
    thread = record.thread(ACCOUNT, first.conversation)
    assert thread
    assert {one.contact for one in thread.messages} == {CONTACT, "+15559999999"}


def test_a_reader_waits_for_no_writer(database: Database, record: Record):
    """An open transaction holds nobody up who only looks."""
    record.write(deliveries(shown()), DEADLINES)
    with database.write() as connection:
        connection.execute(delete(events))
        assert record.thread(ACCOUNT, shown().conversation) is not None


# --- intake -----------------------------------------------------------------------------------------------------------


def test_intake_knows_what_it_has_seen(intake: Intake):
    """New, the same again, or the same name for something else."""
    event = Journey("outbound").begun()
    other = Journey("outbound", text="something else").begun()

    answers = [intake.accept(one, encode(one)) for one in (event, event, other)]

    assert [type(answer) for answer in answers] == [Accepted, Duplicate, Conflict]


def test_a_provider_that_tries_again_brings_a_duplicate(intake: Intake):
    """When and with which headers it came is not what it is."""
    journey = Journey("inbound")
    first = journey.payload()
    second = type(first)(
        **{name: getattr(first, name) for name in first.__struct_fields__ if name not in ("data", "time")},
        time=first.time + timedelta(seconds=9),
        data=type(first.data)(
            **{
                name: getattr(first.data, name)
                for name in first.data.__struct_fields__
                if name not in ("headers", "received_at")
            },
            headers={"i-twilio-idempotency-token": "2"},
            received_at=first.data.received_at + timedelta(seconds=9),
        ),
    )

    assert [type(intake.accept(one, encode(one))) for one in (first, second)] == [Accepted, Duplicate]


def test_intake_accepts_once_whoever_is_first(intake: Intake):
    """Of many doors at once exactly one may say that it is new."""
    event = Journey("outbound").begun()

    answers = at_once(6, lambda _: type(intake.accept(event, encode(event))))

    assert answers.count(Accepted) == 1
    assert answers.count(Duplicate) == 5


def test_intake_lists_what_was_not_published(intake: Intake, clock: StoppedClock):
    """Old enough, and neither published nor finished."""
    for name in ("R1", "R2", "R3"):
        event = Journey("outbound", name).begun()
        intake.accept(event, encode(event))
    intake.published("R1")
    intake.finished("R2")

    assert [one.id for one in intake.unpublished(clock.now())] == ["R3"]
    assert intake.unpublished(clock.now() - timedelta(seconds=1)) == []
    assert [one.id for one in intake.unfinished(clock.now())] == ["R3", "R1"]


# --- ledger -----------------------------------------------------------------------------------------------------------


def test_exactly_one_of_many_deliverers_gets_the_claim(ledger: SqlLedger):
    """The others are told to come back later."""
    answers = at_once(8, lambda _: type(claim(ledger)))

    assert answers.count(Claim) == 1
    assert answers.count(Busy) == 7


def test_the_next_attempt_is_claimed_once_too(ledger: SqlLedger):
    """After a surely failed attempt many may try, one may send."""
    ledger.settle(claimed(ledger), Receipt("not_accepted"))

    answers = at_once(8, lambda _: claim(ledger))

    assert [one.attempt for one in answers if isinstance(one, Claim)] == [2]
    assert {one.attempt for one in answers} == {2}


@pytest.mark.parametrize("receipt", [ACCEPTED, Receipt("refused", reason=NO)])
def test_a_settled_part_is_never_claimed_again(ledger: SqlLedger, receipt: Receipt):
    """Its receipt is the answer, as it was written; settling twice is once."""
    mine = claimed(ledger)
    ledger.settle(mine, receipt)
    ledger.settle(mine, receipt)

    found = claim(ledger)

    assert isinstance(found, Settled)
    assert (found.attempt, found.receipt) == (1, receipt)


@pytest.mark.parametrize("later", ["refused", "not_accepted", "ambiguous"])
def test_an_acceptance_is_final(ledger: SqlLedger, later: str):
    """Nothing that is learned afterwards makes a part be sent again."""
    mine = claimed(ledger)
    ledger.settle(mine, ACCEPTED)
    ledger.settle(mine, Receipt(later))
    ledger.resolve("p", Receipt(later))

    found = claim(ledger)

    assert isinstance(found, Settled)
    assert found.receipt == ACCEPTED


def test_a_lapsed_claim_is_a_doubt(ledger: SqlLedger, clock: StoppedClock):
    """Nobody sends again what may have left already."""
    begun = clock.now()
    mine = claimed(ledger)
    clock.at += timedelta(seconds=91)

    assert claim(ledger) == Doubt(part=mine.part, attempt=1, claimed_at=begun)


def test_an_ambiguous_answer_is_a_doubt_at_once(ledger: SqlLedger):
    """The lease need not lapse first."""
    ledger.settle(claimed(ledger), Receipt("ambiguous"))

    assert isinstance(claim(ledger), Doubt)


@pytest.mark.parametrize(("state", "then"), [("accepted", Settled), ("refused", Settled), ("not_accepted", Claim)])
def test_a_doubt_can_be_resolved(ledger: SqlLedger, state: str, then: type):
    """Whoever learns what became of it writes it down."""
    ledger.settle(claimed(ledger), Receipt("ambiguous"))
    ledger.resolve("p", Receipt(state))

    assert type(claim(ledger)) is then


def test_a_late_acceptance_of_an_earlier_attempt_counts(ledger: SqlLedger):
    """It has arrived, whatever was believed when the next attempt began."""
    first = claimed(ledger)
    ledger.settle(first, Receipt("not_accepted"))
    claimed(ledger)
    ledger.settle(first, ACCEPTED)

    assert isinstance(claim(ledger), Settled)


def test_a_stranger_settles_nothing(ledger: SqlLedger):
    """Only who holds the claim writes its outcome."""
    mine = claimed(ledger)
    ledger.settle(Claim(part=mine.part, attempt=1, nonce="guessed", lease_until=mine.lease_until), ACCEPTED)

    assert isinstance(claim(ledger), Busy)


def named(part: str, message: str = "m") -> PartName:
    return PartName(ACCOUNT, "sms", "c", message, part)


def test_a_rate_gives_each_its_own_place(ledger: SqlLedger, clock: StoppedClock):
    """Many deliverers ask at once: one may send, and no two others have the same place behind it."""
    gates = Gates(lane=Rate("number", 2.0, "waiting_for_address"))

    answers = at_once(6, lambda n: ledger.claim(named(f"p{n}"), lease_seconds=90, gates=gates))

    assert [type(one) for one in answers].count(Claim) == 1
    places = sorted((one.until - clock.now()).total_seconds() for one in answers if isinstance(one, Held))
    assert places == [2, 4, 6, 8, 10]


def test_a_place_in_a_rate_is_kept_and_used_once(ledger: SqlLedger, clock: StoppedClock):
    """Asking again changes nothing, and when it is due many may ask and one may send."""
    gates = Gates(lane=Rate("number", 2.0, "waiting_for_address"))
    ledger.claim(named("first"), lease_seconds=90, gates=gates)

    def ask(_: int = 0) -> object:
        return ledger.claim(named("p"), lease_seconds=90, gates=gates)

    early = [ask() for _ in range(3)]
    clock.at += timedelta(seconds=2)
    due = at_once(4, ask)

    assert {one.until - clock.now() for one in early if isinstance(one, Held)} == {timedelta()}
    assert sorted(type(one).__name__ for one in due) == ["Busy", "Busy", "Busy", "Claim"]


def test_an_open_circuit_lets_one_probe_through(ledger: SqlLedger, clock: StoppedClock):
    """Of many that wait for a provider, one tries, and the others wait for what it finds."""
    gates = Gates(circuit="host")
    for number in range(5):
        mine = ledger.claim(named(f"down{number}"), lease_seconds=90, gates=gates)
        ledger.settle(mine, Receipt("not_accepted"), down=True)
    shut = ledger.claim(named("p"), lease_seconds=90, gates=gates)
    clock.at += timedelta(seconds=10)

    answers = at_once(5, lambda n: ledger.claim(named(f"p{n}"), lease_seconds=90, gates=gates))

    assert shut == Held("p", "provider_down", clock.now())
    [probe] = [one for one in answers if isinstance(one, Claim)]
    assert [one.code for one in answers if isinstance(one, Held)] == ["provider_down"] * 4
    ledger.settle(probe, ACCEPTED, down=False)
    assert isinstance(ledger.claim(named("p"), lease_seconds=90, gates=gates), Claim)


def test_outages_at_once_open_a_circuit_once(ledger: SqlLedger, clock: StoppedClock):
    """Calls that were under way when it opened do not make it stay open longer."""
    gates = Gates(circuit="host")
    claims = [ledger.claim(named(f"p{number}"), lease_seconds=90, gates=gates) for number in range(8)]

    at_once(8, lambda n: ledger.settle(claims[n], Receipt("not_accepted"), down=True))

    shut = ledger.claim(named("p"), lease_seconds=90, gates=gates)
    assert shut == Held("p", "provider_down", clock.now() + timedelta(seconds=10))


def test_a_doubt_is_reopened_once_for_each_answer(ledger: SqlLedger):
    """Many redeliveries of one answer make one more attempt possible; a second doubt wants a second answer."""
    ledger.settle(claimed(ledger), Receipt("ambiguous"))
    at_once(4, lambda _: ledger.reopen("p", "click-1"))
    again = claimed(ledger)
    ledger.settle(again, Receipt("ambiguous"))
    ledger.reopen("p", "click-1")

    assert (again.attempt, type(claim(ledger))) == (2, Doubt)

    ledger.reopen("p", "click-2")
    assert claimed(ledger).attempt == 3


@pytest.mark.parametrize("receipt", [ACCEPTED, Receipt("refused", reason=NO)])
def test_only_a_doubt_is_reopened(ledger: SqlLedger, receipt: Receipt):
    """What is known is not sent again, whoever asks."""
    ledger.settle(claimed(ledger), receipt)
    ledger.reopen("p", "click-1")

    assert isinstance(claim(ledger), Settled)


def test_who_is_sending_right_now_is_not_reopened(ledger: SqlLedger):
    """Its lease runs; the answer came to an older doubt."""
    claimed(ledger)
    ledger.reopen("p", "click-1")

    assert isinstance(claim(ledger), Busy)


def test_a_doubt_says_when_it_ends(ledger: SqlLedger):
    """Once, so that exactly one tells the agent."""
    ledger.settle(claimed(ledger), Receipt("ambiguous"))

    answers = at_once(4, lambda _: ledger.resolve("p", ACCEPTED))

    assert answers.count(True) == 1


def test_a_part_is_found_by_either_name(ledger: SqlLedger):
    """By our own or the provider's, within the account and the channel."""
    ledger.settle(claimed(ledger), ACCEPTED)
    ledger.claim(named("nameless"), lease_seconds=90)
    found = PartName(ACCOUNT, "sms", "c", "m", "p")

    assert ledger.find(ACCOUNT, "sms", "p", None) == found
    assert ledger.find(ACCOUNT, "sms", None, "MM1") == found
    for account, channel, part, external_id in (
        ("rival", "sms", "p", None),
        ("rival", "sms", None, "MM1"),
        (ACCOUNT, "whatsapp", None, "MM1"),
        (ACCOUNT, "sms", "q", "MM1"),
        (ACCOUNT, "sms", None, None),
    ):
        assert ledger.find(account, channel, part, external_id) is None


# --- turns ------------------------------------------------------------------------------------------------------------


def turn(clock: StoppedClock, message: str, at: float, conversation: str = "c") -> Turn:
    """Requested so many seconds after the start."""
    lapses_at = clock.now() + timedelta(seconds=120)
    return Turn(ACCOUNT, conversation, message, START + timedelta(seconds=at), lapses_at)


def test_replies_are_in_the_order_of_their_requests(turns: SqlTurns, clock: StoppedClock):
    """Whoever heard of them first, and however often."""
    replies = [turn(clock, "m3", 3), turn(clock, "m1", 1), turn(clock, "m2", 2), turn(clock, "other", 0, "d")]
    at_once(8, lambda n: turns.note(replies[n % 4]))

    def ahead() -> list[str | None]:
        return [turns.line_up(one) for one in sorted(replies, key=lambda one: one.message)]

    assert ahead() == [None, "m1", "m1", None]
    turns.end(replies[1])
    assert ahead() == [None, None, "m2", None]


def test_a_turn_lapses_unless_it_is_kept(turns: SqlTurns, clock: StoppedClock):
    """What never gets ready holds up nobody for ever; what waits itself keeps its place."""
    first, second = turn(clock, "m1", 1), turn(clock, "m2", 2)
    for one in (first, second):
        turns.note(one)
    clock.at += timedelta(seconds=100)
    turns.keep(turn(clock, "m1", 1))
    clock.at += timedelta(seconds=119)
    assert turns.line_up(second) == "m1"
    clock.at += timedelta(seconds=1)
    assert turns.line_up(second) is None


def test_an_end_before_the_beginning_counts(turns: SqlTurns, clock: StoppedClock):
    """A refusal may be faster than the request that it answers."""
    first, second = turn(clock, "m1", 1), turn(clock, "m2", 2)
    turns.end(first)
    turns.note(first)
    turns.note(second)

    assert turns.line_up(second) is None


def test_old_turns_are_forgotten(turns: SqlTurns, database: Database, clock: StoppedClock):
    """By whoever ends in the conversation later."""
    turns.note(turn(clock, "m1", 1))
    clock.at += timedelta(days=2)
    turns.end(turn(clock, "m2", 2))

    with database.read() as connection:
        assert connection.execute(select(turns_table.c.message)).scalars().all() == ["m2"]


# --- record -----------------------------------------------------------------------------------------------------------


def test_a_thread_shows_both_directions_in_order(record: Record):
    """A customer's message and the reply to it are one conversation."""
    inbound, outbound = shown(), delivered()
    record.write([*deliveries(outbound), *deliveries(inbound)], DEADLINES)

    thread = record.thread(ACCOUNT, inbound.conversation)

    assert {one.message: one.state for one in thread.messages} == {
        inbound.message: "shown",
        outbound.message: "delivered",
    }
    assert states(thread.messages[0].attachments + thread.messages[1].attachments) in (
        ["shown", "shown", "delivered", "delivered"],
        ["delivered", "delivered", "shown", "shown"],
    )
    assert [one.conversation for one in record.conversations(ACCOUNT)] == [inbound.conversation]
    assert record.part_of(ACCOUNT, "sms", "MM-R1") == (outbound.message, outbound.part)


def test_a_repetition_changes_nothing(record: Record):
    """The cursor stands still when nothing is new."""
    journey = delivered()
    first = record.write(deliveries(journey), DEADLINES)
    thread = record.thread(ACCOUNT, journey.conversation)

    assert [one.cursor for one in first] == [1]
    assert record.write(deliveries(journey), DEADLINES) == []
    assert record.thread(ACCOUNT, journey.conversation) == thread


def test_a_client_that_follows_the_cursor_misses_nothing(record: Record):
    """After each batch it is told what changed, and only that."""
    inbound, outbound = shown(), delivered()
    record.write(deliveries(inbound), DEADLINES)
    cursor = record.thread(ACCOUNT, inbound.conversation).cursor
    record.write(deliveries(outbound), DEADLINES)

    news = record.thread(ACCOUNT, inbound.conversation, after=cursor)

    assert [one.message for one in news.messages] == [outbound.message]
    assert record.thread(ACCOUNT, inbound.conversation, after=news.cursor).messages == []


def test_a_thread_is_read_page_by_page(record: Record):
    """The last messages first, then what stands before them, until nothing is earlier; each message once."""
    journeys = [shown(name=f"SM-{number}") for number in range(5)]
    for journey in journeys:
        record.write(deliveries(journey), DEADLINES)
    everything = [one.message for one in record.thread(ACCOUNT, journeys[0].conversation).messages]

    pages, before = [], None
    while not pages or pages[-1].earlier:
        pages.append(record.thread(ACCOUNT, journeys[0].conversation, before=before, limit=2))
        before = pages[-1].messages[0].message

    assert [len(page.messages) for page in pages] == [2, 2, 1]
    assert [one.message for page in reversed(pages) for one in page.messages] == everything
    assert record.thread(ACCOUNT, journeys[0].conversation, before="unknown", limit=2).messages == []


def test_a_list_of_tickets_knows_the_last_word_and_the_files(record: Record):
    """What was said last, by whoever, and how many files the customer has sent."""
    inbound, outbound = shown(), delivered()
    record.write(deliveries(inbound), DEADLINES)
    record.write(deliveries(outbound), DEADLINES)
    thread = record.thread(ACCOUNT, inbound.conversation)

    summary = record.summaries(ACCOUNT, [inbound.conversation, "unknown"])

    assert summary[inbound.conversation].last == thread.messages[-1]
    assert summary[inbound.conversation].inbound_files == 2
    assert (summary["unknown"].last, summary["unknown"].inbound_files) == (None, 0)


def test_what_changed_since_a_moment(record: Record):
    """That moment included: who asks again with the last one misses nothing that happened at the same time."""
    journey = shown()
    record.write(deliveries(journey), DEADLINES)
    (changed,) = record.conversations(ACCOUNT)

    assert record.changed_since(ACCOUNT, changed.changed_at) == [changed]
    assert record.changed_since(ACCOUNT, changed.changed_at + timedelta(microseconds=1)) == []


def test_accounts_see_only_their_own(record: Record):
    """Knowing another account's ids helps nobody."""
    journey = shown()
    record.write(deliveries(journey), DEADLINES)

    assert record.thread("other", journey.conversation) is None
    assert record.message("other", journey.message) is None
    assert record.conversations("other") == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_batches_change_neither_thread_nor_books(
    database: Database, clock: StoppedClock, data: st.DataObject
):
    """However events are mixed, repeated and cut into batches, the record ends up the same."""
    journeys = [shown(), delivered(address=None)]
    in_order = [one for journey in journeys for one in deliveries(journey)]
    mixed = data.draw(st.permutations([*in_order, *data.draw(st.lists(st.sampled_from(in_order), max_size=5))]))
    size = data.draw(st.integers(1, len(mixed)))

    expected = _written(database, clock, [in_order])
    actual = _written(database, clock, [mixed[start : start + size] for start in range(0, len(mixed), size)])

    assert actual == expected
    assert [(page.received, page.gap) for page in expected[1]] == [(2, 0), (2, 0)]


def _written(database: Database, clock: StoppedClock, batches: list[list[RecordedDelivery]]) -> tuple:
    with database.write() as connection:
        for table in metadata.tables.values():
            connection.execute(delete(table))
    record = Record(database, clock)
    for batch in batches:
        record.write(batch, DEADLINES)
    views = record.thread(ACCOUNT, shown().conversation).messages
    plain = [{name: getattr(view, name) for name in view.__struct_fields__ if name != "cursor"} for view in views]
    return plain, books.audit(database, clock).pages


def test_writers_at_once_lose_nothing_and_count_on(record: Record):
    """Eight recorders with one conversation's events between them: every event counts, every cursor is another."""
    journey = delivered(files=3)
    hands = [[one] for one in deliveries(journey)]

    changes = [change for some in at_once(len(hands), lambda n: record.write(hands[n], DEADLINES)) for change in some]

    assert record.message(ACCOUNT, journey.message).state == "delivered"
    cursors = [change.cursor for change in changes]
    assert sorted(cursors) == list(range(1, len(cursors) + 1))
    assert record.thread(ACCOUNT, journey.conversation).cursor == len(cursors)


@pytest.mark.parametrize("round_", range(5))
def test_report_and_delivery_find_each_other_whoever_is_first(record: Record, round_: int):
    """The provider's report may reach the record before, after or with the delivery."""
    journey = delivered(f"R{round_}")
    *before, completed, sent, done = deliveries(journey)
    record.write(before, DEADLINES)

    at_once(3, lambda n: record.write([(completed, sent, done)[n]], DEADLINES))

    assert record.message(ACCOUNT, journey.message).state == "delivered"


def test_a_name_used_twice_is_recorded_as_a_conflict(record: Record, database: Database):
    """The first meaning stays; the second is kept for an operator."""
    first, second = Journey("outbound"), Journey("outbound", text="something else")
    first.begun()
    second.begun()
    record.write(deliveries(first), DEADLINES)
    record.write(deliveries(second), DEADLINES)

    assert record.message(ACCOUNT, first.message).text == "hello"
    with database.read() as connection:
        kept = connection.execute(select(events.c.how, events.c.code).order_by(events.c.how)).all()
    assert [tuple(row) for row in kept] == [("conflict", "identity_reused"), ("event", None)]


def test_what_cannot_be_read_is_kept(record: Record, database: Database):
    """Bytes that are no event have their row, once, whatever is in them."""
    odd = RecordedDelivery("unreadable", b"\xff\x00{", queue="a\0b", code="not_json", detail="\ud800\0")
    record.write([odd, odd], DEADLINES)
    record.write([odd], DEADLINES)

    with database.read() as connection:
        rows = connection.execute(select(events.c.how, events.c.body, events.c.code)).all()
    assert [tuple(row) for row in rows] == [("unreadable", b"\xff\x00{", "not_json")]


def test_the_books_show_a_gap_only_when_something_is_overdue(record: Record, database: Database, clock: StoppedClock):
    """In flight until the deadline, a gap after it, and in no other column meanwhile."""
    journey = Journey("inbound", files=3)
    journey.begun()
    clock.at = START + timedelta(seconds=299)
    record.write(deliveries(journey), DEADLINES)

    [before] = books.audit(database, clock).pages
    clock.at = START + timedelta(seconds=301)
    counted = books.audit(database, clock)
    [after] = counted.pages

    assert (before.received, before.in_flight, before.gap) == (3, 3, 0)
    assert (after.received, after.in_flight, after.gap) == (3, 0, 3)
    assert [(one.message, one.stage, one.state) for one in counted.overdue] == [
        (journey.message, "ingestor", "announced")
    ] * 3


def test_the_books_count_again_only_what_changed(record: Record, database: Database, clock: StoppedClock):
    """Kept day by day; every audit, from the kept ones or from nothing, comes to the same."""
    quiet, late = shown("SM1"), delivered("R1", files=3)
    clock.at = START + timedelta(hours=1)
    record.write(deliveries(quiet), DEADLINES)
    clock.at += timedelta(hours=1)
    books.keep(database, books.audit(database, clock))
    clock.at += timedelta(days=2)
    unchanged = books.audit(database, clock)
    record.write(deliveries(late)[:-1], DEADLINES)
    books.keep(database, books.audit(database, clock))
    record.write(deliveries(late), DEADLINES)
    kept = books.audit(database, clock)
    with database.write() as connection:
        connection.execute(delete(metadata.tables["books"]))

    assert kept.pages == books.audit(database, clock).pages
    assert [(page.direction, page.received, page.shown, page.delivered) for page in kept.pages] == [
        ("inbound", 2, 2, 0),
        ("outbound", 3, 0, 3),
    ]
    assert (unchanged.counted, [page.received for page in unchanged.pages]) == ([], [2])


def test_what_is_without_its_receipt_is_found_once_it_is_due(database: Database, clock: StoppedClock):
    """By the time its provider promises, in any order of events; what other providers took is never due."""
    journey = planned()
    completed = journey.completed(journey.events[-1])
    early = clock.at = START + timedelta(seconds=60)
    Record(database, clock).write(deliveries(planned("R2")), DEADLINES)
    for provider, some in (("telnyx", deliveries(journey)), ("twilio", deliveries(journey)[-1:])):
        record = Record(database, clock, receipts={("sms", provider): 60})
        record.write(some, DEADLINES)
    record.write([RecordedDelivery("event", encode(one), one) for one in [journey.reported("sent")]], DEADLINES)

    def due(now: datetime) -> list[tuple[str | None, str]]:
        return [
            (event.causation_id, part.part)
            for event in unconfirmed(record, now, 10, source="test")
            for part in event.data.parts
        ]

    assert due(early) == []
    assert due(early + timedelta(seconds=1)) == [(completed.id, journey.part)]


def test_the_books_of_an_account_since_a_day(record: Record, database: Database, clock: StoppedClock):
    """Each question alone and both together, with the reasons of what did not arrive."""
    refused = Journey("inbound", "SM7", files=1)
    refused.rejected(*refused.announced(refused.begun()))
    other = Journey("inbound", "SM8", account="rival")
    other.begun()
    record.write([*deliveries(refused), *deliveries(other)], DEADLINES)

    def pages(**question: object) -> list[tuple[str, int]]:
        return [(page.account, page.received) for page in books.audit(database, clock, **question).pages]

    today = START.date()
    assert pages() == [(ACCOUNT, 1), ("rival", 2)]
    assert pages(account="rival", since=today) == [("rival", 2)]
    assert pages(since=today + timedelta(days=1)) == []
    [tally] = books.audit(database, clock, account=ACCOUNT).ended
    assert (tally.state, tally.reason_code, tally.attachments) == ("refused", "type_not_allowed", 1)


def test_the_journey_tells_everything(record: Record):
    """From the provider's payload to the last event, retries and dead letters too, in the order of time."""
    journey = shown(files=1)
    announced = next(one for one in journey.events if one.data.event_type == "attachments_announced")
    retry = RecordedDelivery(
        "retry", encode(announced), announced, worker="fetcher", queue="fetch.sms", attempt=1, delay_seconds=5, code="x"
    )
    record.write([*deliveries(journey), retry], DEADLINES)

    lines = explain(record, journey.message)

    assert [(line.how, line.type) for line in lines] == [
        ("event", "payload_received"),
        ("event", "message_received"),
        ("event", "attachments_announced"),
        ("event", "media_received"),
        ("event", "media_validated"),
        ("event", "media_stored"),
        ("event", "thumbnails_rendered"),
        ("retry", "attachments_announced"),
    ]
    assert [line.took_seconds for line in lines[:4]] == [None, 1.0, 1.0, 1.0]
    assert [file.name for file in lines[6].files] == ["thumbnail-320"]
    assert (lines[7].worker, lines[7].attempt, lines[7].delay_seconds) == ("fetcher", 1, 5.0)


def test_the_journey_tells_every_attempt_to_send(record: Record, database: Database, clock: StoppedClock):
    """When it was begun, how long the provider took, and what its answer meant."""
    journey = planned()
    record.write(deliveries(journey), DEADLINES)
    ledger = SqlLedger(database, clock)
    part = journey.events[-1].data.parts[0].id
    for receipt in (Receipt("not_accepted", retry_after_seconds=7), ACCEPTED):
        name = PartName(ACCOUNT, "sms", journey.conversation, journey.message, part)
        attempt = ledger.claim(name, lease_seconds=60)
        clock.at += timedelta(seconds=2)
        assert isinstance(attempt, Claim)
        ledger.settle(attempt, receipt)

    told = [line for line in explain(record, journey.message) if line.how == "attempt"]

    assert [(line.attempt, line.took_seconds, line.delay_seconds) for line in told] == [(1, 2.0, 7), (2, 2.0, None)]
    assert [(line.answers[0].state, line.answers[0].external_id) for line in told] == [
        ("not_accepted", None),
        ("accepted", "MM1"),
    ]


def test_a_plan_that_waits_is_planned(record: Record):
    """A reply that is ready says so until the provider has spoken."""
    journey = planned()
    record.write(deliveries(journey), DEADLINES)

    assert record.message(ACCOUNT, journey.message).state == "planned"


def test_a_database_without_tables_says_what_to_do(url: str, clock: StoppedClock) -> None:
    """A worker that starts before the migration waits like for a database that is away, and names the command."""
    empty = Database(url)
    with pytest.raises(DatabaseUnavailable, match="trombone migrate") as missing:
        Record(empty, clock).conversations(ACCOUNT)
    empty.close()
    assert missing.value.code == "database_not_migrated"
