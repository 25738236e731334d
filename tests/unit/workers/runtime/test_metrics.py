"""What Prometheus reads."""

from datetime import UTC, date, datetime

from workers.runtime.books import Books, Open, Tally
from workers.runtime.metrics import QueueState, render
from workers.runtime.notices import Standing

DAY = date(2026, 11, 22)
PLACE = ("acme", "sms", "inbound")
BOOKS = Books(
    at=datetime(2026, 11, 22, tzinfo=UTC),
    ended=[Tally(DAY, *PLACE, "shown", "", 5), Tally(DAY, *PLACE, "vanished", "", 2)],
    open=[Open(*PLACE, "storer", 4, overdue=3)],
    overdue=[],
    unpublished=7,
    lost_payloads=1,
    counted=[DAY],
)


def test_the_books_are_metrics():
    """Every column, and what is overdue by who owes it; an end that nobody knows is owed by nobody."""
    lines = render(BOOKS, {"store": QueueState(messages=9, consumers=2, dead_letters=1)}).splitlines()

    place = 'account="acme",channel="sms",direction="inbound"'
    assert {
        f"trombone_received_attachments{{{place}}} 11",
        f'trombone_attachments{{{place},state="shown"}} 5',
        f'trombone_attachments{{{place},state="in_flight"}} 1',
        'trombone_overdue_attachments{stage="storer"} 3',
        'trombone_overdue_attachments{stage="nobody"} 2',
        "trombone_unpublished_payloads 7",
        "trombone_lost_payloads 1",
        "trombone_broker_up 1",
        'trombone_queue_messages{queue="store"} 9',
        'trombone_queue_consumers{queue="store"} 2',
        'trombone_queue_dead_letters{queue="store"} 1',
    } <= set(lines)


def test_nothing_overdue_is_a_zero_and_not_a_silence():
    """An alert on a metric that is not there never rings."""
    empty = Books(BOOKS.at, [], [], [], 0, 0, [])

    told = render(empty, None)

    assert 'trombone_overdue_attachments{stage="nobody"} 0\n' in told
    assert "trombone_broker_up 0\n" in told
    assert all(line.startswith(("#", "trombone_")) for line in told.splitlines())


def test_webhooks_are_metrics():
    """One that is off, and how far behind it is."""
    off = Standing("acme", "desk", 3, None, None, None, disabled_at=BOOKS.at, problem="", given_up=2, rewinds=0)

    lines = render(BOOKS, {}, {off: 4}).splitlines()

    place = 'account="acme",webhook="desk"'
    assert {
        f"trombone_webhook_disabled{{{place}}} 1",
        f"trombone_webhook_failures{{{place}}} 3",
        f"trombone_webhook_given_up{{{place}}} 2",
        f"trombone_webhook_behind{{{place}}} 4",
    } <= set(lines)


def test_a_name_cannot_end_its_label():
    """Quotes, line ends and backslashes are escaped."""
    odd = Books(BOOKS.at, [Tally(DAY, 'a"\n\\', "sms", "inbound", "shown", "", 1)], [], [], 0, 0, [])

    assert r'account="a\"\n\\",channel="sms"' in render(odd, {})
