"""A process of its own for a worker: starts when the broker is there, stops when told, never hangs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event as Flag
from typing import Any

import pytest

from workers.runtime.broker import Outgoing, Subscription
from workers.runtime.memory import MemoryBroker
from workers.runtime.process import BROKEN, STOPPED, TRIPPED, Assignment, Running, declare_when_there, run_together
from workers.runtime.settings import QueueTuning
from workers.runtime.topology import Binding, Exchange, Queue, Topology

TOPOLOGY = Topology([Exchange("test")], [Queue("work", [Binding("test", "#")], delivery_limit=3)])
TUNING = QueueTuning(prefetch=1, threads=1, ladder=[], deadline_seconds=1)
MESSAGE = Outgoing("test", "key", b"{}", "1", "t", "c", 0)


class Quiet:
    max_batch = 1

    def __init__(self) -> None:
        self.seen = Flag()

    def run(self, deliveries: Any) -> Any:
        self.seen.set()
        return [() for _ in deliveries]

    def settled(self, deliveries: Any) -> None:
        pass


class Tripping(Quiet):
    def __init__(self) -> None:
        super().__init__()
        self.tripped = Flag()

    def run(self, deliveries: Any) -> Any:
        self.tripped.set()
        return super().run(deliveries)


class Unplugged(MemoryBroker):
    """Consuming breaks at once."""

    def consume(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("a bug")


class Late(MemoryBroker):
    """Comes up at the third attempt."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def declare(self, topology: Topology) -> None:
        self.calls += 1
        if self.calls < 3:
            raise ConnectionRefusedError("not yet")
        super().declare(topology)


def assignment(stage: Any) -> Assignment:
    return Assignment(stage, [Subscription("work", 1)], TUNING)


def test_stages_run_together_until_one_trips() -> None:
    """The others stop too, and the exit code says why."""
    broker, tripping = MemoryBroker(), Tripping()
    broker.declare(TOPOLOGY)
    broker.publisher().publish(MESSAGE)
    assert run_together([assignment(tripping)], broker, topology=TOPOLOGY) == TRIPPED


def test_a_broken_stage_ends_the_process() -> None:
    """A process is never half alive."""
    assert run_together([assignment(Quiet())], Unplugged(), topology=TOPOLOGY) == BROKEN


def test_stages_run_inside_a_context() -> None:
    """For the demo, which goes on after them."""
    broker, stage = MemoryBroker(), Quiet()
    broker.declare(TOPOLOGY)
    with Running([assignment(stage)], broker) as running:
        broker.publisher().publish(MESSAGE)
        assert stage.seen.wait(5)
    assert (running.exit_code, broker.depth("work")) == (STOPPED, 0)


def test_the_topology_is_declared_when_the_broker_is_there() -> None:
    """Containers start in any order."""
    broker = Late()
    assert declare_when_there(broker, TOPOLOGY, Flag()) is True
    assert broker.calls == 3


def test_a_stop_ends_the_wait_for_the_broker() -> None:
    """Without an error."""
    stop = Flag()
    stop.set()
    assert declare_when_there(Late(), TOPOLOGY, stop) is False


def test_a_bug_while_declaring_is_not_waited_for() -> None:
    """It would not pass."""

    class Wrong(MemoryBroker):
        def declare(self, topology: Topology) -> None:
            raise TypeError("a bug")

    with pytest.raises(TypeError):
        declare_when_there(Wrong(), TOPOLOGY, Flag())


PROCESS = """
import sys, time
from tests.unit.workers.runtime import test_process as here
from workers.runtime import process
from workers.runtime.memory import MemoryBroker

class Chatty(here.Quiet):
    def run(self, deliveries):
        print("busy", flush=True)
        time.sleep(float(sys.argv[1]))
        return super().run(deliveries)

class Stuck(MemoryBroker):
    def consume(self, *_, **__):
        print("busy", flush=True)
        time.sleep(60)

process.DEADLINE_SECONDS = 1.0
broker = Stuck() if sys.argv[2] == "stuck" else MemoryBroker()
broker.declare(here.TOPOLOGY)
broker.publisher().publish(here.MESSAGE)
one = here.assignment(Chatty())
process.leave(process.run_worker(one.stage, one.subscriptions, broker, one.tuning, topology=here.TOPOLOGY))
"""


def started(busy_seconds: float, broker: str) -> subprocess.Popen[str]:
    root = Path(__file__).parents[4]
    command = [sys.executable, "-c", PROCESS, str(busy_seconds), broker]
    process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, env=dict(os.environ))
    assert process.stdout
    while "busy" not in process.stdout.readline():
        assert process.poll() is None
    return process


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_0(number: int) -> None:
    """What is in hand is finished first."""
    with started(0.3, "memory") as process:
        process.send_signal(number)
        assert process.wait(10) == STOPPED


def test_a_process_that_cannot_stop_is_ended() -> None:
    """The hard deadline counts from the signal."""
    with started(0, "stuck") as process:
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == BROKEN
        assert time.monotonic() - asked < 8
