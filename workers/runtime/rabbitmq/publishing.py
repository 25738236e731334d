"""Publishing from any thread: for doors, the command line and the sweep, which have no consume loop."""

import time
from collections.abc import Callable
from threading import Lock

from workers.runtime.broker import Outgoing, PublishFailed
from workers.runtime.rabbitmq.link import Link, LinkLost
from workers.runtime.rabbitmq.outbox import Outbox, Output
from workers.runtime.rabbitmq.wakeup import wait_for

STALE_SECONDS = 20.0
"""Nobody sends heartbeats between publishes, so a link that was idle for longer is replaced before it is trusted."""


class RabbitPublisher:
    """One thread publishes at a time; the messages of one call share the round trips."""

    def __init__(self, connect: Callable[[], Link], *, publish_seconds: float) -> None:
        self._connect = connect
        self._publish_seconds = publish_seconds
        self._lock = Lock()
        self._outbox: Outbox[None] = Outbox()
        self._used_at = 0.0

    def publish(self, *messages: Outgoing) -> None:
        deadline = time.monotonic() + self._publish_seconds
        if not self._lock.acquire(timeout=self._publish_seconds):
            raise PublishFailed("other threads kept the publisher busy")
        try:
            self._publish(messages, deadline)
        except PublishFailed:
            self._outbox.abandon()
            self._outbox.detach("given up")
            raise
        finally:
            self._used_at = time.monotonic()
            self._lock.release()

    def close(self) -> None:
        with self._lock:
            if self._outbox.link:
                self._outbox.link.close(1.0)
                self._outbox.link = None

    def _publish(self, messages: tuple[Outgoing, ...], deadline: float) -> None:
        if time.monotonic() - self._used_at > STALE_SECONDS:
            self._outbox.detach("idle")
        self._outbox.add([Output(message, None) for message in messages])
        while self._outbox:
            try:
                self._exchange(deadline)
            except LinkLost as lost:
                self._outbox.detach(str(lost))
        failures = [
            f"{output.message.message_id}: {output.failure}" for output in self._outbox.settled if output.failure
        ]
        self._outbox.settled.clear()
        if failures:
            raise PublishFailed(", ".join(failures))

    def _exchange(self, deadline: float) -> None:
        """Send what waits and read what the broker says, until all is settled."""
        link = self._outbox.link or self._open()
        self._outbox.send(time.monotonic())
        while self._outbox:
            patience = deadline - time.monotonic()
            if patience <= 0:
                raise PublishFailed("the broker has an alarm" if link.blocked else "no confirm in time")
            if wait_for({link.fileno(): link}, patience):
                link.read()
            self._outbox.send(time.monotonic())

    def _open(self) -> Link:
        """A broker that cannot be reached is known at once; waiting is the caller's decision."""
        try:
            link = self._connect()
            self._outbox.attach(link)
        except LinkLost as lost:
            raise PublishFailed(str(lost)) from lost
        return link
