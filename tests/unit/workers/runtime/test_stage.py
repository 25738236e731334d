"""What becomes of a delivery: result, refusal, retry, end or dead letter."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from schemas.codec import decode
from schemas.event import AnyEvent, EventData
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from schemas.message import carry
from schemas.reason import Reason, Refused
from schemas.reply_requested import ReplyRequested
from workers.runtime import stage as stage_module
from workers.runtime.broker import Delivery, Outgoing
from workers.runtime.folder import FolderStore
from workers.runtime.objects import StoreUnavailable
from workers.runtime.outcome import Poison, Retry, Wait
from workers.runtime.settings import load
from workers.runtime.stage import POISON_IN_A_ROW, EventStage, Tripped
from workers.runtime.telemetry import add_delivery
from workers.runtime.topology import DEAD, EVENTS, REQUEUE, RETRY, UNROUTED_QUEUE, UPSTREAM
from workers.runtime.worker import Worker

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[4] / "schemas"
RECEIVED = (EXAMPLES / "media_received/examples/v1/inbound-photo.json").read_bytes()
REPLY = (EXAMPLES / "reply_requested/examples/v1/smallest.json").read_bytes()
QUEUE = "validate"
LADDER = [1, 5, 30, 120]


class BrokenStore:
    def put(self, *_: object, **__: object) -> None:
        raise StoreUnavailable("down")


@dataclass
class Bench:
    """A stage around one handler, with a real store and a clock that stands."""

    handler: Any = lambda _event, _ports: ()
    ending: Any = None
    emits: tuple[type[EventData], ...] = (MediaRejected,)
    handles: type[EventData] = MediaReceived
    upstream: tuple[type[EventData], ...] = ()
    store: Any = field(default_factory=BrokenStore)

    def __post_init__(self) -> None:
        worker = Worker(
            "validator", QUEUE, {self.handles: self.handler}, self.emits, ending=self.ending, upstream=self.upstream
        )
        clock = SimpleNamespace(now=lambda: NOW)
        self.stage = EventStage(worker, SimpleNamespace(settings=load({}), clock=clock, store=self.store))

    def run(self, body: bytes = RECEIVED, **changes: Any) -> Sequence[Outgoing]:
        delivery = Delivery(QUEUE, EVENTS, "any.key", body, "message-1", {}, redelivered=False)
        return self.stage.run([replace(delivery, **changes)])[0]

    def only(self, body: bytes = RECEIVED, **changes: Any) -> Outgoing:
        (message,) = self.run(body, **changes)
        return message


def raising(error: Exception) -> Any:
    def handler(_event: AnyEvent, _ports: object) -> Sequence[EventData]:
        raise error

    return handler


def rejected(event: AnyEvent, reason: Reason, guilty: str | None) -> Sequence[EventData]:
    ticket = f"{reason.code} {guilty}"
    return [carry(event.data, MediaRejected, attachments=[], reason=reason, ticket=ticket)]


def test_a_result_is_published_under_the_key_of_its_event() -> None:
    """Ids, correlation and causation follow from the parent."""
    bench = Bench(lambda event, _: rejected(event, Reason(code="x", sentence="X."), None))
    message, parent = bench.only(), decode(RECEIVED)
    child = decode(message.body)
    assert (message.exchange, message.routing_key) == (EVENTS, "media_rejected.v1.inbound.sms.light")
    assert (message.message_id, message.type) == (child.id, "trombone.media_rejected.v1")
    assert (child.causation_id, child.correlation_id) == (parent.id, parent.correlation_id)
    assert (child.source, message.correlation_id) == ("trombone/validator", parent.correlation_id)


def test_a_redelivery_gives_the_same_message() -> None:
    """So that whoever gets it twice can tell."""
    bench = Bench(lambda event, _: rejected(event, Reason(code="x", sentence="X."), None))
    assert bench.run() == bench.run(redelivered=True)


def test_no_result_is_a_result() -> None:
    """A handler may have nothing to say."""
    assert Bench().run() == []


def test_a_refusal_becomes_the_workers_ending() -> None:
    """With its reason and the guilty attachment."""
    bench = Bench(raising(Refused(Reason(code="too_big", sentence="Too big."), "att-1")), rejected)
    data = decode(bench.only().body).data
    assert (data.reason.code, data.ticket) == ("too_big", "too_big att-1")


def test_a_refusal_without_an_ending_is_a_dead_letter() -> None:
    """It must not vanish."""
    message = Bench(raising(Refused(Reason(code="too_big", sentence="Too big.")))).only()
    assert (message.exchange, message.headers["x-reason"]) == (DEAD, "too_big")


@pytest.mark.parametrize("attempt", range(4))
def test_a_retry_takes_the_next_step_of_the_ladder(attempt: int) -> None:
    """The body is untouched; attempt, first time and error ride in the headers."""
    headers = {"x-attempt": attempt, "x-first-seen": 1_790_000_000, "x-first-exchange": EVENTS, "x-first-key": "a.b"}
    bench = Bench(raising(Retry("source_unavailable", "503")))
    message = bench.only(exchange=REQUEUE, headers=headers if attempt else {})
    assert (message.exchange, message.routing_key) == (RETRY, f"{LADDER[attempt]}s.{QUEUE}")
    assert (message.body, message.headers["x-attempt"]) == (RECEIVED, attempt + 1)
    assert message.headers["x-first-seen"] == (1_790_000_000 if attempt else int(NOW.timestamp()))
    assert (message.headers["x-error-code"], message.headers["x-error"]) == ("source_unavailable", "503")


@pytest.mark.parametrize(("asked", "given"), [(0.5, 1), (5, 5), (6, 30), (10_000, 120)])
def test_what_the_other_side_asked_for_decides_the_delay(asked: float, given: int) -> None:
    """The first tier that is not shorter, but never more than the ladder's largest."""
    message = Bench(raising(Retry("busy", "429", after_seconds=asked))).only()
    assert message.routing_key == f"{given}s.{QUEUE}"


