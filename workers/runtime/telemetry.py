"""
Logs: JSON lines on stderr, or readable lines when a person is watching.

Every line written during a delivery says which: the handler does not have to. What is declared secret (`SecretStr`
anywhere in the settings) never gets out, in whatever string it hides.
"""

import logging
import re
import sys
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias
from urllib.parse import unquote, urlsplit

import structlog
from pydantic import BaseModel, SecretStr

from workers.runtime.broker import Delivery

if TYPE_CHECKING:
    from schemas.event import AnyEvent

Line: TypeAlias = MutableMapping[str, Any]

REDACTED = "[redacted]"
MIN_SECRET_CHARS = 4
"""Shorter ones hide in ordinary words; nobody's secret is that short."""


class _Current:
    """What is being worked on in this context. Turned into fields only when somebody logs."""

    __slots__ = ("delivery", "event")

    def __init__(self, delivery: Delivery) -> None:
        self.delivery = delivery
        self.event: AnyEvent | None = None


_current: ContextVar[_Current | None] = ContextVar("delivery", default=None)


@contextmanager
def delivering(delivery: Delivery) -> Iterator[_Current]:
    """Every line logged inside bears the delivery's fields, and the event's once `.event` is set."""
    current = _Current(delivery)
    token = _current.set(current)
    try:
        yield current
    finally:
        _current.reset(token)


def add_delivery(_logger: object, _method: str, line: Line) -> Line:
    if current := _current.get():
        line.setdefault("queue", current.delivery.queue)
        line.setdefault("attempt", current.delivery.headers.get("x-attempt", 0))
        if current.event:
            line.setdefault("event_id", current.event.id)
            line.setdefault("event_type", current.event.data.event_type)
            line.setdefault("account", current.event.account)
            line.setdefault("correlation_id", current.event.correlation_id)
            line.setdefault("message", getattr(current.event.data, "message", None))
        else:
            line.setdefault("message_id", current.delivery.message_id)
    return line


class Redactor:
    """A structlog processor that blots out known secret values wherever they appear."""

    def __init__(self, secrets: Iterable[str]) -> None:
        known = sorted({one for one in secrets if len(one) >= MIN_SECRET_CHARS}, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, known))) if known else None

    def __call__(self, _logger: object, _method: str, line: Line) -> Line:
        return {str(self._clean(key)): self._clean(value) for key, value in line.items()} if self._pattern else line

    def _clean(self, value: object) -> object:
        if isinstance(value, bool | int | float | None):
            return value
        if isinstance(value, dict):
            return {str(self._clean(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(item) for item in value]
        assert self._pattern
        return self._pattern.sub(REDACTED, str(value))


def secrets_in(settings: object) -> set[str]:
    """Every `SecretStr` below; of a URL its password, as written and as meant."""
    if isinstance(settings, SecretStr):
        return _secret_parts(settings.get_secret_value())
    if isinstance(settings, BaseModel):
        return secrets_in({name: getattr(settings, name) for name in type(settings).model_fields})
    if isinstance(settings, dict):
        return set().union(*map(secrets_in, settings.values()))
    if isinstance(settings, list | tuple):
        return set().union(*map(secrets_in, settings))
    return set()


def _secret_parts(value: str) -> set[str]:
    if value.startswith("file:"):
        return set()
    if "://" not in value:
        entries = value.split(",")  # of media keys: `id:secret,id:secret`
        return {value, *entries, *(entry.partition(":")[2] for entry in entries)}
    password = urlsplit(value).password
    return {value, password, unquote(password)} if password else set()


def configure(level: str, secrets: Iterable[str] = (), *, stream: TextIO | None = None) -> None:
    """Set up all logging of this process; libraries that use `logging` come out the same way."""
    stream = stream or sys.stderr
    number = logging.getLevelNamesMapping()[level.upper()]
    first: list[Any] = [
        structlog.contextvars.merge_contextvars,
        add_delivery,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.UnicodeDecoder(),
        structlog.processors.format_exc_info,  # before the redactor: tracebacks hold secrets too
        Redactor(secrets),
    ]
    render = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if stream.isatty()
        else structlog.processors.JSONRenderer(default=repr)
    )
    structlog.configure(
        processors=[*first, render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(stream, max(number, logging.WARNING), first, render)


def _configure_libraries(stream: TextIO, level: int, first: list[Any], render: Any) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *first, render],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
