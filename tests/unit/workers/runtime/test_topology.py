"""Names and routes: what must exist for the workers, their retries and the record."""

from collections.abc import Sequence

import pytest

from schemas.attachments_announced import AttachmentsAnnounced
from schemas.event import AnyEvent, EventData
from schemas.media_stored import MediaStored
from schemas.reply_requested import ReplyRequested
from workers.runtime.broker import Outgoing, PublishFailed, Subscription
from workers.runtime.memory import MemoryBroker
from workers.runtime.ports import Ports
from workers.runtime.settings import load
from workers.runtime.topology import (
    ALONE_AFTER,
    DEAD,
    EVENTS,
    RECORD,
    REQUEUE,
    RETRY,
    UNROUTED_QUEUE,
    UPSTREAM,
    Binding,
    event_key,
    plan,
    queues_of,
    requeue_key,
    retry_key,
    retry_queue,
    subscriptions_of,
    tier,
    upstream_key,
)
from workers.runtime.worker import Worker

SETTINGS = load({})


def nothing(_event: AnyEvent, _ports: Ports) -> Sequence[EventData]:
    return ()


INGESTOR = Worker("ingestor", "ingest.<channel>", {ReplyRequested: nothing}, (), upstream=(ReplyRequested,))
FETCHER = Worker("fetcher", "fetch.<channel>", {AttachmentsAnnounced: nothing}, ())
THUMBNAILER = Worker("thumbnailer", "thumbnail.<lane>", {MediaStored: nothing}, ())
FITTER = Worker("fitter", "fit.<lane>", {MediaStored: nothing}, (), direction="outbound")
VALIDATOR = Worker("validator", "validate", {MediaStored: nothing}, ())
ALL = [INGESTOR, FETCHER, THUMBNAILER, FITTER, VALIDATOR]


def routed(exchange: str, routing_key: str) -> set[str]:
    """The queues that really get a message (from the memory broker; RabbitMQ routes alike)."""
    broker = MemoryBroker()
    topology = plan(ALL, SETTINGS)
    broker.declare(topology)
    try:
        broker.publisher().publish(Outgoing(exchange, routing_key, b"", "1", "", "", 0))
    except PublishFailed:
        return set()
    reached = {queue.name for queue in topology.queues if broker.depth(queue.name)}
    broker.close()
    return reached


@pytest.mark.parametrize(
    ("worker", "queues"),
    [
        (FETCHER, [f"fetch.{channel}" for channel in SETTINGS.channels]),
        (THUMBNAILER, ["thumbnail.light", "thumbnail.heavy"]),
        (VALIDATOR, ["validate"]),
    ],
)
def test_a_queue_family_has_a_member_for_each_channel_or_lane(worker: Worker, queues: list[str]) -> None:
    """Channels are the keys of channels.yaml: a sixth one needs no code here."""
    assert queues_of(worker, SETTINGS) == queues


def test_a_process_may_consume_one_channel_only() -> None:
    """`trombone worker fetcher --channel sms`."""
    assert subscriptions_of(FETCHER, SETTINGS, "sms") == [
        Subscription("fetch.sms", 8),
        Subscription("fetch.sms.alone", 1),
    ]


def test_a_worker_that_listens_to_upstream_also_takes_what_is_unrouted() -> None:
    """Somebody has to say why."""
    names = [one.queue for one in subscriptions_of(INGESTOR, SETTINGS)]
    own = [f"ingest.{channel}{which}" for channel in SETTINGS.channels for which in ("", ".alone")]
    assert names == [*own, UNROUTED_QUEUE]


