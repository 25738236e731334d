"""One dead letter: what it says about itself, and what it looks like when it is sent back."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self, TypeAlias

import msgspec
import pika

from schemas.decoders import decoder
from workers.runtime.letters import ATTEMPT, ERROR, ERROR_CODE, FIRST_SEEN, REASON, WAITS, WORKER

Got: TypeAlias = tuple[Any, pika.BasicProperties, bytes]
"""(Basic.GetOk, properties, body)"""

KEPT_AS = {
    ATTEMPT: "x-attempts-before",
    WAITS: "x-waits-before",
    FIRST_SEEN: "x-first-seen-before",
    "CC": "x-cc",
    "BCC": "x-bcc",
}
"""
Headers with an effect of their own, and the names under which a replay keeps them: the delay ladder begins anew, and
RabbitMQ would send copies wherever `CC` says (strangers can set that).
"""
COUNTED_BY_THE_BROKER = "x-delivery-count"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """
    `queue` is the work queue it died in. `reason` is the worker's code, or the broker's word (`delivery_limit`).

    `attempts` failed before it was given up. Times are None where nobody wrote them down.
    """

    queue: str
    message_id: str | None
    type: str | None
    correlation_id: str | None
    account: str | None
    reason: str | None
    error: str | None
    worker: str | None
    attempts: int
    first_seen_at: datetime | None
    died_at: datetime | None
    headers: Mapping[str, object]
    body: bytes

    @classmethod
    def read(cls, queue: str, properties: pika.BasicProperties, body: bytes) -> Self:
        """Raises nothing: strangers may have written all of it."""
        headers: Mapping[str, object] = properties.headers or {}
        return cls(
            queue=queue,
            message_id=properties.message_id,
            type=properties.type,
            correlation_id=properties.correlation_id,
            account=_account(body),
            reason=_first(headers, REASON, "x-first-death-reason"),
            error=_first(headers, ERROR, ERROR_CODE),
            worker=_first(headers, WORKER),
            attempts=_attempts(headers),
            first_seen_at=_moment(headers.get(FIRST_SEEN)),
            died_at=_last_death(headers) or _moment(properties.timestamp),
            headers=headers,
            body=body,
        )


def ready_to_replay(properties: pika.BasicProperties) -> pika.BasicProperties:
    """No header is lost: those that would have an effect are kept under another name, as they were the first time."""
    before = properties.headers or {}
    headers = {name: value for name, value in before.items() if name not in (*KEPT_AS, COUNTED_BY_THE_BROKER)}
    for name, kept in KEPT_AS.items():
        if name in before:
            headers.setdefault(kept, before[name])
    again = copy(properties)
    again.headers = headers
    return again


class _Envelope(msgspec.Struct):
    account: str | None = None


def _account(body: bytes) -> str | None:
    try:
        return decoder(_Envelope).decode(body).account
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _first(headers: Mapping[str, object], *names: str) -> str | None:
    return next((str(value) for name in names if (value := headers.get(name))), None)


def _attempts(headers: Mapping[str, object]) -> int:
    found = headers.get(ATTEMPT, 0)
    return found if isinstance(found, int) else 0


def _last_death(headers: Mapping[str, object]) -> datetime | None:
    """The broker's, when it was the broker that gave it up: no worker wrote a reason then."""
    deaths = headers.get("x-death")
    if headers.get(REASON) or not isinstance(deaths, list) or not deaths or not isinstance(deaths[0], dict):
        return None
    died_at = deaths[0].get("time")
    return died_at.replace(tzinfo=UTC) if isinstance(died_at, datetime) else None


def _moment(seconds: object) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, int) else None
    except (ValueError, OverflowError, OSError):
        return None
