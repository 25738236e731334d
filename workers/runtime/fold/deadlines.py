"""Until when the next step is due, and how often it has failed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workers.runtime.fold.entry import Entry
from workers.runtime.fold.marks import STEPS, Mark, targets


@dataclass(frozen=True, slots=True)
class Due:
    deadline_at: datetime
    attempts: int


def due(mark: Mark, target: str, entries: Sequence[Entry], seconds: Mapping[str, int]) -> Due | None:
    """None: nothing is owed. A retry puts the deadline off by its delay."""
    if mark.owes is None or mark.entry is None:
        return None
    allowed = timedelta(seconds=seconds[mark.owes])
    retries = [entry for entry in entries if _is_retry(entry, mark, target)]
    moments = [mark.entry.at, *(entry.at + timedelta(seconds=entry.delay_seconds) for entry in retries)]
    return Due(max(moments) + allowed, max((entry.attempt for entry in retries), default=0))


def _is_retry(entry: Entry, mark: Mark, target: str) -> bool:
    if entry.how != "retry" or entry.worker != mark.owes:
        return False
    step = STEPS.get(type(entry.event.data))
    return step is not None and step.rank == mark.rank and target in targets(entry)
