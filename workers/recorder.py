"""
Write everything that happens into the record: events, retries, dead letters, and what upstream systems sent.

It reads from the record's own queue, in batches; it emits nothing.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from threading import Event as Flag

import structlog

from schemas.codec import NewerVersion
from workers.runtime import letters
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

NAME = "recorder"
PATIENCE_SECONDS = 1200.0
"""So long a batch waits for the database, with all behind it in the queue; RabbitMQ gives up on us after 1800."""


class Recorder:
    """
    Implements `broker.Stage`. `workers` are those whose queues the record watches.

    `changed` hears of conversations that changed, once that is safe. `stop` ends the waiting for a database that is
    away. `tripped` is set when one after the other cannot be recorded: then it is us, and the rest stays in the queue.
    """

    def __init__(
        self,
        record: Record,
        settings: Settings,
        workers: Sequence[Worker],
        *,
        changed: Callable[[Sequence[Changed]], None] = lambda _: None,
        stop: Flag | None = None,
    ) -> None:
        tuning = settings.queues.workers
        self.max_batch = tuning[NAME].prefetch
        self.tripped = Flag()
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
        outputs: list[list[Outgoing]] = [[] for _ in deliveries]
        readable: dict[int, RecordedDelivery] = {}
        for number, delivery in enumerate(deliveries):
            try:
                readable[number] = self._reception.read(delivery)
            except NewerVersion as newer:
                outputs[number].append(self._wait_for_upgrade(delivery, newer))
                if outputs[number][0].exchange != RETRY:
                    readable[number] = self._reception.unreadable(delivery, newer)
        for number, error in self._write(readable).items():
            outputs[number].append(self._bury(deliveries[number], error))
        return outputs

    def settled(self, deliveries: Sequence[Delivery]) -> None:  # noqa: ARG002 - the news are the record's
        """Tell whoever follows a conversation; hearing it twice, or of more than these, does no harm."""
        if news := [self._news.popleft() for _ in range(len(self._news))]:
            self._changed(news)

    def _write(self, readable: Mapping[int, RecordedDelivery]) -> Mapping[int, Exception]:
        """All together; if that fails one by one, so that a guilty one takes no other with it."""
        try:
            self._commit(list(readable.values()))
        except DatabaseUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whichever it is, the innocent ones must be written
            log.warning("batch.split", error_type=type(error).__name__, size=len(readable))
            found = {number: self._failure(delivery) for number, delivery in readable.items()}
            return {number: failure for number, failure in found.items() if failure}
        return {}

    def _failure(self, delivery: RecordedDelivery) -> Exception | None:
        try:
            self._commit([delivery])
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

    def _commit(self, batch: Sequence[RecordedDelivery]) -> None:
        """Waits for the database: there is nothing better to do, and what waits behind is safe in its queue."""
        if not batch:
            return
        deadline = self._clock.monotonic() + PATIENCE_SECONDS
        changed = until_stopped(
            lambda: self._record.write(batch, self._deadlines),
            retry_on=lambda error: isinstance(error, DatabaseUnavailable) and self._clock.monotonic() < deadline,
            stop=self._stop,
            told=lambda error: log.warning("database.awaited", code=getattr(error, "code", None)),
        )
        self._news.extend(changed)
        self._failed_in_a_row = 0

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
