"""
Execute the plan of a delivery, part by part, each at most once.

consumes  media_fitted
emits     delivery_completed, delivery_failed, delivery_in_doubt
"""

from collections.abc import Sequence

from schemas.delivery import DeliveryEvent, PartOutcome
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.event import AnyEvent, Event, EventData
from schemas.media_fitted import MediaFitted, Part
from schemas.message import carry
from schemas.reason import Reason
from workers.runtime.outcome import Retry
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker
from workers.sending import UNKNOWN, InProgress, Sender, in_doubt

NOT_CONNECTED = Reason(
    code="channel_not_connected",
    sentence="This account is not connected to the channel any more; an administrator has to look.",
)


def deliver(event: Event[MediaFitted], ports: Ports) -> Sequence[EventData]:
    plan = event.data
    account = ports.settings.connection(plan.account, plan.channel, plan.address)
    if account is None:
        return [failed(plan, [], NOT_CONNECTED)]
    sender = Sender(plan, account, ports)
    done: list[PartOutcome] = []
    for part in plan.parts:
        try:
            outcome = sender.outcome(part)
        except InProgress as later:
            later.ending = [verdict(plan, [*done, in_doubt(part, 0, UNKNOWN)])]
            raise
        except Retry as later:
            later.ending = [failed(plan, done, Reason(code=later.code, sentence=later.detail))]
            raise
        done.append(outcome)
        if outcome.state != "accepted":
            return [verdict(plan, done)]
    return [carry(plan, DeliveryCompleted, parts=done)]


def verdict(plan: MediaFitted, done: Sequence[PartOutcome]) -> DeliveryEvent:
    """The last of `done` was not accepted: nothing after it leaves."""
    last = done[-1]
    reason = last.reason or Reason(code="provider_refused", sentence="The provider refused the message.")
    if last.state == "in_doubt":
        return carry(plan, DeliveryInDoubt, parts=all_parts(plan, done), reason=reason)
    return failed(plan, done, reason)


def failed(plan: MediaFitted, done: Sequence[PartOutcome], reason: Reason) -> DeliveryFailed:
    return carry(plan, DeliveryFailed, parts=all_parts(plan, done), reason=reason)


def all_parts(plan: MediaFitted, done: Sequence[PartOutcome]) -> list[PartOutcome]:
    return [*done, *(not_sent(part) for part in plan.parts[len(done) :])]


def not_sent(part: Part) -> PartOutcome:
    return PartOutcome(part=part.id, index=part.index, state="not_sent", attachments=part.attachments, links=part.links)


def give_up(event: AnyEvent, reason: Reason, guilty: str | None) -> Sequence[EventData]:  # noqa: ARG001
    """The ledger could not be asked for too long, so nobody knows what left: an agent has to look."""
    plan: MediaFitted = event.data
    return [carry(plan, DeliveryInDoubt, parts=[in_doubt(part, 0, reason) for part in plan.parts], reason=reason)]


worker = Worker(
    name="deliverer",
    queues="deliver.<channel>",
    handlers={MediaFitted: deliver},
    emits=(DeliveryCompleted, DeliveryFailed, DeliveryInDoubt),
    ending=give_up,
)