@pytest.mark.parametrize(
    ("exchange", "key", "queues"),
    [
        (EVENTS, event_key("attachments_announced", 1, "inbound", "sms", "light"), {"fetch.sms", RECORD}),
        (EVENTS, event_key("attachments_announced", 9, "outbound", "webchat", "light"), {"fetch.webchat", RECORD}),
        (EVENTS, event_key("media_stored", 1, "inbound", "sms", "heavy"), {"thumbnail.heavy", "validate", RECORD}),
        (
            EVENTS,
            event_key("media_stored", 1, "outbound", "sms", "light"),
            {"thumbnail.light", "fit.light", "validate", RECORD},
        ),
        (EVENTS, event_key("delivery_completed", 1, "outbound", "sms", "light"), {RECORD}),
        (UPSTREAM, upstream_key("acme", "reply_requested", 1, "sms"), {"ingest.sms", RECORD}),
        (UPSTREAM, upstream_key("acme", "reply_requested", 1, "fax"), {UNROUTED_QUEUE}),
        (UPSTREAM, upstream_key("acme", "media_stored", 1, "sms"), {UNROUTED_QUEUE}),
        (UPSTREAM, upstream_key("a.b", "reply_requested", 1, "sms"), {UNROUTED_QUEUE}),
        (RETRY, retry_key(30, "fetch.sms"), {retry_queue(30), RECORD}),
        (RETRY, retry_key(31, "fetch.sms"), {RECORD}),
        (RETRY, retry_key(5, RECORD), {retry_queue(5)}),
        (REQUEUE, requeue_key("fetch.sms"), {"fetch.sms"}),
        (REQUEUE, requeue_key("fetch.sms.alone"), {"fetch.sms.alone"}),
        (REQUEUE, requeue_key("validate.alone"), {"validate.alone"}),
        (DEAD, "fetch.sms", {"fetch.sms.dead", RECORD}),
        (DEAD, UNROUTED_QUEUE, {"unrouted.dead", RECORD}),
        (DEAD, RECORD, {"record.dead"}),
        (DEAD, "no.such.queue", set()),
    ],
)
def test_a_message_reaches_these_queues_and_no_others(exchange: str, key: str, queues: set[str]) -> None:
    """The record sees all but its own retries and dead letters, which would multiply without end."""
    assert routed(exchange, key) == queues


@pytest.mark.parametrize("worker", ALL)
def test_every_work_queue_can_be_retried_and_dead_lettered(worker: Worker) -> None:
    """Delay queues let go to exactly this queue; the broker buries under its name."""
    queues = {queue.name: queue for queue in plan(ALL, SETTINGS).queues}
    for name in queues_of(worker, SETTINGS):
        assert Binding("trombone.requeue", f"*.{name}") in queues[name].bindings
        assert (queues[name].dead_letter_exchange, queues[name].dead_letter_routing_key) == (DEAD, name)
        assert queues[name].delivery_limit is None
        assert Binding(DEAD, name) in queues[f"{name}.dead"].bindings


@pytest.mark.parametrize("worker", ALL)
def test_the_limit_counts_only_where_a_message_is_alone(worker: Worker) -> None:
    """What its worker dies of costs no other its life; the letter lies where people look for it."""
    queues = {queue.name: queue for queue in plan(ALL, SETTINGS).queues}
    for name in queues_of(worker, SETTINGS):
        alone = queues[f"{name}.alone"]
        assert (alone.dead_letter_exchange, alone.dead_letter_routing_key) == (DEAD, name)
        assert alone.delivery_limit == SETTINGS.queues.delivery_limit - ALONE_AFTER


@pytest.mark.parametrize(("seconds", "name"), [(1, "1s"), (30.0, "30s"), (0.25, "250ms"), (1.5, "1500ms")])
def test_a_tier_is_one_word(seconds: float, name: str) -> None:
    """A dot would make it two words of the routing key, and the way back would be lost."""
    assert tier(seconds) == name


def test_no_pattern_has_its_many_words_in_the_middle() -> None:
    """kombu's memory transport does not take `a.#.b` for zero words."""
    patterns = [binding.routing_key for queue in plan(ALL, SETTINGS).queues for binding in queue.bindings]
    assert [pattern for pattern in patterns if "#" in pattern.removesuffix("#")] == []
