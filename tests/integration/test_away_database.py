"""A database that is away or silent: nobody waits for it with messages in hand, and nobody loses or repeats one."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from threading import Event as Flag
from threading import Thread
from time import monotonic, sleep

import psycopg
import pytest
from sqlalchemy import func, select

from tests.journeys import ACCOUNT, shown
from tests.polling import eventually
from tests.tcp_proxy import TcpProxy
from workers.recorder import Recorder
from workers.roster import everyone
from workers.runtime.apart import SetApart
from workers.runtime.clock import SystemClock
from workers.runtime.database import Database, DatabaseUnavailable
from workers.runtime.letters import event_message
from workers.runtime.postgresql import BELIEVED_SECONDS
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.record import Record
from workers.runtime.settings import load
from workers.runtime.tables import events
from workers.runtime.topology import RECORD, alone_queue, dead_queue, plan, with_alone

pytestmark = pytest.mark.services

SECONDS = 1.0
"""Instead of the 20 of a transaction, and of those for which the recorder tries."""


def end_all_others(database_url: str) -> None:
    """As a restart of the server does."""
    with closing(psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True)) as own:
        own.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()"
            " and pid <> pg_backend_pid()"
        )


@pytest.fixture
def link(database_url: str) -> Iterator[TcpProxy]:
    with TcpProxy(database_url) as link:
        yield link


@pytest.fixture
def database(link: TcpProxy) -> Iterator[Database]:
    opened = Database(link.url, transaction_seconds=SECONDS)
    opened.migrate()
    yield opened
    opened.close()


def test_what_a_restart_ended_is_noticed_before_it_is_used(database: Database, database_url: str):
    """By whoever comes a while later; one that comes at once may hear of it, and that ends it for all."""
    database.ask()
    end_all_others(database_url)
    sleep(BELIEVED_SECONDS)
    database.ask()
    end_all_others(database_url)
    with suppress(DatabaseUnavailable):
        database.ask()
    database.ask()


def test_a_silent_server_is_not_waited_for_without_end(database: Database, link: TcpProxy):
    """Its TCP still acknowledges, so only our own clock can tell; afterwards a new connection works as before."""
    link.black_hole()
    began = monotonic()

    with pytest.raises(DatabaseUnavailable) as silent:
        database.ask()

    assert (silent.value.code, silent.value.away) == ("database_unavailable", True)
    assert monotonic() - began < 60
    link.heal()
    database.ask()


def test_a_server_that_falls_silent_within_a_transaction_is_left(database: Database, link: TcpProxy):
    """The same when it had answered before."""

    def ask_twice() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("SELECT 1")
            link.black_hole()
            connection.exec_driver_sql("SELECT 1")

    with pytest.raises(DatabaseUnavailable):
        ask_twice()

    link.heal()
    database.ask()


@contextmanager
def recording(broker: RabbitBroker, database: Database) -> Iterator[Recorder]:
    settings, stop = load({}), Flag()
    clock = SystemClock()
    recorder = Recorder(Record(database, clock), settings, everyone(), stop=stop, patience_seconds=SECONDS)
    subscriptions = with_alone(RECORD, recorder.max_batch)
    stage = SetApart(recorder, clock)
    thread = Thread(target=lambda: broker.consume(subscriptions, stage, threads=1, stop=stop), daemon=True)
    thread.start()
    try:
        yield recorder
    finally:
        stop.set()
        thread.join(15)
    assert not thread.is_alive()


@pytest.mark.parametrize(("how", "times"), [("away", 2), ("silent", 1)])
def test_the_recorder_holds_nothing_while_its_database_is_gone(
    vhost_url: str, database: Database, link: TcpProxy, how: str, times: int
):
    """All is ready in its queue again; with the database back all is recorded, once, and nothing is dead or apart."""
    broker = RabbitBroker(vhost_url)
    broker.declare(plan(everyone(), load({})))
    journeys = [shown(f"SM{number}") for number in range(times)]
    count = len(journeys[0].events)
    with closing(broker), recording(broker, database) as recorder:
        publisher = broker.publisher()
        for number, journey in enumerate(journeys, start=1):
            {"away": link.reset, "silent": link.black_hole}[how]()
            publisher.publish(*map(event_message, journey.events))
            eventually(recorder.paused.is_set, within=10)
            eventually(lambda: broker.depth(RECORD) == count, within=5)
            link.heal()
            eventually(lambda whole=number * count: rows(database) == whole, within=10)
        record = Record(database, SystemClock())
        views = [record.message(ACCOUNT, journey.message) for journey in journeys]
        assert [view.state if view else None for view in views] == ["shown"] * times
        assert [broker.depth(queue) for queue in (RECORD, alone_queue(RECORD), dead_queue(RECORD))] == [0, 0, 0]


def rows(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(events)).scalar_one()
