"""
What an operator does with dead letters: count, list, show, replay, purge. pika operates the broker.

A dead letter lies in `<queue>.dead`, with our headers and the broker's `x-death` on it. Looking takes it out and puts
it back, untouched.
"""

import ssl
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import pika
from kombu.utils.url import parse_url
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError, NackError, UnroutableError

from workers.runtime.topology import dead_queue

ANSWER_SECONDS = 10.0
RETURN_SECONDS = 2.0
ORDERED = 1000
"""What is put back lines up behind what was put back before: taking few would turn a short queue like a wheel."""
LEFT_BEHIND = ("x-attempt", "x-first-seen", "x-delivery-count", "CC", "BCC")
"""Headers a replay drops: the delay ladder begins anew, and RabbitMQ would send copies wherever `CC` says."""


Got: TypeAlias = tuple[Any, pika.BasicProperties, bytes]
"""(Basic.GetOk, properties, body)"""


class OperatorFailed(Exception):
    """Raised when the broker is away, has no such queue, or would not take a replayed message (which then stays)."""

    code = "operator_failed"
    retryable = True


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`queue` is the work queue it died in. `reason` is the worker's, or the broker's (`delivery_limit`)."""

    queue: str
    message_id: str | None
    type: str | None
    correlation_id: str | None
    reason: str | None
    headers: Mapping[str, object]
    body: bytes


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

    def list(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The oldest ones."""
        with self._looking(queue) as look:
            return [_read(queue, got) for got in look.take(max(limit, ORDERED))][:limit]

    def show(self, queue: str, message_id: str) -> DeadLetter | None:
        with self._looking(queue) as look:
            letters = [_read(queue, got) for got in look.take() if got[1].message_id == message_id]
            return letters[0] if letters else None

    def replay(self, queue: str, message_ids: Collection[str] | None = None) -> int:
        """
        Send dead letters (all, or those with these ids) back to the one queue they died in, each once; tells how many.

        Published and confirmed first, removed afterwards: a crash between the two doubles one message and loses none.
        What dies again meanwhile is not replayed again.
        """
        replayed = 0
        with self._looking(queue) as look:
            look.channel.confirm_delivery()
            for method, properties, body in look.take():
                if message_ids is None or properties.message_id in message_ids:
                    properties.headers = _without(properties.headers, LEFT_BEHIND)
                    look.channel.basic_publish("", queue, body, properties, mandatory=True)
                    look.remove(method.delivery_tag)
                    replayed += 1
        return replayed

    def purge(self, queue: str) -> int:
        """Throw all dead letters of a queue away; tells how many."""
        with self._channel() as channel:
            return int(channel.queue_purge(dead_queue(queue)).method.message_count)

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
            look = _Look(channel, dead_queue(queue))
            try:
                yield look
            finally:
                look.give_back()


class _Look:
    """Takes letters out and, unless they are removed, puts them back."""

    def __init__(self, channel: BlockingChannel, queue: str) -> None:
        self.channel = channel
        self._queue = queue
        self._held = 0

    def take(self, limit: int | None = None) -> Iterator[Got]:
        """What is in the queue now, oldest first; what comes later is left for the next look."""
        depth, _ = queue_state(self.channel, self._queue)
        for _ in range(depth if limit is None else min(limit, depth)):
            method, properties, body = self.channel.basic_get(self._queue)
            if method is None:
                return
            self._held += 1
            yield method, properties, body

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


def parameters(url: str) -> pika.ConnectionParameters:
    """The same URL means the same broker to kombu and to pika."""
    parts: dict[str, Any] = parse_url(url)
    tls = pika.SSLOptions(ssl.create_default_context(), parts["hostname"]) if url.startswith("amqps:") else None
    return pika.ConnectionParameters(
        host=parts["hostname"] or "localhost",
        port=parts["port"] or (5671 if tls else 5672),
        virtual_host=parts["virtual_host"] or "/",
        credentials=pika.PlainCredentials(parts["userid"] or "guest", parts["password"] or "guest"),
        ssl_options=tls,
        socket_timeout=ANSWER_SECONDS,
        stack_timeout=ANSWER_SECONDS,
        blocked_connection_timeout=ANSWER_SECONDS,
    )


@contextmanager
def told_plainly() -> Iterator[None]:
    """Every exception of pika as OperatorFailed: many of pika's print nothing but their name."""
    try:
        yield
    except UnroutableError as error:
        raise OperatorFailed("the queue it came from does not exist any more") from error
    except NackError as error:
        raise OperatorFailed("the queue it came from is full") from error
    except (AMQPError, OSError) as error:
        raise OperatorFailed(f"the broker does not answer or says no ({type(error).__name__}: {error})") from error


def queue_state(channel: BlockingChannel, queue: str) -> tuple[int, int]:
    """(messages ready, consumers)."""
    state = channel.queue_declare(queue, passive=True).method
    return state.message_count, state.consumer_count


def _read(queue: str, got: Got) -> DeadLetter:
    _, properties, body = got
    headers = properties.headers or {}
    return DeadLetter(
        queue=queue,
        message_id=properties.message_id,
        type=properties.type,
        correlation_id=properties.correlation_id,
        reason=str(headers.get("x-reason") or headers.get("x-first-death-reason") or "") or None,
        headers=headers,
        body=body,
    )


def _without(headers: Mapping[str, Any] | None, names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in (headers or {}).items() if name not in names}
