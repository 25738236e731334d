"""
Keep the books, and finish what nobody else finishes.

Every few seconds: events that came in but were not published, or led to nothing, are published again, and so is the
last event of every message whose next step is overdue. All have the same ids as before, so the stages do what is left
and nothing twice. What was sent and is without its receipt for too long is told as `delivery_unconfirmed`. What nobody
can want any more is deleted from quarantine by its age.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event as Flag

import structlog

from schemas.codec import Unreadable, Unwritable
from schemas.object_keys import QUARANTINE
from workers.runtime import books
from workers.runtime.books import Books
from workers.runtime.broker import Outgoing, Publisher, PublishFailed
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.intake import Entry, Intake
from workers.runtime.letters import event_message
from workers.runtime.objects import ObjectStore, StoreUnavailable
from workers.runtime.record import Record
from workers.runtime.settings import Settings
from workers.runtime.stores import reap
from workers.runtime.sweeping import Overdue, Sweeping
from workers.runtime.unconfirmed import unconfirmed

log = structlog.get_logger()

AT_ONCE = 100
AT_START = 10_000
LONGEST_PAUSE = timedelta(hours=1)
REAP_EVERY = timedelta(hours=1)
MAX_SWEEPS = 5
"""A payload that led to nothing so often has nothing in it for us (a provider's note about something else)."""


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was published again, and how many parts were told to be without their receipt."""

    intake: int
    messages: int
    unconfirmed: int = 0


class Auditor:
    def __init__(
        self, record: Record, intake: Intake, publisher: Publisher, store: ObjectStore, settings: Settings
    ) -> None:
        self._store = store
        self._keeps = timedelta(seconds=settings.media.quarantine_keeps_seconds)
        self._reap_at = record.clock.now()
        self._record = record
        self._intake = intake
        self._publisher = publisher
        self._sweeping = Sweeping(record.database)
        self._pause = timedelta(seconds=settings.endpoints.sweep_seconds)
        self._ingestor = timedelta(seconds=settings.queues.workers["ingestor"].deadline_seconds)

    def run(self, stop: Flag, *, at_start: bool = False) -> None:
        """
        Sweep and audit until told to stop. `at_start`: whatever was in flight has died with the process that held it
        (the memory broker), so all of it is swept first.
        """
        self._look(everything=at_start)
        while not stop.wait(self._pause.total_seconds()):
            self._look(everything=False)

    def audit(self) -> Books:
        """Count, keep the result, and say so aloud when something is missing."""
        counted = books.audit(self._record.database, self._record.clock)
        books.keep(self._record.database, counted)
        if counted.gap:
            log.error("books.gap_found", gap=counted.gap, unpublished=counted.unpublished)
        return counted

    def sweep(self, *, everything: bool = False) -> Swept:
        """Raises PublishFailed or DatabaseUnavailable; what was not published is found again the next time."""
        now = self._record.clock.now()
        return Swept(
            intake=self._sweep_intake(now, everything),
            messages=self._sweep_messages(now, everything),
            unconfirmed=self._tell_unconfirmed(now),
        )

    def reap(self) -> int:
        """Delete what lay in quarantine for so long that no ladder can want it any more; how many objects."""
        return reap(self._store, QUARANTINE, older_than=self._record.clock.now() - self._keeps)

    def _look(self, *, everything: bool) -> None:
        self._sweep_and_audit(everything=everything)
        if self._record.clock.now() >= self._reap_at:
            self._reap_at += REAP_EVERY
            self._reap()

    def _reap(self) -> None:
        try:
            if count := self.reap():
                log.info("quarantine.reaped", objects=count)
        except StoreUnavailable as error:
            log.warning("reaping.postponed", code=error.code)

    def _sweep_and_audit(self, *, everything: bool) -> None:
        try:
            swept = self.sweep(everything=everything)
            if swept.intake or swept.messages:
                log.warning("sweep.completed", intake=swept.intake, messages=swept.messages)
            if swept.unconfirmed:
                log.info("receipts.missed", parts=swept.unconfirmed)
            self.audit()
        except (PublishFailed, DatabaseUnavailable) as error:
            log.warning("sweep.postponed", code=error.code)

    def _sweep_intake(self, now: datetime, everything: bool) -> int:
        entries = self._intake.unfinished(now if everything else now - self._pause, AT_START if everything else AT_ONCE)
        done = self._sweeping.led_on([entry.id for entry in entries])
        count = 0
        for entry in entries:
            if entry.id in done or entry.sweeps >= MAX_SWEEPS:
                self._intake.finished(entry.id)
            elif entry.published_at is None or everything or self._is_due(entry, now):
                self._publisher.publish(*self._readable([entry.body]))
                self._intake.swept(entry.id)
                count += 1
        return count

    def _is_due(self, entry: Entry, now: datetime) -> bool:
        assert entry.published_at
        return now - entry.published_at >= self._ingestor * (1 << entry.sweeps)

    def _sweep_messages(self, now: datetime, everything: bool) -> int:
        overdue = self._sweeping.overdue(None if everything else now, AT_START if everything else AT_ONCE)
        due = [work for work in overdue if everything or self._may_be_swept(work, now)]
        for work in due:
            self._publisher.publish(*self._readable(work.bodies))
            self._sweeping.swept(work, now)
        return len(due)

    def _tell_unconfirmed(self, now: datetime) -> int:
        found = list(unconfirmed(self._record, now, AT_ONCE, source="trombone/auditor"))
        self._publisher.publish(*(event_message(event, self._record.codec) for event in found))
        return len(found)

    def _may_be_swept(self, work: Overdue, now: datetime) -> bool:
        if work.swept_at is None:
            return True
        return now - work.swept_at >= min(self._pause * (1 << min(work.sweeps, 16)), LONGEST_PAUSE)

    def _readable(self, bodies: Sequence[bytes]) -> Iterator[Outgoing]:
        """What a newer program wrote stays for it."""
        for body in bodies:
            try:
                yield event_message(self._record.codec.decode(body), self._record.codec)
            except (Unreadable, Unwritable) as error:
                log.warning("sweep.skipped", code=error.code)
