"""What became of the parts of a delivery, from the plan, the deliverer's outcomes and the provider's reports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from schemas.delivery import DeliveryEvent, PartOutcome
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.delivery_reported import DeliveryReported
from schemas.media_fitted import MediaFitted
from schemas.reason import Reason
from workers.runtime.fold.entry import Entry
from workers.runtime.views import PartView

SENT = 4
_OUTCOMES = {
    "not_sent": (1, "failed"),
    "in_doubt": (2, "in_doubt"),
    "refused": (3, "failed"),
    "accepted": (SENT, "sent"),
    "unconfirmed": (5, "unconfirmed"),
}
_REPORTS = {
    "queued": (SENT, "sent"),
    "sent": (SENT, "sent"),
    "failed": (6, "failed"),
    "delivered": (7, "delivered"),
    "read": (8, "read"),
}
"""
An acceptance beats every failure of ours, and our impatience beats it; what the provider says of the end beats all
that, however late; delivered stays delivered.
"""

NOT_SENT = Reason(
    code="not_sent",
    sentence="This was not sent, because it is not known whether what comes before it has arrived.",
)


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody says of a part."""

    part: str
    rank: int
    state: str
    external_id: str | None = None
    attempt: int = 0
    accepted_at: datetime | None = None
    reported_at: datetime | None = None
    reason: Reason | None = None
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """`rank` 0: nothing is known but the plan. `sent_at`: since when the provider has it, as far as is known."""

    view: PartView
    rank: int
    sent_at: datetime | None = None


def parts_of(entries: Sequence[Entry]) -> list[Part]:
    """In their order. A report about a part that nobody has told us of yet waits in the record."""
    planned = _planned(entries)
    external_ids = {outcome.external_id: outcome.part for outcome in _outcomes(entries) if outcome.external_id}
    claims = [claim for entry in entries for claim in _claims(entry, external_ids)]
    return [
        _judged(view, [claim for claim in claims if claim.part == view.id])
        for view in sorted(planned.values(), key=lambda view: (view.index, view.replaces or "", view.id))
    ]


def counted(parts: Sequence[Part]) -> list[Part]:
    """Those that decide: a part in whose place another one left is only shown."""
    replaced = {part.view.replaces for part in parts}
    return [part for part in parts if part.view.id not in replaced]


def _planned(entries: Sequence[Entry]) -> dict[str, PartView]:
    found: dict[str, PartView] = {}
    for entry in entries:
        data = entry.event.data
        if isinstance(data, MediaFitted):
            for part in data.parts:
                found[part.id] = PartView(
                    id=part.id,
                    index=part.index,
                    state="planned",
                    text=part.text,
                    attachments=part.attachments,
                    links=part.links,
                )
    for outcome in _outcomes(entries):
        found.setdefault(
            outcome.part,
            PartView(
                id=outcome.part,
                index=outcome.index,
                state="planned",
                attachments=outcome.attachments,
                links=outcome.links,
                replaces=outcome.replaces,
            ),
        )
    return found


def _outcomes(entries: Sequence[Entry]) -> Iterator[PartOutcome]:
    for entry in entries:
        if isinstance(entry.event.data, DeliveryEvent):
            yield from entry.event.data.parts


def _claims(entry: Entry, external_ids: dict[str, str]) -> Iterator[Claim]:
    data = entry.event.data
    if isinstance(data, DeliveryEvent):
        yield from (_outcome(entry, data, outcome) for outcome in data.parts)
    elif isinstance(data, DeliveryReported) and data.status in _REPORTS:
        rank, state = _REPORTS[data.status]
        yield Claim(
            part=data.part or external_ids.get(data.external_id, ""),
            rank=rank,
            state=state,
            external_id=data.external_id,
            reported_at=data.occurred_at or entry.at,
            reason=data.reason,
            known_at=data.occurred_at or entry.at,
        )


def _outcome(entry: Entry, data: DeliveryEvent, outcome: PartOutcome) -> Claim:
    rank, state = _OUTCOMES.get(outcome.state, _OUTCOMES["in_doubt"])
    reason = outcome.reason
    if state != "sent" and reason is None:
        not_sent = isinstance(data, DeliveryInDoubt) and outcome.state == "not_sent"
        reason = NOT_SENT if not_sent else getattr(data, "reason", None)
    return Claim(
        part=outcome.part,
        rank=rank,
        state=state,
        external_id=outcome.external_id,
        attempt=outcome.attempt,
        accepted_at=outcome.accepted_at,
        reason=reason,
        known_at=outcome.accepted_at or entry.at,
    )


def _judged(view: PartView, claims: list[Claim]) -> Part:
    if not claims:
        return Part(view, 0)
    winner = max(claims, key=lambda claim: claim.rank)
    told = replace(
        view,
        state=winner.state,
        external_id=next((claim.external_id for claim in claims if claim.external_id), None),
        attempt=max(claim.attempt for claim in claims),
        accepted_at=next((claim.accepted_at for claim in claims if claim.accepted_at), None),
        reported_at=winner.reported_at,
        reason=winner.reason,
    )
    sent = [claim.known_at for claim in claims if claim.rank == SENT and claim.known_at]
    return Part(told, winner.rank, min(sent, default=None))
