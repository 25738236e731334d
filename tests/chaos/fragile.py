"""
A worker process for one test: it ends at once, as a crash in C would, when a message's ticket says so.

`python -m tests.chaos.fragile <broker url> <folder>`: what it handled well it notes in the folder.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from schemas.event import Event, EventData
from schemas.media_received import MediaReceived
from workers.runtime.apart import SetApart
from workers.runtime.clock import SystemClock
from workers.runtime.folder import FolderStore
from workers.runtime.ports import Ports
from workers.runtime.process import leave, run_worker
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.settings import load
from workers.runtime.stage import EventStage
from workers.runtime.topology import plan, subscriptions_of
from workers.runtime.worker import Worker

POISON = "kills its worker"


def handle(event: Event[MediaReceived], ports: Ports) -> Sequence[EventData]:
    if event.data.ticket == POISON:
        os._exit(134)
    (Path(sys.argv[2]) / event.id).touch()
    return ()


worker = Worker("ingestor", "fragile", {MediaReceived: handle}, emits=())
"""As the ingestor: it has the largest prefetch of all that handle events one by one."""


def main() -> None:
    settings = load({})
    ports: Any = SimpleNamespace(settings=settings, clock=SystemClock(), store=FolderStore(Path(sys.argv[2]) / "store"))
    stage = SetApart(EventStage(worker, cast("Ports", ports)), SystemClock())
    leave(
        run_worker(
            stage,
            subscriptions_of(worker, settings),
            RabbitBroker(sys.argv[1]),
            settings.queues.workers[worker.name],
            topology=plan([worker], settings),
        )
    )


if __name__ == "__main__":
    main()
