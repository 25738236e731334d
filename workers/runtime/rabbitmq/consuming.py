"""
The consume loop. One thread owns both connections; handlers run beside it, and only this thread acks.

Consuming and publishing have a connection each: a broker with an alarm stops reading from whoever publishes, and acks
and heartbeats must not wait for that.
"""

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event as Flag

import structlog
from amqp.exceptions import NotFound

from workers.runtime.broker import Delivery, Outgoing, Pauses, Stage, Subscription
from workers.runtime.rabbitmq.declaring import TopologyRefused
from workers.runtime.rabbitmq.incoming import Incoming
from workers.runtime.rabbitmq.link import Link, LinkLost
from workers.runtime.rabbitmq.outbox import REFUSED, Outbox, Output
from workers.runtime.rabbitmq.patience import Patience
from workers.runtime.rabbitmq.pool import Pool
from workers.runtime.rabbitmq.unsettled import Taken
from workers.runtime.rabbitmq.wakeup import Wakeup

log = structlog.get_logger()

IDLE_SECONDS = 0.2
"""How long a quiet loop waits before it looks at the clock and the stop flag."""
REFUSED_PAUSE_SECONDS = 0.5
"""A full queue refuses; the output is kept and tried again, and prefetch makes the whole stage wait for it."""
RECONNECT_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
STEADY_SECONDS = 10.0
"""A connection that lived so long was a good one: the next reconnect starts without delay again."""


