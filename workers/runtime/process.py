"""
Run stages as a process: one worker (`trombone worker NAME`) or all of them on threads (`trombone all`).

SIGTERM and SIGINT stop it: nothing new is taken, what is in hand is finished or goes back, and the process is gone
within 15 seconds, whatever hangs.
"""

import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event as Flag
from threading import Thread, current_thread, main_thread
from typing import Protocol, Self, runtime_checkable

import structlog

from workers.runtime.broker import Broker, Stage, Subscription
from workers.runtime.retrying import until_stopped
from workers.runtime.settings import QueueTuning
from workers.runtime.topology import Topology
from workers.runtime.workdir import sweep_workdirs

log = structlog.get_logger()

STOPPED = 0
BROKEN = 1
TRIPPED = 3
"""Too many messages in a row were poison: restarting will not help, a better deploy will."""

DEADLINE_SECONDS = 15.0
LOOK_SECONDS = 0.5


@runtime_checkable
class Trips(Protocol):
    """A stage that can tell that it must be stopped."""

    tripped: Flag


@dataclass(frozen=True, slots=True)
class Assignment:
    """A stage, and what it consumes with how many threads."""

    stage: Stage
    subscriptions: Sequence[Subscription]
    tuning: QueueTuning


def run_worker(
    stage: Stage, subscriptions: Sequence[Subscription], broker: Broker, tuning: QueueTuning, *, topology: Topology
) -> int:
    """Run one stage until a signal or a fault stops it. Returns the exit code; pass it to `leave`."""
    return run_together([Assignment(stage, subscriptions, tuning)], broker, topology=topology)


def run_together(
    assignments: Sequence[Assignment], broker: Broker, *, topology: Topology, stop: Flag | None = None
) -> int:
    """Run many stages in this process until a signal, a fault or `stop` ends them. Returns the exit code."""
    stop = stop or Flag()
    with stop_on_signals(stop), hard_deadline(stop, DEADLINE_SECONDS):
        if not declare_when_there(broker, topology, stop):
            return STOPPED
        with Running(assignments, broker, stop) as running:
            running.wait()
        return running.exit_code


def leave(code: int) -> None:
    """End the process now; a handler that never returns (its delivery went back) does not keep it."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def declare_when_there(broker: Broker, topology: Topology, stop: Flag) -> bool:
    """Declare as soon as the broker answers. False: told to stop while still waiting."""
    try:
        until_stopped(
            lambda: broker.declare(topology),
            retry_on=lambda error: isinstance(error, OSError) or bool(getattr(error, "retryable", False)),
            stop=stop,
            told=lambda error: log.warning("broker.awaited", error=str(error)),
        )
    except Exception:
        if not stop.is_set():
            raise
        return False
    return True


class Running:
    """
    Stages at work on threads of their own, from entering until leaving the context.

    When one of them trips or its consuming breaks, all stop: a process is never half alive.
    """

    def __init__(self, assignments: Sequence[Assignment], broker: Broker, stop: Flag | None = None) -> None:
        self.stop = stop or Flag()
        self.exit_code = STOPPED
        self._broker = broker
        self._assignments = assignments
        self._threads = [Thread(target=self._consume, args=(one,), daemon=True) for one in assignments]

    def __enter__(self) -> Self:
        sweep_workdirs()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join()

    def wait(self) -> None:
        """Until stopped; looks after the stages meanwhile."""
        while not self.stop.wait(LOOK_SECONDS):
            if any(isinstance(one.stage, Trips) and one.stage.tripped.is_set() for one in self._assignments):
                self.exit_code = TRIPPED
                self.stop.set()

    def _consume(self, assignment: Assignment) -> None:
        queues = [subscription.queue for subscription in assignment.subscriptions]
        log.info("worker.started", queues=queues)
        try:
            self._broker.consume(
                assignment.subscriptions, assignment.stage, threads=assignment.tuning.threads, stop=self.stop
            )
        except Exception:
            log.exception("worker.broken", queues=queues)
        if not self.stop.is_set():
            self.exit_code = BROKEN
            self.stop.set()
        log.info("worker.stopped", queues=queues)


@contextmanager
def stop_on_signals(stop: Flag) -> Iterator[None]:
    """
    Set `stop` on SIGTERM and SIGINT, from a thread.

    A handler runs in the main thread between any two instructions; setting a flag there that the main thread is just
    looking at would wait for itself for ever.
    """
    if current_thread() is not main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGTERM, signal.SIGINT)}
    wakeup = signal.set_wakeup_fd(writer.fileno())
    Thread(target=_stop_when_told, args=(reader, stop), name="signals", daemon=True).start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        writer.close()


def _stop_when_told(reader: socket.socket, stop: Flag) -> None:
    """Ends with the other end of the pair. Other signals of the process write here too."""
    with reader:
        while told := reader.recv(1):
            if told[0] in (signal.SIGTERM, signal.SIGINT):
                log.info("process.stopping", signal=signal.Signals(told[0]).name)
                stop.set()


@contextmanager
def hard_deadline(stop: Flag, seconds: float) -> Iterator[None]:
    """End the process with code 1 when this context is not left so long after `stop`."""
    left = Flag()

    def watch() -> None:
        while not stop.wait(LOOK_SECONDS):
            if left.is_set():
                return
        if not left.wait(seconds):
            log.critical("process.overran", seconds=seconds)
            leave(BROKEN)

    Thread(target=watch, name="deadline", daemon=True).start()
    try:
        yield
    finally:
        left.set()
