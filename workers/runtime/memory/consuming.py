"""One call of `consume`: takes as much as the prefetch allows, settles everything it took, then returns."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Event as Flag
from threading import Lock

import structlog

from workers.runtime.broker import Delivery, Outgoing, Pauses, Stage, Subscription
from workers.runtime.memory.carrier import Carrier
from workers.runtime.memory.parcel import Parcel, parcel_of
from workers.runtime.rabbitmq.pool import Pool

log = structlog.get_logger()

IDLE_SECONDS = 0.1
"""How soon a stop is noticed; messages wake the loop at once."""
FINISH_SECONDS = 10.0
"""How long handlers may go on after a stop."""


@dataclass(frozen=True, slots=True, eq=False)
class Taken:
    queue: str
    parcel: Parcel
    delivery: Delivery


class Consumption:
    def __init__(
        self, carrier: Carrier, subscriptions: Sequence[Subscription], stage: Stage, *, threads: int, stop: Flag
    ) -> None:
        self._carrier = carrier
        self._subscriptions = subscriptions
        self._stage = stage
        self._paused = stage.paused if isinstance(stage, Pauses) else Flag()
        self._stop = stop
        self._lock = Lock()
        self._in_hand: set[Taken] = set()
        self._counts: Counter[str] = Counter()
        self._wake = carrier.listen()
        self._pool = Pool(self._work, threads=threads, max_batch=stage.max_batch, name="consumer")

    def run(self) -> None:
        try:
            while not self._stop.is_set():
                self._wake.clear()
                if self._paused.is_set() or not self._take_round():
                    self._wake.wait(IDLE_SECONDS)
            self._finish()
        finally:
            self._carrier.unlisten(self._wake)
            self._pool.close()

    def _take_round(self) -> bool:
        """One message of each queue that has one, so that a long queue does not hold up the others."""
        taken = [one for subscription in self._subscriptions if (one := self._take(subscription))]
        self._pool.put(taken)
        return bool(taken)

    def _take(self, subscription: Subscription) -> Taken | None:
        queue = subscription.queue
        with self._lock:
            if self._counts[queue] >= subscription.prefetch:
                return None
            parcel = self._carrier.take(queue)
            if parcel is None:
                return None
            taken = Taken(queue, parcel, parcel.delivery(queue))
            self._in_hand.add(taken)
            self._counts[queue] += 1
            return taken

    def _work(self, batch: list[Taken]) -> None:
        deliveries = [taken.delivery for taken in batch]
        try:
            outputs = self._stage.run(deliveries)
        except Exception:  # the port's promise: an exception requeues them
            log.exception("delivery.returned", queue=batch[0].queue)
            for taken in batch:
                self._return(taken)
            return
        acked = [taken for taken, messages in zip(batch, outputs, strict=True) if self._settle(taken, messages)]
        self._tell_settled([taken.delivery for taken in acked])

    def _settle(self, taken: Taken, messages: Sequence[Outgoing]) -> bool:
        with self._lock:
            if taken not in self._in_hand:
                return False
        try:
            for message in messages:
                self._carrier.publish(parcel_of(message))
        except Exception:  # as above
            log.exception("output.not_published", queue=taken.queue)
            self._return(taken)
            return False
        return self._let_loose(taken)

    def _tell_settled(self, deliveries: Sequence[Delivery]) -> None:
        if not deliveries:
            return
        try:
            self._stage.settled(deliveries)
        except Exception:
            log.exception("stage.settled_badly")

    def _return(self, taken: Taken) -> None:
        """A failure of ours or of the handler; after too many the message is a dead letter."""
        if not self._let_loose(taken):
            return
        parcel = replace(taken.parcel, returns=taken.parcel.returns + 1, redelivered=True)
        limit = self._carrier.delivery_limit(taken.queue)
        if limit is not None and parcel.returns > limit:
            self._carrier.bury(taken.queue, parcel)
        else:
            self._carrier.put_back(taken.queue, parcel)

    def _let_loose(self, taken: Taken) -> bool:
        """False: it was given back meanwhile, because the stop could not wait for this handler."""
        with self._lock:
            if taken not in self._in_hand:
                return False
            self._in_hand.remove(taken)
            self._counts[taken.queue] -= 1
        self._wake.set()
        return True

    def _finish(self) -> None:
        for taken in self._pool.withdraw():
            self._give_back(taken)
        deadline = time.monotonic() + FINISH_SECONDS
        while self._in_hand and (patience := deadline - time.monotonic()) > 0:
            self._wake.wait(min(patience, IDLE_SECONDS))
            self._wake.clear()
        for taken in list(self._in_hand):
            self._give_back(taken)

    def _give_back(self, taken: Taken) -> None:
        if self._let_loose(taken):
            self._carrier.put_back(taken.queue, replace(taken.parcel, redelivered=True))
