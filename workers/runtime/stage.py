"""
The stage of a worker: delivery in, messages out. All three kinds of no end here, so a handler needs no try.

It never raises because of a message: a retry and a dead letter are messages to publish like any result.
"""

import time
from collections.abc import Sequence
from threading import Event as Flag
from threading import Lock

import structlog

from schemas.codec import PRODUCT, Codec, Unreadable
from schemas.event import AnyEvent, EventData
from schemas.lineage import follow
from schemas.reason import Reason, Refused
from workers.runtime import letters, telemetry
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.ladder import Ladder
from workers.runtime.letters import Case, Trail, trail_of
from workers.runtime.outcome import Poison, Retry, Wait
from workers.runtime.ports import Ports
from workers.runtime.reports import keep_report, origin_of
from workers.runtime.topology import EVENTS, UNROUTED_QUEUE, UPSTREAM
from workers.runtime.upstream import admit
from workers.runtime.verdict import as_retry, code_of
from workers.runtime.worker import Worker

log = structlog.get_logger()

POISON_IN_A_ROW = 20
"""So many dead letters without one success between them mean that we are broken, not they (a bad deploy)."""
PAUSE_SECONDS = 1.0
"""Handing deliveries back at once would use up the broker's delivery limit before the consumer has stopped."""


class Tripped(Exception):
    """Raised for every delivery once too many in a row were poison: they stay in the queue for a better deploy."""

    code = "stage_tripped"
    retryable = True


