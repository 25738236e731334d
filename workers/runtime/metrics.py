"""
The state of the system as Prometheus reads it (text format 0.0.4,
prometheus.io/docs/instrumenting/exposition_formats, read 2026-11-22).

The books are read as the auditor keeps them; the broker is asked, and its silence is a metric too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from workers.runtime.books import Books
from workers.runtime.notices import Standing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COLUMNS = ("shown", "sent", "unconfirmed", "delivered", "refused", "failed", "in_doubt", "in_flight")
_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", '"': r"\""})

_NONE: Mapping[Standing, int] = {}

Sample = tuple[Mapping[str, str], int]


@dataclass(frozen=True, slots=True)
class QueueState:
    messages: int
    consumers: int
    dead_letters: int


def render(books: Books, queues: Mapping[str, QueueState] | None, webhooks: Mapping[Standing, int] = _NONE) -> str:
    """`queues` are the work queues; None: the broker does not answer. `webhooks`: conversations that wait for each."""
    broker = _metric("trombone_broker_up", "Whether the broker answers.", [({}, queues is not None)])
    return "".join([*_of_books(books), broker, *_of_queues(queues or {}), *_of_webhooks(webhooks)])


def _of_books(books: Books) -> Iterable[str]:
    pages = [
        ({"account": page.account, "channel": page.channel, "direction": page.direction}, page) for page in books.pages
    ]
    received = [(labels, page.received) for labels, page in pages]
    yield _metric("trombone_received_attachments", "Attachments that came in.", received)
    yield _metric(
        "trombone_attachments",
        "Where they have got to; with the overdue ones these add up to the received ones.",
        [(labels | {"state": name}, getattr(page, name)) for labels, page in pages for name in _COLUMNS],
    )
    yield _metric(
        "trombone_overdue_attachments",
        "Without an end after their deadline, by the worker that owes the next step. Alert above 0.",
        _overdue(books),
    )
    yield _metric("trombone_unpublished_payloads", "Came in, not published yet.", [({}, books.unpublished)])
    yield _metric("trombone_lost_payloads", "Dead letters of no message. Alert above 0.", [({}, books.lost_payloads)])


def _overdue(books: Books) -> Sequence[Sample]:
    """A zero is told as well: an alert on a metric that is not there never rings."""
    stages: Counter[str] = Counter()
    for one in books.open:
        stages[one.stage or "nobody"] += one.overdue
    stages["nobody"] += books.gap - stages.total()
    return [({"stage": stage}, count) for stage, count in sorted(stages.items())]


def _of_queues(queues: Mapping[str, QueueState]) -> Iterable[str]:
    for name, told in (
        ("messages", "Messages ready in a work queue."),
        ("consumers", "Workers at a work queue."),
        ("dead_letters", "Dead letters of a work queue. Alert above 0."),
    ):
        samples = [({"queue": queue}, getattr(state, name)) for queue, state in queues.items()]
        yield _metric(f"trombone_queue_{name}", told, samples)


def _of_webhooks(webhooks: Mapping[Standing, int]) -> Iterable[str]:
    if not webhooks:
        return
    for name, told, figure in (
        ("disabled", "Whether a webhook is switched off. Alert above 0.", lambda one: one.disabled_at is not None),
        ("failures", "Failures in a row.", lambda one: one.failures),
        ("given_up", "Notices that never passed.", lambda one: one.given_up),
        ("behind", "Conversations with something that was not taken yet.", webhooks.__getitem__),
    ):
        samples = [({"account": one.account, "webhook": one.webhook}, figure(one)) for one in webhooks]
        yield _metric(f"trombone_webhook_{name}", told, samples)


def _metric(name: str, told: str, samples: Sequence[Sample]) -> str:
    lines = [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_labels(labels)} {value:d}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{inside}}}" if inside else ""
