"""
Write everything that happens into the record: events, retries, dead letters, and what upstream systems sent.

It reads from the record's own queue, in batches; it emits nothing. While its database is away it gives back what it
holds and takes nothing more.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import inf
from threading import Event as Flag
from threading import Thread
from typing import TypeVar

import structlog

from schemas.codec import NewerVersion
from workers.runtime import letters
from workers.runtime.apart import moved
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.ladder import Ladder
from workers.runtime.letters import Case, trail_of
from workers.runtime.record import Changed, Record, RecordedDelivery
from workers.runtime.record.reception import Reception
from workers.runtime.retrying import until_stopped
from workers.runtime.settings import Settings
from workers.runtime.stage import POISON_IN_A_ROW, Tripped
from workers.runtime.topology import RETRY
from workers.runtime.verdict import code_of
from workers.runtime.worker import Worker

log = structlog.get_logger()

T = TypeVar("T")

NAME = "recorder"
PATIENCE_SECONDS = 20.0
"""So long a batch is tried again. With the transaction that began last, nothing is held for longer than a minute."""


class Recorder:
    """
    Implements `broker.Stage`. `workers` are those whose queues the record watches.

    `changed` hears of conversations that changed, once that is safe. `stop` ends the waiting for a database that is
    away. `tripped` is set when one after the other cannot be recorded: then it is us, and the rest stays in the queue.
    `paused` is set while the database is away.
    """

    def __init__(  # noqa: PLR0913 - what a test sets, and what it cannot do without
        self,
        record: Record,
        settings: Settings,
        workers: Sequence[Worker],
        *,
        changed: Callable[[Sequence[Changed]], None] = lambda _: None,
        stop: Flag | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        tuning = settings.queues.workers
        self.max_batch = tuning[NAME].prefetch
        self.tripped = Flag()
        self.paused = Flag()
        self._patience_seconds = patience_seconds
        self._record = record
        self._clock = record.clock
        self._changed = changed
        self._stop = stop or Flag()
        self._reception = Reception(workers, settings, record.codec)
        self._deadlines = {name: one.deadline_seconds for name, one in tuning.items()}
        self._ladder = Ladder(tuning[NAME].ladder, settings.queues.tiers)
        self._news: deque[Changed] = deque()
        self._failed_in_a_row = 0

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        if self.tripped.is_set():
            raise Tripped(f"{POISON_IN_A_ROW} in a row could not be recorded")
        if not self.paused.is_set():
            try:
                return self._record_all(deliveries, self._clock.monotonic() + self._patience_seconds)
            except DatabaseUnavailable as away:
                self._pause(away)
        return [[moved(one, one.queue, self._clock)] for one in deliveries]

    def settled(self, deliveries: Sequence[Delivery]) -> None:  # noqa: ARG002 - the news are the record's
        """Tell whoever follows a conversation; hearing it twice, or of more than these, does no harm."""
        if news := [self._news.popleft() for _ in range(len(self._news))]:
            self._changed(news)

    def _record_all(self, deliveries: Sequence[Delivery], deadline: float) -> Sequence[Sequence[Outgoing]]:
        outputs: list[list[Outgoing]] = [[] for _ in deliveries]
        readable: dict[int, RecordedDelivery] = {}
        for number, delivery in enumerate(deliveries):
            try:
                readable[number] = self._reception.read(delivery)
            except NewerVersion as newer:
                outputs[number].append(self._wait_for_upgrade(delivery, newer))
                if outputs[number][0].exchange != RETRY:
                    readable[number] = self._reception.unreadable(delivery, newer)
        for number, error in self._write(readable, deadline).items():
            outputs[number].append(self._bury(deliveries[number], error))
        return outputs

    def _pause(self, away: DatabaseUnavailable) -> None:
        """Nothing more, please, until the database answers again."""
        log.error("recording.paused", code=away.code)
        self.paused.set()
        Thread(target=self._look_out, name="database-awaited", daemon=True).start()

    def _look_out(self) -> None:
        with suppress(DatabaseUnavailable):  # told to stop
            self._until_stopped(self._record.database.ask, deadline=inf)
            log.info("recording.resumed")
            self.paused.clear()

    def _write(self, readable: Mapping[int, RecordedDelivery], deadline: float) -> Mapping[int, Exception]:
        """All together; if that fails one by one, so that a guilty one takes no other with it."""
        try:
            self._commit(list(readable.values()), deadline)
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whichever it is, the innocent ones must be written
            log.warning("batch.split", error_type=type(error).__name__, size=len(readable))
            found = {number: self._failure(delivery, deadline) for number, delivery in readable.items()}
            return {number: failure for number, failure in found.items() if failure}
        return {}

    def _failure(self, delivery: RecordedDelivery, deadline: float) -> Exception | None:
        try:
            self._commit([delivery], deadline)
        except DatabaseUnavailable:
            raise
        except Exception as error:
            self._failed_in_a_row += 1
            if self._failed_in_a_row >= POISON_IN_A_ROW:
                log.critical("stage.tripped", worker=NAME, dead_letters=self._failed_in_a_row)
                self.tripped.set()
                raise Tripped(f"{POISON_IN_A_ROW} in a row could not be recorded") from error
            return error
        return None

    def _commit(self, batch: Sequence[RecordedDelivery], deadline: float) -> None:
        """A database that stumbles is waited for: most are back at once."""
        if not batch:
            return
        changed = self._until_stopped(lambda: self._record.write(batch, self._deadlines), deadline)
        self._news.extend(changed)
        self._failed_in_a_row = 0

    def _until_stopped(self, call: Callable[[], T], deadline: float) -> T:
        return until_stopped(
            call,
            retry_on=lambda error: isinstance(error, DatabaseUnavailable) and self._clock.monotonic() < deadline,
            stop=self._stop,
            told=lambda error: log.warning("database.awaited", code=getattr(error, "code", None)),
        )

    def _wait_for_upgrade(self, delivery: Delivery, newer: NewerVersion) -> Outgoing:
        case = self._case(delivery)
        delay = self._ladder.delay(case.trail.attempt)
        if delay is None:
            return self._bury(delivery, newer)
        return letters.retry_message(case, delay=delay, code=newer.code, error=newer.detail)

    def _bury(self, delivery: Delivery, error: Exception) -> Outgoing:
        log.error("delivery.dead_lettered", code=code_of(error), error_type=type(error).__name__)
        return letters.dead_message(self._case(delivery), worker=NAME, code=code_of(error), error=type(error).__name__)

    def _case(self, delivery: Delivery) -> Case:
        now = int(self._clock.now().timestamp())
        return Case(delivery, None, trail_of(delivery, now), now)
