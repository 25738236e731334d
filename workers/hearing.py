"""What is heard of a part after its send: from the provider, and from an agent where nobody else knows."""

from collections.abc import Sequence
from datetime import timedelta

from msgspec import structs

from deliver.outgoing import Receipt
from schemas import identity, object_keys
from schemas.delivery_reported import DeliveryReported
from schemas.doubt_resolved import DoubtResolved
from schemas.event import Event, EventData
from schemas.media_fitted import MediaFitted, Part
from workers.executing import execute, replace_part, replacements
from workers.plan import Plan
from workers.runtime.ledger import Claim, Doubt, PartName, Settled
from workers.runtime.memo import recall
from workers.runtime.outcome import Poison, Retry
from workers.runtime.ports import Ports

PART_UNKNOWN = "part_unknown"
HAS_IT = ("queued", "sent", "delivered", "read")
"""Statuses that prove that the provider took the part."""


def hear(event: Event[DeliveryReported], ports: Ports) -> Sequence[EventData]:
    """A report ends a doubt, and what waited behind the part leaves; files that did not get through leave as links."""
    report = event.data
    name = ports.ledger.find(report.account, report.channel, report.part, report.external_id)
    if name is None or report.conversation not in (None, name.conversation):
        return _unknown(report)
    receipt = _receipt(report)
    ended_a_doubt = receipt is not None and ports.ledger.resolve(name.part, receipt)
    plan = _plan(name, ports) if ended_a_doubt or report.falls_back else None
    if plan is None:
        return []
    if ended_a_doubt:
        return execute(plan, ports)
    part = next((one for one in plan.parts if one.id == name.part), None)
    return replace_part(plan, part, ports) if part else []


def resolve(event: Event[DoubtResolved], ports: Ports) -> Sequence[EventData]:
    """
    The agent's answer, and then the rest of the plan. The same answer twice is one, and one that comes too late none.

    Raises Poison for a part that is not in doubt because it does not exist.
    """
    answer = event.data
    name = PartName(answer.account, answer.channel, answer.conversation, answer.message, answer.part)
    plan = _plan(name, ports)
    part = _part_of(plan, name.part, ports) if plan else None
    if plan is None or part is None:
        raise Poison(PART_UNKNOWN, "no reply of this conversation has such a part")
    match answer.answer:
        case "arrived":
            _arrived(name, ports)
        case "send_again":
            ports.ledger.reopen(name.part, identity.root_id(event.account, event.source, event.id))
            plan = _fresh(plan, event, ports)
        case other:
            raise Poison("answer_unknown", f"{other} is no answer to a doubt")
    outcomes = execute(plan, ports)
    told = {one.part for outcome in outcomes for one in outcome.parts}
    return [*outcomes, *([] if name.part in told else replace_part(plan, part, ports))]


def _unknown(report: DeliveryReported) -> Sequence[EventData]:
    """Not ours, or the report was faster than the receipt: only where something hangs on it is that worth a wait."""
    if report.falls_back and report.part is None:
        raise Retry(PART_UNKNOWN, "no part is known under the provider's id, or not yet")
    return []


def _receipt(report: DeliveryReported) -> Receipt | None:
    if report.status in HAS_IT:
        return Receipt("accepted", external_id=report.external_id)
    if report.status == "failed":
        return Receipt("refused", report.external_id, report.reason, falls_back=report.falls_back)
    return None


def _arrived(name: PartName, ports: Ports) -> None:
    """A part that nobody could even claim is in doubt too."""
    standing = ports.ledger.claim(name, lease_seconds=ports.settings.endpoints.lease_seconds)
    match standing:
        case Claim():
            ports.ledger.settle(standing, Receipt("accepted"))
        case Doubt():
            ports.ledger.resolve(name.part, Receipt("accepted"))
        case Settled():
            return
        case _:
            raise Retry("send_in_progress", "Another attempt is being made.")


def _plan(name: PartName, ports: Ports) -> MediaFitted | None:
    """None: it was erased, or there never was one."""
    frozen = recall(ports.store, object_keys.plan(name.account, name.conversation, name.message), Plan)
    return frozen.fitted if frozen else None


def _part_of(plan: MediaFitted, name: str, ports: Ports) -> Part | None:
    """The part of this name, or in whose place the one of this name left."""
    for part in plan.parts:
        if name in (part.id, *(step.part.id for step in replacements(plan, part, ports))):
            return part
    return None


def _fresh(plan: MediaFitted, event: Event[DoubtResolved], ports: Ports) -> MediaFitted:
    """Who asks for it now wants it now, though the reply itself has expired meanwhile."""
    if plan.reply is None:
        return plan
    lives = timedelta(seconds=ports.settings.accounts[plan.account].reply_expires_after_seconds)
    expires_at = event.time + lives
    return structs.replace(plan, reply=structs.replace(plan.reply, expires_at=max(plan.reply.expires_at, expires_at)))
