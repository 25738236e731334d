"""
Plan the provider messages of a reply, once, and make every file fit its channel.

consumes  media_stored
emits     media_fitted, media_rejected
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from deliver.linking import LINK_CHARS
from deliver.modules import deliver_module
from deliver.outgoing import Limits, PlannedFile, PlannedPart
from deliver.splitting import size_of
from schemas import identity, object_keys
from schemas.attachment import FittedAttachment, StoredAttachment
from schemas.event import Event, EventData
from schemas.media_fitted import MediaFitted, Part
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from schemas.message import Reply, carry
from schemas.reason import Refused
from workers.fitting import as_it_is, budget_of, check_contact, fitted
from workers.plan import Plan
from workers.refusing import rejection, sift
from workers.runtime.memo import remember
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker

SHRINKABLE = ("image", "video", "audio")


@dataclass
class Budget:
    """What the files of one provider message may weigh together, shared out as they are fitted."""

    remaining: int
    waiting: int

    def share(self, attachment: StoredAttachment) -> int:
        """What can shrink shares what is left; what cannot may take all of it. Asked once for each file."""
        share = self.remaining // self.waiting if attachment.kind in SHRINKABLE else self.remaining
        self.waiting -= 1
        return share

    def spend(self, size_bytes: int) -> None:
        self.remaining -= size_bytes


def fit(event: Event[MediaStored], ports: Ports) -> Sequence[EventData]:
    """A repetition plans again, from files that were fitted already, and then goes by the first plan."""
    media = event.data
    key = object_keys.plan(media.account, media.conversation, media.message)
    plan = remember(ports.store, key, planned(media, ports))
    return plan.events()


def planned(media: MediaStored, ports: Ports) -> Plan:
    reply = media.reply or Reply(expires_at=ports.clock.now())
    limits = ports.settings.limits_for(media).outbound.for_plan()
    files = [PlannedFile(one.id, one.detected_media_type, one.size_bytes, one.kind) for one in media.attachments]
    parts = deliver_module(media.channel, media.provider).plan(reply, files, limits)
    budgets = budgets_of(parts, limits)

    linked: set[str] = set()

    def squeeze(attachment: StoredAttachment) -> FittedAttachment:
        budget = budgets[attachment.id]
        try:
            check_contact(media.contact, limits)
            result = fitted(attachment, budget.share(attachment), limits, ports)
        except Refused:
            if not limits.links:
                raise
            linked.add(attachment.id)
            return as_it_is(attachment)
        budget.spend(result.size_bytes)
        return result

    passed, rejected = sift(media, sorted(media.attachments, key=easiest_first), squeeze)
    frozen = frozen_parts(media.message, parts, {one.id for one in passed}, linked, limits)
    return Plan(fitted=plan_of(media, reply, passed, frozen) if frozen else None, rejected=rejected)


def plan_of(media: MediaStored, reply: Reply, passed: list[FittedAttachment], parts: list[Part]) -> MediaFitted:
    """From here on the words are in the parts; twice they could be too large for one event."""
    wordless = structs.replace(reply, text=None)
    return carry(media, MediaFitted, attachments=sorted(passed, key=by_index), parts=parts, reply=wordless)


def budgets_of(parts: Sequence[PlannedPart], limits: Limits) -> Mapping[str, Budget]:
    """The budget that each attachment shares with the others of its part."""
    return {
        attachment: budget
        for part in parts
        for budget in [Budget(budget_of(limits), len(part.attachments))]
        for attachment in part.attachments
    }


def easiest_first(attachment: StoredAttachment) -> tuple[bool, int]:
    """What cannot shrink takes its size first, then small pictures; what they leave is for the large ones."""
    return attachment.kind in SHRINKABLE, attachment.size_bytes


def by_index(attachment: FittedAttachment) -> int:
    return attachment.index


def frozen_parts(
    message: str, parts: Sequence[PlannedPart], passed: set[str], linked: set[str], limits: Limits
) -> list[Part]:
    """The plan with what became of the files: those that were refused are gone, those that cannot leave are links."""
    contents = [one for part in parts for one in contents_of(part, passed, linked, limits)]
    return [
        Part(
            id=identity.part_id(message, index),
            index=index,
            text=text,
            attachments=files,
            links=links,
            falls_back=bool(files) and limits.links,
        )
        for index, (text, files, links) in enumerate(contents)
    ]


Content: TypeAlias = tuple[str | None, list[str], list[str]]
"""Words, files and links of one provider message."""


def contents_of(part: PlannedPart, passed: set[str], linked: set[str], limits: Limits) -> list[Content]:
    """None when nothing is left; several when words and links, or the links themselves, need more room than one has."""
    files = [one for one in part.attachments if one in passed - linked]
    links = [one for one in part.attachments if one in passed & linked]
    room = limits.max_caption if files else limits.max_text
    taken = size_of(part.text or "", limits.text_unit)
    if taken + LINK_CHARS * len(links) <= room or not links:
        return [(part.text, files, links)] if part.text or files or links else []
    alone = [(part.text, files, list[str]())] if part.text or files else []
    each = max(1, limits.max_text // LINK_CHARS)
    return [*alone, *((None, [], links[start : start + each]) for start in range(0, len(links), each))]


worker = Worker(
    name="fitter",
    queues="fit.<lane>",
    handlers={MediaStored: fit},
    emits=(MediaFitted, MediaRejected),
    ending=rejection,
    direction="outbound",
)
