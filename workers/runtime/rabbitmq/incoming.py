"""The consuming connection of a loop, and what it has brought and not settled yet."""

from collections.abc import Iterable, Mapping, Sequence

from amqp import spec

from workers.runtime.broker import Delivery, Subscription
from workers.runtime.rabbitmq.link import Link
from workers.runtime.rabbitmq.transport import Arrival
from workers.runtime.rabbitmq.unsettled import Taken, Unsettled

NO_HEADERS: Mapping[str, object] = {}


class Incoming:
    """
    Acks and requeues go out on the channel that the delivery came from, or not at all.

    Each subscription is a consumer with its own prefetch: a global one is refused by quorum queues (540).
    """

    def __init__(self, link: Link, subscriptions: Sequence[Subscription]) -> None:
        self.link = link
        self.unsettled = Unsettled()
        self.cancelled = False
        self.held = False
        self._channel = link.channel
        self._arrived: list[Taken] = []
        self._queues = {str(number): subscription.queue for number, subscription in enumerate(subscriptions)}
        self._channel.on_delivery = self._on_delivery
        for number, subscription in enumerate(subscriptions):
            link.call(self._channel.basic_qos, 0, subscription.prefetch, False)
            link.call(self._channel.basic_consume, subscription.queue, consumer_tag=str(number))
        link.unblock()

    @property
    def has_arrived(self) -> bool:
        """Deliveries come along with the answer to `consume` too, when there is nothing left to read."""
        return bool(self._arrived)

    def arrived(self) -> list[Taken]:
        """What came since the last call."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def owns(self, taken: Taken) -> bool:
        """A delivery of a lost channel is somebody else's by now."""
        return taken.channel is self.unsettled

    def ack(self, done: Iterable[Taken]) -> None:
        for tag, multiple in self.unsettled.settle(taken.tag for taken in done):
            self._channel.basic_ack(tag, multiple)

    def requeue(self, failed: Iterable[Taken]) -> None:
        """Back to the queue, with one delivery less to go before the broker's limit makes them dead letters."""
        for taken in failed:
            if self.owns(taken) and self.unsettled.remove(taken.tag):
                self._channel.basic_reject(taken.tag, requeue=True)

    def give_back(self) -> None:
        """All that is unsettled goes back to the queues; RabbitMQ 4.3 does not count a nack as a failed delivery."""
        if self.unsettled:
            self._channel.send_method(spec.Basic.Nack, "Lbb", (0, True, True))

    def cancel(self) -> None:
        """No more deliveries, please. The answer is not waited for: on a dead link it never comes."""
        self.cancelled = True
        for tag in self._queues:
            self._channel.basic_cancel(tag, nowait=True)

    def hold(self, *, held: bool) -> None:
        """No more deliveries until `held` is no longer so; what is on its way still arrives."""
        if held == self.held:
            return
        self.held = held
        for tag, queue in self._queues.items():
            if held:
                self._channel.basic_cancel(tag, nowait=True)
            else:
                self._channel.basic_consume(queue, consumer_tag=tag, nowait=True)

    def _on_delivery(self, arrival: Arrival) -> None:
        properties = arrival.message.properties
        delivery = Delivery(
            queue=self._queues[arrival.consumer],
            exchange=arrival.exchange,
            routing_key=arrival.routing_key,
            body=arrival.message.body or b"",
            message_id=properties.get("message_id"),
            headers=properties.get("application_headers") or NO_HEADERS,
            redelivered=arrival.redelivered,
        )
        taken = Taken(delivery, arrival.tag, self.unsettled)
        self.unsettled.add(taken)
        self._arrived.append(taken)
