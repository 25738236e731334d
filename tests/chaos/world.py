"""Trombone's processes with a faulty world around them: a proxy before broker, store, database and provider."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import yaml
from sqlalchemy import func, select

from tests.chaos.sizes import SIZES
from tests.chaos.traffic import Counts, Seen, Traffic, count_up, knowing
from tests.conftest import running
from tests.integration.cluster import EVERYONE, Cluster
from tests.polling import eventually
from tests.services import Rabbit
from tests.services.postgres import database
from tests.services.s3 import bucket
from tests.tcp_proxy import TcpProxy
from workers import roster
from workers.commands.stages import work_queues
from workers.runtime.database import Database
from workers.runtime.operating import OperatorFailed, queue_states
from workers.runtime.settings import load
from workers.runtime.tables import ledger, messages
from workers.runtime.views import MessageView
from workers.sandbox.scene import camera_scene

TICK_MILLISECONDS = 1000
"""How often the broker looks for messages that are held too long; as shipped once a minute."""
HELD_TOO_LONG = "has timed out waiting for delivery acknowledgement"
"""RabbitMQ's own words, in its log."""


@dataclass
class World:
    cluster: Cluster
    rabbit: Rabbit
    broker: TcpProxy
    store: TcpProxy
    database: TcpProxy
    provider: TcpProxy
    record: Database
    photo: Path
    queues: list[str]
    held_before: int = 0

    def begin(self) -> None:
        """A new row."""
        self.held_before += self.held()

    def traffic(self) -> Traffic:
        return Traffic(self.cluster, self.photo)

    def settled(self, traffic: Traffic, within: float = SIZES.settle) -> Counts:
        """Wait until nothing is under way any more; then count."""
        began = time.monotonic()
        until = began + within
        while not self._is_quiet(traffic):
            if time.monotonic() > until:
                raise AssertionError(f"still under way: {self.count(traffic)}, {self._unfinished(traffic)}")
            time.sleep(0.5)
        return replace(self.count(traffic), seconds=round(time.monotonic() - began, 1))

    def count(self, traffic: Traffic) -> Counts:
        sent = [one.asked.body for one in self.cluster.twilio.sent]
        phones = list(self.cluster.twilio.customers)
        arrived = Counter(one.text for phone in phones for one in phone.received)
        return count_up(traffic, self.seen(), Counter(sent), arrived)

    def seen(self) -> list[Seen]:
        with self.record.read() as connection:
            views = [
                msgspec.json.decode(view, type=MessageView)
                for view in connection.execute(select(messages.c.view).where(messages.c.view.is_not(None))).scalars()
            ]
        return [
            Seen(
                view.text or "", view.direction, view.state, view.ended, all(one.renditions for one in view.attachments)
            )
            for view in views
        ]

    def attempts(self, message: str) -> list[datetime]:
        """When it was tried to send, as the ledger has it."""
        query = select(ledger.c.claimed_at).where(ledger.c.message == message).order_by(ledger.c.claimed_at)
        with self.record.read() as connection:
            return list(connection.execute(query).scalars())

    def dead_letters(self) -> dict[str, int]:
        states = queue_states(self.rabbit.url, self.queues)
        return {queue: state.dead_letters for queue, state in states.items() if state.dead_letters}

    def busy_queues(self) -> dict[str, int]:
        try:
            states = queue_states(self.rabbit.url, self.queues)
        except OperatorFailed as away:
            return {str(away): -1}
        return {queue: state.messages for queue, state in states.items() if state.messages}

    def is_consumed(self) -> bool:
        """Every worker is back at its queues."""
        try:
            states = queue_states(self.rabbit.url, self.queues)
        except OperatorFailed:
            return False
        return all(state.consumers for state in states.values())

    def held(self) -> int:
        """How many messages somebody kept unacked for longer than SIZES.held in this row: the broker took them back."""
        logs = (self.rabbit.folder / "log").glob("*.log")
        return sum(one.read_text(errors="replace").count(HELD_TOO_LONG) for one in logs) - self.held_before

    def heal(self) -> None:
        for link in (self.broker, self.store, self.database, self.provider):
            link.heal()
        ended = {name: one.exit_code for name in EVERYONE if not (one := self.cluster.programs[name]).is_running()}
        self.cluster.start(*ended)
        eventually(self.is_consumed, within=30)
        assert not any(ended.values()), f"ended by themselves: {ended}"

    def _is_quiet(self, traffic: Traffic) -> bool:
        """What is cheap to ask first: the machine that is asked is the one that works."""
        if self._open_messages(traffic) or self._is_unreported() or self.busy_queues():
            return False
        mine = {one.text: one for one in self.seen() if one.text in traffic.answered}
        return len(mine) == len(traffic.answered) and all(one.ended for one in mine.values())

    def _open_messages(self, traffic: Traffic) -> int:
        is_mine = messages.c.view.contains(f'"text":"{traffic.name} ')
        with self.record.read() as connection:
            query = select(func.count()).select_from(messages).where(messages.c.ended.is_(False), is_mine)
            return int(connection.execute(query).scalar_one())

    def _unfinished(self, traffic: Traffic) -> object:
        seen = {one.text: one for one in self.seen()}
        open_ones = [
            (text, seen.get(text)) for text in sorted(traffic.answered) if text not in seen or not seen[text].ended
        ]
        reports = [one.status for one in self.cluster.twilio.sent if one.status in ("queued", "sent")]
        return open_ones[:5], reports, self.busy_queues()

    def _is_unreported(self) -> bool:
        """The provider still has something on its way to a phone."""
        return any(one.status in ("queued", "sent") for one in self.cluster.twilio.sent)