class EventStage:
    """
    Implements `broker.Stage` for one worker.

    `tripped` is set after POISON_IN_A_ROW dead letters without a success; whoever runs the stage stops it then.
    What upstream systems sent does not count: they must not be able to stop us.
    """

    max_batch = 1

    def __init__(self, worker: Worker, ports: Ports, *, codec: Codec = PRODUCT) -> None:
        queues = ports.settings.queues
        self.worker = worker
        self.tripped = Flag()
        self._ports = ports
        self._codec = codec
        self._ladder = Ladder(queues.workers[worker.name].ladder, queues.tiers)
        self._source = f"trombone/{worker.name}"
        self._poisoned = 0
        self._lock = Lock()

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        if self.tripped.is_set():
            time.sleep(PAUSE_SECONDS)
            raise Tripped(f"{POISON_IN_A_ROW} dead letters in a row")
        return [
            self._run_unrouted(delivery) if delivery.queue == UNROUTED_QUEUE else self._run_one(delivery)
            for delivery in deliveries
        ]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        """Nothing is left to say after the ack."""

    def _run_one(self, delivery: Delivery) -> Sequence[Outgoing]:
        with telemetry.delivering(delivery) as current:
            try:
                event = current.event = self._read(delivery)
                messages = self._emit(event, self._handle(event))
            except Exception as error:  # noqa: BLE001 - the runtime is where everything unforeseen ends
                return self._failed(delivery, current.event, error)
            self._poisoned = 0
            log.debug("delivery.completed", outputs=len(messages))
            return messages

    def _read(self, delivery: Delivery) -> AnyEvent:
        if delivery.exchange == EVENTS:
            return self._codec.decode(delivery.body)
        trail = trail_of(delivery, 0)
        event = self._codec.decode(delivery.body, outer=trail.is_upstream)
        if trail.is_upstream:
            admit(event, trail.routing_key, self.worker)
        return event

    def _handle(self, event: AnyEvent) -> Sequence[EventData]:
        handler = self.worker.handlers.get(type(event.data))
        if handler is None:
            raise Poison("not_consumed", f"{self.worker.name} does not consume {event.data.event_type}")
        try:
            return handler(event, self._ports)
        except Refused as refused:
            log.info("event.refused", code=refused.code)
            if self.worker.ending is None:
                raise Poison(refused.code, str(refused)) from refused
            return self.worker.ending(event, refused.reason, refused.attachment)

    def _emit(self, event: AnyEvent, outputs: Sequence[EventData]) -> Sequence[Outgoing]:
        for data in outputs:
            if type(data) not in self.worker.emits:
                raise Poison("emits_undeclared", f"{self.worker.name} does not declare {data.event_type}")
        events = follow(event, outputs, source=self._source, now=self._ports.clock.now())
        messages = [letters.event_message(one, self._codec) for one in events]
        for message in messages:
            log.debug("event.emitted", emitted_id=message.message_id, emitted_type=message.type)
        return messages

    def _run_unrouted(self, delivery: Delivery) -> Sequence[Outgoing]:
        """A dead letter with a reason; what an operator replays from there gets another chance to be routed."""
        with telemetry.delivering(delivery):
            case = self._case(delivery, None)
            if delivery.exchange != UPSTREAM:
                log.info("delivery.rerouted")
                return [letters.upstream_message(case)]
            return [self._bury(case, self._why_unrouted(case))]

    def _why_unrouted(self, case: Case) -> Exception:
        """What is wrong with the event itself, if anything, tells the sender more than that nobody wants it."""
        try:
            self._codec.decode(case.delivery.body, outer=True)
        except Unreadable as error:
            return error
        return Poison("unrouted", f"no worker consumes the routing key {case.trail.routing_key}")

    def _failed(self, delivery: Delivery, event: AnyEvent | None, error: Exception) -> Sequence[Outgoing]:
        case = self._case(delivery, event)
        retry = as_retry(error)
        if retry is None:
            return [self._bury(case, error)]
        if isinstance(retry, Wait):
            return self._wait(case, retry)
        delay = self._ladder.delay(case.trail.attempt, retry.after_seconds)
        if delay is None:
            return self._give_up(case, retry)
        log.info("delivery.retried", code=retry.code, delay_seconds=delay)
        return [letters.retry_message(case, delay=delay, code=retry.code, error=retry.detail)]

    def _wait(self, case: Case, wait: Wait) -> Sequence[Outgoing]:
        seconds = self._ladder.patience(case.trail.waits) if wait.after_seconds is None else wait.after_seconds
        delay = self._ladder.wait(seconds)
        log.info("delivery.held_back", code=wait.code, delay_seconds=delay)
        told = self._emit(case.event, wait.told) if case.event else ()
        return [*told, letters.wait_message(case, delay=delay, code=wait.code, error=wait.detail)]

    def _case(self, delivery: Delivery, event: AnyEvent | None) -> Case:
        now = int(self._ports.clock.now().timestamp())
        return Case(delivery, event, trail_of(delivery, now), now)

    def _give_up(self, case: Case, retry: Retry) -> Sequence[Outgoing]:
        """No try is left: a visible end where the worker knows one, else a dead letter."""
        if case.event is None:
            return [self._bury(case, retry)]
        try:
            messages = self._emit(case.event, self._ending(case.event, case.trail, retry))
        except Exception as error:  # noqa: BLE001 - as above
            return [self._bury(case, error)]
        log.warning("delivery.given_up", code=retry.code)
        return messages

    def _ending(self, event: AnyEvent, trail: Trail, retry: Retry) -> Sequence[EventData]:
        if retry.ending:
            return retry.ending
        if self.worker.ending is None:
            raise Poison("retries_exhausted", str(retry)) from retry
        sentence = f"This did not work out after {trail.attempt + 1} tries ({retry.code}). Please try it again later."
        return self.worker.ending(event, Reason(code=retry.code, sentence=sentence), None)

    def _bury(self, case: Case, error: Exception) -> Outgoing:
        if not case.trail.is_upstream:
            self._count_poison()
        report = keep_report(self._ports.store, case.event, error) if case.event else None
        log.error(
            "delivery.dead_lettered",
            code=code_of(error),
            error_type=type(error).__name__,
            origin=origin_of(error),
            report=report,
        )
        return letters.dead_message(case, worker=self.worker.name, code=code_of(error), error=str(error))

    def _count_poison(self) -> None:
        with self._lock:
            self._poisoned += 1
            if self._poisoned >= POISON_IN_A_ROW and not self.tripped.is_set():
                log.critical("stage.tripped", worker=self.worker.name, dead_letters=self._poisoned)
                self.tripped.set()
