"""Execute a plan part by part, and say what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.delivery import DeliveryEvent, PartOutcome
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.media_fitted import MediaFitted, Part
from schemas.message import carry
from schemas.reason import Reason
from workers.beginning import NEVER_WROTE, has_begun
from workers.falling_back import fallbacks
from workers.runtime.outcome import Retry
from workers.runtime.ports import Ports
from workers.sending import UNKNOWN, InProgress, Sender, Sent

NOT_CONNECTED = Reason(
    code="channel_not_connected",
    sentence="This account is not connected to the channel any more; an administrator has to look.",
)


@dataclass(frozen=True, slots=True)
class Step:
    """`replaces` is the part in whose place this one leaves."""

    part: Part
    replaces: str | None = None


def execute(plan: MediaFitted, ports: Ports) -> list[DeliveryEvent]:
    """All of it; what has left already stays as it is."""
    return carry_out(plan, [Step(part) for part in plan.parts], ports)


def replace_part(plan: MediaFitted, part: Part, ports: Ports) -> list[DeliveryEvent]:
    """Only what leaves in the place of one part, if anything does."""
    steps = replacements(plan, part, ports)
    return carry_out(plan, steps, ports) if steps else []


def replacements(plan: MediaFitted, part: Part, ports: Ports) -> list[Step]:
    """What leaves in the place of one part when its files are not taken."""
    limits = ports.settings.limits_for(plan).outbound.for_plan()
    return [Step(one, replaces=part.id) for one in fallbacks(part, limits)]


def carry_out(plan: MediaFitted, steps: list[Step], ports: Ports) -> list[DeliveryEvent]:
    """Behind one that was not taken nothing leaves. Raises Retry, with the end that it would be."""
    account = ports.settings.connection(plan.account, plan.channel, plan.address)
    if account is None:
        return [_failed(plan, steps, [], NOT_CONNECTED)]
    if not has_begun(plan, ports.settings.limits_of(account).outbound, ports):
        return [_failed(plan, steps, [], NEVER_WROTE)]
    sender = Sender(plan, account, ports)
    done: list[PartOutcome] = []
    while len(done) < len(steps):
        step = steps[len(done)]
        try:
            sent = sender.send(step.part)
        except InProgress as later:
            later.ending = [_verdict(plan, steps, [*done, in_doubt(step.part, 0, UNKNOWN)])]
            raise
        except Retry as later:
            later.ending = [_failed(plan, steps, done, Reason(code=later.code, sentence=later.detail))]
            raise
        done.append(outcome_of(step, sent))
        instead = replacements(plan, step.part, ports) if sent.receipt.falls_back else []
        if sent.receipt.state != "accepted" and not instead:
            return [_verdict(plan, steps, done)]
        steps = [*steps[: len(done)], *instead, *steps[len(done) :]]
    return [carry(plan, DeliveryCompleted, parts=done)]


def outcome_of(step: Step, sent: Sent) -> PartOutcome:
    part, receipt = step.part, sent.receipt
    if receipt.state == "ambiguous":
        return in_doubt(part, sent.attempt, UNKNOWN, step.replaces)
    return PartOutcome(
        part=part.id,
        index=part.index,
        state=receipt.state,
        attempt=sent.attempt,
        external_id=receipt.external_id,
        accepted_at=sent.at if receipt.state == "accepted" else None,
        reason=receipt.reason,
        attachments=part.attachments,
        links=part.links,
        replaces=step.replaces,
    )


def in_doubt(part: Part, attempt: int, reason: Reason, replaces: str | None = None) -> PartOutcome:
    return PartOutcome(
        part=part.id,
        index=part.index,
        state="in_doubt",
        attempt=attempt,
        reason=reason,
        attachments=part.attachments,
        links=part.links,
        replaces=replaces,
    )


def _verdict(plan: MediaFitted, steps: Sequence[Step], done: Sequence[PartOutcome]) -> DeliveryEvent:
    """The last of `done` was not accepted: nothing after it leaves."""
    last = done[-1]
    reason = last.reason or Reason(code="provider_refused", sentence="The provider refused the message.")
    if last.state == "in_doubt":
        return carry(plan, DeliveryInDoubt, parts=_all_parts(steps, done), reason=reason)
    return _failed(plan, steps, done, reason)


def _failed(plan: MediaFitted, steps: Sequence[Step], done: Sequence[PartOutcome], reason: Reason) -> DeliveryFailed:
    return carry(plan, DeliveryFailed, parts=_all_parts(steps, done), reason=reason)


def _all_parts(steps: Sequence[Step], done: Sequence[PartOutcome]) -> list[PartOutcome]:
    return [*done, *(_not_sent(step) for step in steps[len(done) :])]


def _not_sent(step: Step) -> PartOutcome:
    part = step.part
    return PartOutcome(
        part=part.id,
        index=part.index,
        state="not_sent",
        attachments=part.attachments,
        links=part.links,
        replaces=step.replaces,
    )