@contextmanager
def new_world(s3_url: str, postgres_url: str, folder: Path) -> Iterator[World]:
    """With a broker of its own, which may be broken, and which takes back what is held too long."""
    photo = folder / "small.jpg"
    photo.write_bytes(camera_scene((640, 480), orientation=6))
    strict = partial(Rabbit, consumer_timeout=int(SIZES.held * 1000), channel_tick_interval=TICK_MILLISECONDS)
    with (
        running(strict) as rabbit,
        bucket(s3_url) as store_url,
        database(postgres_url) as database_url,
        _world(rabbit, store_url, database_url, folder, photo) as made,
    ):
        yield made


@contextmanager
def _world(rabbit: Rabbit, store_url: str, database_url: str, folder: Path, photo: Path) -> Iterator[World]:
    with ExitStack() as stack:
        links = [stack.enter_context(TcpProxy(url)) for url in (rabbit.url, store_url, database_url)]
        broker, store, database = links
        cluster = Cluster(folder, broker.url, store.url, database.url, environ=_hurried())
        provider = stack.enter_context(TcpProxy(cluster.twilio.api_url))
        cluster.configure("config", provider.url)
        cluster.environ["TROMBONE_FETCH_ALLOW"] += f",127.0.0.1:{provider.port}"
        (folder / "config" / "queues.yaml").write_text(yaml.safe_dump(_tuned()))
        cluster.twilio._network.api_url = provider.url
        knowing(cluster)
        cluster.broker_url = rabbit.url
        record = Database(database_url)
        stack.callback(record.close)
        stack.enter_context(cluster)
        queues = [queue for queue in work_queues(load({})) if queue != "unrouted"]
        yield World(cluster, rabbit, broker, store, database, provider, record, photo, queues)


def _hurried() -> dict[str, str]:
    return {"TROMBONE_LEASE_SECONDS": "4", "TROMBONE_SWEEP_SECONDS": "1", "TROMBONE_LOG_LEVEL": "info"}


def _tuned() -> dict[str, Any]:
    """The shipped prefetch and threads, with delays and deadlines that a test can wait for."""
    shipped = load({}).queues
    workers = {
        name: {
            "prefetch": shipped.workers[name].prefetch,
            "threads": shipped.workers[name].threads,
            "ladder": list(SIZES.ladder),
            "deadline_seconds": SIZES.deadline,
        }
        for name in (*roster.NAMES, "recorder")
    }
    return {"tiers": sorted(set(SIZES.ladder)), "delivery_limit": shipped.delivery_limit, "workers": workers}