class Consumption:
    """One call of `Broker.consume`."""

    def __init__(  # noqa: PLR0913 - what one call of `consume` is told
        self,
        connect: Callable[[str], Link],
        subscriptions: Sequence[Subscription],
        stage: Stage,
        *,
        restore: Callable[[], None],
        threads: int,
        patience: Patience,
    ) -> None:
        """`restore` makes the queues anew when the broker has them no more; it raises LinkLost or TopologyRefused."""
        self._connect = connect
        self._restore = restore
        self._subscriptions = subscriptions
        self._stage = stage
        self._paused = stage.paused if isinstance(stage, Pauses) else Flag()
        self._patience = patience
        self._outbox: Outbox[Taken] = Outbox()
        self._publish_again_at = 0.0
        self._refused: list[Output[Taken]] = []
        self._retry_refused_at = 0.0
        self._done: list[Taken] = []
        self._finished: deque[tuple[list[Taken], Sequence[Sequence[Outgoing]] | None]] = deque()
        self._wakeup = Wakeup()
        self._handlers = Pool(self._run_stage, threads=threads, max_batch=stage.max_batch, name="handler")
        self._news = Pool(self._tell_settled, threads=1, max_batch=1, name="settled")

    def run(self, stop: Flag) -> None:
        losses = 0
        try:
            while not stop.is_set():
                opened_at = time.monotonic()
                try:
                    self._serve(Incoming(self._connect("consume"), self._subscriptions), stop)
                except LinkLost as lost:
                    losses = 0 if time.monotonic() - opened_at > STEADY_SECONDS else losses + 1
                    log.warning("connection.lost", purpose="consume", error=str(lost), losses=losses)
                    self._forget()
                    stop.wait(_pause(losses))
                    if isinstance(lost.__cause__, NotFound):
                        self._make_anew()
        finally:
            self._close()

    def _make_anew(self) -> None:
        try:
            self._restore()
        except (LinkLost, TopologyRefused) as error:
            log.warning("topology.not_restored", error=str(error))
        else:
            log.warning("topology.restored")

    def _serve(self, incoming: Incoming, stop: Flag) -> None:
        try:
            log.info("consuming.started", queues=[one.queue for one in self._subscriptions])
            while not stop.is_set():
                incoming.hold(held=self._paused.is_set())
                self._turn(incoming)
            self._finish(incoming)
        except LinkLost:
            incoming.link.drop()
            raise

    def _finish(self, incoming: Incoming) -> None:
        """Begin nothing new, let what is running end, and hand back the rest."""
        deadline = time.monotonic() + self._patience.finish
        incoming.cancel()
        incoming.requeue(self._handlers.withdraw())
        while incoming.unsettled and time.monotonic() < deadline:
            self._turn(incoming)
        log.info("consuming.stopped", given_back=len(incoming.unsettled))
        incoming.give_back()
        incoming.link.close(self._patience.goodbye)

    def _turn(self, incoming: Incoming) -> None:
        """What there is to do now, in the order that settles most."""
        publishing = self._outbox.link
        self._wakeup.arm()
        patience = 0.0 if self._finished or incoming.has_arrived else IDLE_SECONDS
        readable = self._wakeup.wait([incoming.link, publishing] if publishing else [incoming.link], patience)
        now = time.monotonic()
        if incoming.link in readable:
            incoming.link.read()
        if arrived := incoming.arrived():
            self._begin(incoming, arrived)
        self._collect(incoming)
        self._publish(now, readable=publishing in readable)
        self._settle(incoming, now)
        incoming.link.flush()
        incoming.link.beat(now)

    def _begin(self, incoming: Incoming, arrived: list[Taken]) -> None:
        if incoming.cancelled:
            incoming.requeue(arrived)
        else:
            self._handlers.put(arrived)

    def _collect(self, incoming: Incoming) -> None:
        """Results of handlers: outputs to publish, or nothing to say, or a crash."""
        while self._finished:
            batch, results = self._finished.popleft()
            if not incoming.owns(batch[0]):
                continue
            if results is None:
                incoming.requeue(batch)
                continue
            for taken, outputs in zip(batch, results, strict=True):
                taken.unconfirmed = len(outputs)
                self._outbox.add([Output(message, taken) for message in outputs])
                if not outputs:
                    self._done.append(taken)

    def _publish(self, now: float, *, readable: bool) -> None:
        """
        A publishing connection that dies is replaced; what it left unconfirmed goes out again, with the same ids.

        Opening one takes a moment, in which nothing is acked: it is opened for the first output, not before.
        """
        if self._refused and now >= self._retry_refused_at:
            self._outbox.add(self._refused)
            self._refused = []
        try:
            link = self._outbox.link
            if link is None:
                if not self._outbox or now < self._publish_again_at:
                    return
                link = self._connect("publish")
                self._outbox.attach(link)
            if readable:
                link.read()
            self._outbox.send(now)
            link.beat(now)
            if self._outbox.overdue(now, self._patience.confirm):
                raise LinkLost("no confirm in time")  # noqa: TRY301 - treated like any other loss
        except LinkLost as lost:
            log.warning("connection.lost", purpose="publish", error=str(lost), unconfirmed=len(self._outbox))
            self._outbox.detach(str(lost))
            self._publish_again_at = time.monotonic() + _pause(1)

    def _settle(self, incoming: Incoming, now: float) -> None:
        """Ack what is done: every output of it confirmed."""
        settled = self._outbox.settled
        while settled:
            output = settled.popleft()
            if output.failure is None:
                output.owner.unconfirmed -= 1
                if output.owner.unconfirmed == 0:
                    self._done.append(output.owner)
            else:
                self._fail(incoming, output, now)
        if self._done:
            done, self._done = self._done, []
            incoming.ack(done)
            incoming.link.flush()
            self._news.put([[taken.delivery for taken in done]])

    def _fail(self, incoming: Incoming, output: Output[Taken], now: float) -> None:
        message = output.message
        where = {"exchange": message.exchange, "routing_key": message.routing_key}
        if output.failure == REFUSED:
            if not self._refused:
                log.warning("output.refused", **where)
            output.failure = None
            self._refused.append(output)
            self._retry_refused_at = now + REFUSED_PAUSE_SECONDS
        else:
            log.error("output.failed", failure=output.failure, message_id=message.message_id, **where)
            incoming.requeue([output.owner])

    def _forget(self) -> None:
        """The consuming channel is gone, and the broker hands out its deliveries again."""
        self._handlers.withdraw()
        self._outbox.abandon()
        self._refused = []
        self._done = []

    def _close(self) -> None:
        self._handlers.close()
        if self._outbox.link:
            self._outbox.link.close(self._patience.goodbye)
        self._news.close(self._patience.goodbye)
        self._wakeup.close()

    def _run_stage(self, batch: list[Taken]) -> None:
        """On a thread of the pool."""
        results: Sequence[Sequence[Outgoing]] | None = None
        try:
            results = self._stage.run([taken.delivery for taken in batch])
            if len(results) != len(batch):
                raise ValueError(f"{len(results)} results for {len(batch)} deliveries")  # noqa: TRY301 - requeued like any crash
        except BaseException:  # these deliveries are requeued, and the thread lives on
            log.exception(
                "stage.crashed", queue=batch[0].delivery.queue, message_ids=[one.delivery.message_id for one in batch]
            )
            results = None
        self._finished.append((batch, results))
        self._wakeup.notify()

    def _tell_settled(self, news: list[Sequence[Delivery]]) -> None:
        """On a thread of its own: a slow live update holds up neither acks nor handlers."""
        for deliveries in news:
            try:
                self._stage.settled(deliveries)
            except Exception:
                log.exception("settled.crashed", deliveries=len(deliveries))


def _pause(losses: int) -> float:
    """Longer with every loss, and never the same for two workers that lost the same broker."""
    return RECONNECT_SECONDS[min(losses, len(RECONNECT_SECONDS) - 1)] * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load