@pytest.mark.parametrize(
    "error", [StoreUnavailable("down"), ConnectionResetError(), TimeoutError(), MemoryError(), OSError(28, "no space")]
)
def test_what_may_pass_by_itself_is_retried(error: Exception) -> None:
    """A store that is down and a full disk are no fault of the message."""
    assert Bench(raising(error)).only().exchange == RETRY


@pytest.mark.parametrize(("seconds", "given"), [(None, 1), (0.2, 1), (4.9, 1), (29, 5), (1e9, 600)])
def test_a_wait_never_overshoots(seconds: float | None, given: int) -> None:
    """It comes back early rather than late."""
    message = Bench(raising(Wait("waiting_its_turn", "m0 goes first", after_seconds=seconds))).only()
    assert (message.exchange, message.routing_key) == (RETRY, f"{given}s.{QUEUE}")


def test_a_wait_uses_up_no_attempt() -> None:
    """However often it comes, the ladder is still whole; how often stands in a header of its own."""
    headers = {"x-attempt": len(LADDER), "x-waits": 99, "x-first-exchange": EVENTS}
    message = Bench(raising(Wait("waiting_its_turn", "m0 goes first")), rejected).only(
        exchange=REQUEUE, headers=headers
    )
    assert message.exchange == RETRY
    assert (message.headers["x-attempt"], message.headers["x-waits"]) == (len(LADDER), 100)
    assert message.headers["x-error-code"] == "waiting_its_turn"


def test_what_need_not_wait_is_told_first() -> None:
    """It leaves with the message that comes back, whose delivery says it again under the same id."""
    told = [carry(decode(RECEIVED).data, MediaRejected, attachments=[], ticket="told")]
    first, later = Bench(raising(Wait("film_being_encoded", "its poster shows", told=told)), rejected).run()
    (again,) = Bench(lambda _event, _ports: told, rejected).run()
    assert (first.exchange, later.exchange) == (EVENTS, RETRY)
    assert (first.message_id, decode(first.body).data) == (again.message_id, told[0])


