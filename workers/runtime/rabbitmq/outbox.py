"""
Messages on their way out: many at once, each settled when the broker confirmed, returned or refused it.

A connection that dies takes nothing along: what it left unconfirmed goes out again on the next one, with the same ids.
"""

import struct
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Generic, TypeVar

from amqp import Message, spec
from amqp.exceptions import AMQPError

from workers.runtime.broker import Outgoing
from workers.runtime.rabbitmq.link import Link, LinkLost

APP_ID = "trombone"
PERSISTENT = 2
MAX_SENDINGS = 5
"""A message whose connection died this often right after it was sent may be the reason for it."""

UNROUTABLE = "unroutable"
REFUSED = "refused"
MISSING_EXCHANGE = "missing_exchange"
UNSENDABLE = "unsendable"

Owner = TypeVar("Owner")


@dataclass(slots=True, eq=False)
class Output(Generic[Owner]):
    """`owner` is whoever wants to know. `failure` is why it did not arrive, None when it was confirmed."""

    message: Outgoing
    owner: Owner
    failure: str | None = None
    sent_at: float = 0.0
    sendings: int = 0


class Outbox(Generic[Owner]):
    def __init__(self) -> None:
        self.link: Link | None = None
        self.settled: deque[Output[Owner]] = deque()
        self._waiting: deque[Output[Owner]] = deque()
        self._unconfirmed: dict[int, Output[Owner]] = {}
        self._sequence = 0
        self._was_blocked = False

    def __len__(self) -> int:
        return len(self._waiting) + len(self._unconfirmed)

    def add(self, outputs: Iterable[Output[Owner]]) -> None:
        self._waiting.extend(outputs)

    def attach(self, link: Link) -> None:
        """Publish over this link from now on; it waits for nothing any more."""
        link.call(link.channel.confirm_select)
        link.channel.events["basic_ack"].add(self._on_ack)
        link.channel.events["basic_nack"].add(self._on_nack)
        link.channel.events["basic_return"].add(self._on_return)
        link.unblock()
        self.link = link
        self._sequence = 0
        self._was_blocked = False

    def detach(self, reason: str) -> None:
        """The link is lost. What it left unconfirmed waits for the next one, before all else."""
        if self.link:
            self.link.drop()
        self.link = None
        left = list(self._unconfirmed.values())
        self._unconfirmed.clear()
        guilty_is_known = any(_missed(output, reason) for output in left)
        again = []
        for output in left:
            if guilty_is_known:
                output.sendings = 0
            if failure := output.failure or _blame(output, reason):
                self._settle(output, failure)
            else:
                again.append(output)
        self._waiting.extendleft(reversed(again))

    def abandon(self) -> None:
        """Nobody waits for these any more; confirms of what is out already are ignored."""
        self._waiting.clear()
        self._unconfirmed.clear()
        self.settled.clear()

    def send(self, now: float) -> None:
        """Write what waits, unless the broker has an alarm. Raises LinkLost."""
        link = self.link
        if link is None or link.blocked:
            self._was_blocked = link is not None
            return
        if self._was_blocked:
            self._was_blocked = False
            for output in self._unconfirmed.values():
                output.sent_at = now
        while self._waiting:
            self._send(link, self._waiting.popleft(), now)
        link.flush()

    def overdue(self, now: float, seconds: float) -> bool:
        """No confirm for the oldest in so long. While the broker has an alarm it owes us none."""
        if self._was_blocked:
            return False
        oldest = next(iter(self._unconfirmed.values()), None)
        return oldest is not None and now - oldest.sent_at > seconds

    def _send(self, link: Link, output: Output[Owner], now: float) -> None:
        message = output.message
        try:
            # Not basic_publish: it reads events before it writes, and so would call us back from in here.
            link.channel.send_method(
                spec.Basic.Publish, "Bssbb", (0, message.exchange, message.routing_key, True, False), _content(message)
            )
        except (AMQPError, struct.error, ValueError, TypeError) as error:
            # Raised before a byte is written: a key of more than 255 bytes, a header of a strange type.
            if link.channel.connection is None:
                self._waiting.appendleft(output)
                raise LinkLost(str(error)) from error
            self._settle(output, UNSENDABLE)
            return
        self._sequence += 1
        output.sent_at = now
        output.sendings += 1
        self._unconfirmed[self._sequence] = output

    def _settle(self, output: Output[Owner], failure: str | None) -> None:
        output.failure = output.failure or failure
        self.settled.append(output)

    def _on_ack(self, tag: int, multiple: bool) -> None:
        self._confirm(tag, multiple, None)

    def _on_nack(self, tag: int, multiple: bool) -> None:
        self._confirm(tag, multiple, REFUSED)

    def _confirm(self, tag: int, multiple: bool, failure: str | None) -> None:
        tags = list(takewhile(lambda sent: sent <= tag, self._unconfirmed)) if multiple else [tag]
        for sent in tags:
            output = self._unconfirmed.pop(sent, None)
            if output:
                self._settle(output, failure)

    def _on_return(self, _error: Any, exchange: str, routing_key: str, returned: Message) -> None:
        """A returned message is confirmed too, right after this: only the return tells that no queue has it."""
        place = (returned.properties.get("message_id"), exchange, routing_key)
        for output in self._unconfirmed.values():
            message = output.message
            if output.failure is None and (message.message_id, message.exchange, message.routing_key) == place:
                output.failure = UNROUTABLE
                return


def _content(message: Outgoing) -> Message:
    return Message(
        message.body,
        content_type=message.content_type,
        application_headers=dict(message.headers),
        delivery_mode=PERSISTENT,
        correlation_id=message.correlation_id,
        message_id=message.message_id,
        timestamp=message.timestamp,
        type=message.type,
        app_id=APP_ID,
    )


def _blame(output: Output[Any], reason: str) -> str | None:
    if _missed(output, reason):
        return MISSING_EXCHANGE
    return UNSENDABLE if output.sendings >= MAX_SENDINGS else None


def _missed(output: Output[Any], reason: str) -> bool:
    """Whether the channel was closed because of this output (`NOT_FOUND - no exchange 'x' in vhost '/'`)."""
    return f"no exchange '{output.message.exchange}'" in reason
