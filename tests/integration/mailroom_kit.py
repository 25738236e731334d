"""The mailroom on a bench: SQLite in a file, a folder as the store, the broker in memory and a stage that listens."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any

from schemas.event import AnyEvent
from tests.integration.gateway_door import Heard
from tests.polling import eventually
from tests.services.dovecot import PASSWORD, Dovecot
from workers.mailroom.services import MailroomServices
from workers.runtime.addresses import Gate
from workers.runtime.broker import Subscription
from workers.runtime.clock import SystemClock
from workers.runtime.database import Database
from workers.runtime.folder import FolderStore
from workers.runtime.intake import Intake
from workers.runtime.memory import MemoryBroker
from workers.runtime.positions import Positions
from workers.runtime.settings import Settings, load
from workers.runtime.topology import EVENTS, Binding, Exchange, Queue, Topology

SUPPORT, RIVAL = "support@acme.example", "Help@rival.example"


def settings(options: Mapping[str, str] | None = None, fetch_allow: list[str] | None = None) -> Settings:
    accounts = {
        name: {
            "name": name,
            "channels": {
                "email": [
                    {
                        "provider": "smtp",
                        "address": address,
                        "credentials": {
                            "thread_key": {"value": f"key-of-{name}"},
                            "imap_password": {"value": PASSWORD},
                        },
                        "options": {"tls": "none"} | dict(options or {}),
                    }
                ]
            },
        }
        for name, address in (("acme", SUPPORT), ("rival", RIVAL))
    }
    return load({}, endpoints={"fetch_allow": fetch_allow or []}, accounts=accounts)


def read_over_imap(server: Dovecot, **options: str) -> Settings:
    return settings({"imap": f"imap://127.0.0.1:{server.imap_port}", **options}, [f"127.0.0.1:{server.imap_port}"])


@dataclass
class Bench:
    services: MailroomServices
    database: Database
    heard: Heard

    def events(self, count: int) -> list[AnyEvent]:
        """Exactly so many were published."""
        eventually(lambda: len(self.heard.events) >= count, 10)
        assert len(self.heard.events) == count
        return self.heard.events

    def body(self, event: AnyEvent) -> bytes:
        with self.services.store.read(event.data.body_key) as chunks:
            return b"".join(chunks)

    def intake_rows(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.exec_driver_sql("SELECT id, account, published_at FROM intake"))


@contextmanager
def mailroom_bench(folder: Path, used: Settings | None = None, **others: Any) -> Iterator[Bench]:
    """`others` replace services by name."""
    database, clock, broker = Database(f"sqlite:///{folder}/trombone.db"), SystemClock(), MemoryBroker()
    database.migrate()
    broker.declare(Topology([Exchange(EVENTS)], [Queue("heard", [Binding(EVENTS, "#")])]))
    heard, stop, used = Heard(), Flag(), used or settings()
    services = MailroomServices(
        settings=used,
        clock=clock,
        store=FolderStore(folder / "objects"),
        publisher=broker.publisher(),
        intake=Intake(database, clock),
        positions=Positions(database, clock),
        gate=Gate(used.endpoints.fetch_allow),
    )
    listening = Thread(
        target=broker.consume, args=([Subscription("heard", 8)], heard), kwargs={"threads": 1, "stop": stop}
    )
    listening.start()
    try:
        yield Bench(replace(services, **others), database, heard)
    finally:
        stop.set()
        listening.join(timeout=20)
        services.publisher.close()
        broker.close()
        database.close()