def test_a_used_up_ladder_ends_visibly() -> None:
    """The worker's ending speaks, with the code of what went wrong last."""
    bench = Bench(raising(Retry("source_unavailable", "503")), rejected)
    data = decode(bench.only(exchange=REQUEUE, headers={"x-attempt": len(LADDER)}).body).data
    assert (data.reason.code, data.ticket) == ("source_unavailable", "source_unavailable None")
    assert "5 tries" in data.reason.sentence


def test_a_retry_may_bring_its_own_end() -> None:
    """What it brings comes before the worker's ending."""
    own = [carry(decode(RECEIVED).data, MediaRejected, attachments=[], ticket="own")]
    bench = Bench(raising(Retry("x", "y", ending=own)), rejected)
    assert decode(bench.only(headers={"x-attempt": len(LADDER)}, exchange=REQUEUE).body).data.ticket == "own"


def test_a_used_up_ladder_without_an_ending_is_a_dead_letter() -> None:
    """With the last error in the header."""
    headers = {"x-attempt": len(LADDER)}
    message = Bench(raising(Retry("db", "down"))).only(exchange=REQUEUE, headers=headers)
    assert (message.exchange, message.headers["x-reason"]) == (DEAD, "retries_exhausted")
    assert message.headers["x-error"] == "retries_exhausted: db: down"


def test_an_unforeseen_error_is_a_dead_letter_with_its_traceback_in_the_store(tmp_path: Path) -> None:
    """The header is short, the full account has a place of its own."""
    store = FolderStore(tmp_path)
    message = Bench(raising(ValueError("boom")), store=store).only()
    assert (message.exchange, message.routing_key, message.body) == (DEAD, QUEUE, RECEIVED)
    assert message.headers == {
        "x-attempt": 0,
        "x-error": "boom",
        "x-first-exchange": EVENTS,
        "x-first-key": "any.key",
        "x-first-queue": QUEUE,
        "x-first-seen": int(NOW.timestamp()),
        "x-reason": "unforeseen",
        "x-worker": "validator",
    }
    with store.read(f"dead/acme/{decode(RECEIVED).id}.txt") as chunks:
        assert b"raise error\nValueError: boom" in b"".join(chunks)


def test_a_store_that_is_down_does_not_stop_the_dead_letter() -> None:
    """The default store of these tests is broken."""
    assert Bench(raising(ValueError("boom"))).only().exchange == DEAD


def test_headers_stay_small_whatever_the_error_says() -> None:
    """AMQP frames end at 128 KB; half a character and a lone surrogate are no trouble."""
    message = Bench(raising(Poison("long", "ä\udcff" * 100_000))).only(routing_key="k" * 1000, message_id="ü" * 1000)
    size = sum(len(name) + len(str(value).encode()) for name, value in message.headers.items())
    assert size < 16_384


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not_json"),
        (b"\xff\xfe", "not_json"),
        (b"[" * 100_000, "not_an_event"),
        (b"{}", "not_an_event"),
        (RECEIVED.replace(b"media_received", b"media_eaten"), "unknown_event"),
        (RECEIVED.replace(b'"inbound"', b'"sideways"'), "wrong_field"),
        (REPLY, "not_consumed"),
    ],
)
def test_what_cannot_be_read_is_a_dead_letter_with_a_stable_reason(body: bytes, reason: str) -> None:
    """Nothing else is disturbed."""
    message = Bench().only(body)
    assert (message.exchange, message.body, message.headers["x-reason"]) == (DEAD, body, reason)


def test_a_newer_version_waits_before_it_is_a_dead_letter() -> None:
    """A rolling upgrade may be under way."""
    body = RECEIVED.replace(b"media_received.v1", b"media_received.v2")
    waiting, dead = Bench().only(body), Bench().only(body, exchange=REQUEUE, headers={"x-attempt": len(LADDER)})
    assert (waiting.exchange, waiting.routing_key) == (RETRY, f"1s.{QUEUE}")
    assert (dead.exchange, dead.headers["x-reason"], dead.body) == (DEAD, "newer_version", body)


