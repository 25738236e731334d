"""
What an operator does with dead letters: count, list, show, replay, purge. pika operates the broker.

A dead letter lies in `<queue>.dead`, with our headers and the broker's `x-death` on it. Looking takes it out and puts
it back, untouched.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

import pika
from pika.adapters.blocking_connection import BlockingChannel

from workers.runtime.dead_letter import DeadLetter, Got, ready_to_replay
from workers.runtime.operating import parameters, queue_state, told_plainly
from workers.runtime.topology import dead_queue

RETURN_SECONDS = 2.0
ORDERED = 1000
"""What is put back lines up behind what was put back before: taking few would turn a short queue like a wheel."""

Wanted = Callable[[DeadLetter], bool]


def everything(_: DeadLetter) -> bool:
    return True


class DeadLetters:
    def __init__(self, url: str) -> None:
        """Connects. Raises OperatorFailed."""
        with told_plainly():
            self._connection = pika.BlockingConnection(parameters(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection.is_open:
            self._connection.close()

    def depths(self, queues: Sequence[str]) -> dict[str, int]:
        """How many dead letters each work queue has."""
        with self._channel() as channel:
            return {queue: queue_state(channel, dead_queue(queue))[0] for queue in queues}

    def list(self, queue: str, wanted: Wanted = everything, limit: int = 100) -> list[DeadLetter]:
        """The oldest ones."""
        found: list[DeadLetter] = []
        with self._looking(queue) as look:
            for taken, (_, letter) in enumerate(look.take()):
                if taken >= ORDERED and len(found) >= limit:
                    break
                if wanted(letter):
                    found.append(letter)
        return found[:limit]

    def show(self, queue: str, message_id: str) -> DeadLetter | None:
        found = self.list(queue, lambda letter: letter.message_id == message_id, limit=1)
        return found[0] if found else None

    def replay(self, queue: str, wanted: Wanted = everything, *, per_second: float | None = None) -> int:
        """
        Send dead letters back to the one queue they died in, each once; tells how many.

        Published and confirmed first, removed afterwards: a crash between the two doubles one message and loses none.
        What dies again meanwhile is not replayed again.
        """
        replayed = 0
        with self._looking(queue) as look:
            look.channel.confirm_delivery()
            for (method, properties, body), letter in look.take():
                if not wanted(letter):
                    continue
                if replayed and per_second:
                    self._connection.sleep(1 / per_second)
                look.channel.basic_publish("", queue, body, ready_to_replay(properties), mandatory=True)
                look.remove(method.delivery_tag)
                replayed += 1
        return replayed

    def purge(self, queue: str, wanted: Wanted = everything) -> int:
        """Throw dead letters of a queue away; tells how many."""
        purged = 0
        with self._looking(queue) as look:
            for (method, _, _), letter in look.take():
                if wanted(letter):
                    look.remove(method.delivery_tag)
                    purged += 1
        return purged

    @contextmanager
    def _channel(self) -> Iterator[BlockingChannel]:
        with told_plainly():
            channel = self._connection.channel()
            try:
                yield channel
            finally:
                if channel.is_open:
                    channel.close()

    @contextmanager
    def _looking(self, queue: str) -> Iterator["_Look"]:
        with self._channel() as channel:
            look = _Look(channel, queue)
            try:
                yield look
            finally:
                look.give_back()


class _Look:
    """Takes letters out and, unless they are removed, puts them back."""

    def __init__(self, channel: BlockingChannel, queue: str) -> None:
        self.channel = channel
        self._work_queue = queue
        self._queue = dead_queue(queue)
        self._held = 0

    def take(self) -> Iterator[tuple[Got, DeadLetter]]:
        """What is in the queue now, oldest first; what comes later is left for the next look."""
        depth, _ = queue_state(self.channel, self._queue)
        for _ in range(depth):
            method, properties, body = self.channel.basic_get(self._queue)
            if method is None:
                return
            self._held += 1
            yield (method, properties, body), DeadLetter.read(self._work_queue, properties, body)

    def remove(self, delivery_tag: int) -> None:
        self.channel.basic_ack(delivery_tag)
        self._held -= 1

    def give_back(self) -> None:
        """The broker does not answer a nack: wait until the letters can be seen again, or the next look finds none."""
        if not self._held or not self.channel.is_open:
            return
        self.channel.basic_nack(0, multiple=True, requeue=True)
        deadline = time.monotonic() + RETURN_SECONDS
        while queue_state(self.channel, self._queue)[0] < self._held and time.monotonic() < deadline:
            self.channel.connection.sleep(RETURN_SECONDS / 100)