def test_an_undeclared_output_is_a_bug() -> None:
    """What a worker emits is part of the contract with the others."""
    bench = Bench(lambda event, _: [carry(event.data, MediaStored, attachments=[])])
    assert bench.only().headers["x-reason"] == "emits_undeclared"


def test_an_output_of_another_account_is_a_bug() -> None:
    """Nothing crosses from one tenant to another."""
    bench = Bench(lambda event, _: [carry(event.data, MediaRejected, attachments=[], account="other")])
    assert bench.only().headers["x-reason"] == "foreign_account"


def test_an_ending_that_fails_is_a_dead_letter() -> None:
    """Also when the ladder is used up."""
    bench = Bench(raising(Retry("x", "y")), raising_ending)
    assert bench.only(exchange=REQUEUE, headers={"x-attempt": 99}).headers["x-reason"] == "unforeseen"


def raising_ending(*_: object) -> Sequence[EventData]:
    raise KeyError("ending")


def upstream_bench(**changes: Any) -> Bench:
    return Bench(handles=ReplyRequested, upstream=(ReplyRequested,), **changes)


def test_upstream_systems_may_publish_what_the_worker_takes_from_them() -> None:
    """Under the key that names account, event and channel."""
    assert upstream_bench().run(REPLY, exchange=UPSTREAM, routing_key="acme.reply_requested.v1.webchat") == []


@pytest.mark.parametrize(
    ("key", "body", "reason"),
    [
        ("other.reply_requested.v1.webchat", REPLY, "account_mismatch"),
        ("nonsense", REPLY, "account_mismatch"),
        ("", REPLY, "account_mismatch"),
        ("acme.reply_requested.v1.sms", REPLY, "key_mismatch"),
        ("acme.message_received.v1.webchat", REPLY, "key_mismatch"),
        ("acme.media_received.v1.sms", RECEIVED, "wrong_field"),
        ("acme.reply_requested.v1.webchat", REPLY.replace(b'"id": "1"', b'"id": "1", "id": "2"'), "not_json"),
    ],
)
def test_upstream_systems_may_not_publish_anything_else(key: str, body: bytes, reason: str) -> None:
    """Another account's key, another event than the key says, one of our own events, duplicate keys."""
    message = upstream_bench().only(body, exchange=UPSTREAM, routing_key=key)
    assert (message.exchange, message.headers["x-reason"]) == (DEAD, reason)


def test_our_own_events_are_not_accepted_from_upstream() -> None:
    """Even when they look like a root."""
    bench = Bench(handles=ReplyRequested)
    message = bench.only(REPLY, exchange=UPSTREAM, routing_key="acme.reply_requested.v1.webchat")
    assert message.headers["x-reason"] == "event_not_accepted"


@pytest.mark.parametrize("trail", ["ours", "brokers"])
def test_what_came_from_upstream_is_checked_on_every_later_delivery(trail: str) -> None:
    """After a wait in the ladder or a replay it does not pass for one of our own."""
    key = "other.reply_requested.v1.webchat"
    death = {"queue": QUEUE, "reason": "delivery_limit", "exchange": UPSTREAM, "routing-keys": [key]}
    headers = {
        "ours": {"x-attempt": 1, "x-first-exchange": UPSTREAM, "x-first-key": key},
        "brokers": {"x-death": [death], "x-first-exchange": EVENTS, "x-first-key": "acme.reply_requested.v1.webchat"},
    }[trail]
    message = upstream_bench().only(REPLY, exchange="", routing_key=QUEUE, headers=headers)
    assert (message.exchange, message.headers["x-reason"]) == (DEAD, "account_mismatch")


def test_headers_made_up_by_upstream_systems_are_ignored() -> None:
    """They can neither use up the ladder nor pose as one of us."""
    headers = {"x-attempt": 99, "x-first-seen": 1, "x-first-exchange": EVENTS, "x-first-key": "k", "x-death": "?"}
    bench = upstream_bench(handler=raising(Retry("x", "y")))
    message = bench.only(REPLY, exchange=UPSTREAM, routing_key="acme.reply_requested.v1.webchat", headers=headers)
    assert (message.exchange, message.headers["x-attempt"]) == (RETRY, 1)
    assert (message.headers["x-first-exchange"], message.headers["x-first-seen"]) == (UPSTREAM, int(NOW.timestamp()))


@pytest.mark.parametrize(("body", "reason"), [(REPLY, "unrouted"), (b"?", "not_json")])
def test_what_nobody_consumes_is_a_dead_letter_with_a_reason(body: bytes, reason: str) -> None:
    """The fault in the event itself tells more than that nobody wants it."""
    message = upstream_bench().only(body, queue=UNROUTED_QUEUE, exchange=UPSTREAM, routing_key="acme.x.v1.fax")
    assert (message.exchange, message.routing_key) == (DEAD, UNROUTED_QUEUE)
    assert (message.headers["x-reason"], message.headers["x-first-key"]) == (reason, "acme.x.v1.fax")


def test_a_replayed_unrouted_message_is_routed_again() -> None:
    """Somebody may consume its key by now."""
    headers = {"x-first-exchange": UPSTREAM, "x-first-key": "acme.x.v1.fax"}
    message = upstream_bench().only(REPLY, queue=UNROUTED_QUEUE, exchange="", headers=headers)
    assert (message.exchange, message.routing_key, message.body) == (UPSTREAM, "acme.x.v1.fax", REPLY)


def test_too_much_poison_in_a_row_trips_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bad deploy must not drain a queue into the dead letters: what comes then stays in the queue."""
    monkeypatch.setattr(stage_module, "PAUSE_SECONDS", 0.01)
    bench = Bench(raising(ValueError("bad deploy")))
    for _ in range(POISON_IN_A_ROW):
        assert not bench.stage.tripped.is_set()
        bench.run()
    assert bench.stage.tripped.is_set()
    with pytest.raises(Tripped):
        bench.run()


def test_one_success_forgives_the_poison_before_it() -> None:
    """Single bad messages are ordinary."""
    bench = Bench()
    for number in range(POISON_IN_A_ROW * 3):
        bench.run(b"poison" if number % POISON_IN_A_ROW else RECEIVED)
    assert not bench.stage.tripped.is_set()


def test_upstream_systems_cannot_trip_the_stage() -> None:
    """What strangers send says nothing about us."""
    bench = upstream_bench()
    for _ in range(POISON_IN_A_ROW * 2):
        bench.run(b"poison", exchange=UPSTREAM, routing_key="acme.reply_requested.v1.webchat")
        bench.run(b"poison", exchange=UPSTREAM, queue=UNROUTED_QUEUE)
    assert not bench.stage.tripped.is_set()


def test_every_no_is_logged_without_customer_data() -> None:
    """Codes and places, never the text of an error."""
    secret = "+14155550123 wrote something"
    errors = [Refused(Reason(code="r", sentence=secret)), Retry("t", secret), ValueError(secret)]
    with capture_logs() as logs:
        for error in errors:
            Bench(raising(error), rejected).run()
    names = [line["event"] for line in logs if line["log_level"] in ("info", "error")]
    assert names == ["event.refused", "delivery.retried", "delivery.dead_lettered"]
    assert secret not in repr(logs)


def test_lines_logged_by_a_handler_know_their_delivery() -> None:
    """Correlation is bound by the runtime, not by each worker."""
    lines: list[dict[str, Any]] = []

    def handler(_event: AnyEvent, _ports: object) -> Sequence[EventData]:
        lines.append(dict(add_delivery(None, "info", {"event": "x"})))
        structlog.get_logger().debug("handler.spoke")
        return ()

    Bench(handler).run(headers={"x-attempt": 2}, exchange=REQUEUE)
    event = decode(RECEIVED)
    assert lines == [
        {
            "event": "x",
            "queue": QUEUE,
            "attempt": 2,
            "event_id": event.id,
            "event_type": "media_received",
            "account": "acme",
            "correlation_id": event.correlation_id,
            "message": event.data.message,
        }
    ]
    assert add_delivery(None, "info", {"event": "x"}) == {"event": "x"}
