"""
Plan the provider messages of a reply, once, and make every file fit its channel.

consumes  media_stored
emits     media_fitted, media_rejected
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec import structs

from deliver.modules import deliver_module
from deliver.outgoing import Limits, PlannedFile, PlannedPart
from schemas import identity, object_keys
from schemas.attachment import FittedAttachment, StoredAttachment
from schemas.event import Event, EventData, Piece
from schemas.media_fitted import MediaFitted, Part
from schemas.media_rejected import MediaRejected
from schemas.media_stored import MediaStored
from schemas.message import Reply, carry
from workers.fitting import fitted
from workers.refusing import rejection, sift
from workers.runtime.memo import recall, remember
from workers.runtime.ports import Ports
from workers.runtime.worker import Worker


class Plan(Piece, frozen=True, kw_only=True):
    """The frozen result: retries and deploys execute it, they never make another."""

    fitted: MediaFitted | None
    rejected: list[MediaRejected]

    def events(self) -> list[EventData]:
        return [*self.rejected, *([self.fitted] if self.fitted else [])]


@dataclass
class Budget:
    """What the files of one provider message may weigh together, shared out as they are fitted."""

    remaining: int
    waiting: int

    def share(self, attachment: StoredAttachment) -> int:
        """Pictures share what is left; what cannot shrink may take all of it. Asked once for each file."""
        share = self.remaining // self.waiting if attachment.kind == "image" else self.remaining
        self.waiting -= 1
        return share

    def spend(self, size_bytes: int) -> None:
        self.remaining -= size_bytes


def fit(event: Event[MediaStored], ports: Ports) -> Sequence[EventData]:
    media = event.data
    key = object_keys.plan(media.account, media.conversation, media.message)
    plan = recall(ports.store, key, Plan) or remember(ports.store, key, planned(media, ports))
    return plan.events()


def planned(media: MediaStored, ports: Ports) -> Plan:
    reply = media.reply or Reply(expires_at=ports.clock.now())
    limits = ports.settings.limits(media.channel, media.provider).outbound.for_plan()
    files = [PlannedFile(one.id, one.detected_media_type, one.size_bytes) for one in media.attachments]
    parts = deliver_module(media.channel, media.provider).plan(reply, files, limits)
    budgets = budgets_of(parts, limits)

    def squeeze(attachment: StoredAttachment) -> FittedAttachment:
        budget = budgets[attachment.id]
        result = fitted(attachment, min(budget.share(attachment), limits.max_file_bytes), limits, ports)
        budget.spend(result.size_bytes)
        return result

    passed, rejected = sift(media, sorted(media.attachments, key=easiest_first), squeeze)
    frozen = frozen_parts(media.message, parts, {one.id for one in passed})
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
        for budget in [Budget(limits.max_message_bytes, len(part.attachments))]
        for attachment in part.attachments
    }


def easiest_first(attachment: StoredAttachment) -> tuple[bool, int]:
    """What cannot shrink takes its size first, then small pictures; what they leave is for the large ones."""
    return attachment.kind == "image", attachment.size_bytes


def by_index(attachment: FittedAttachment) -> int:
    return attachment.index


def frozen_parts(message: str, parts: Sequence[PlannedPart], passed: set[str]) -> list[Part]:
    kept = [(part.text, [one for one in part.attachments if one in passed]) for part in parts]
    return [
        Part(id=identity.part_id(message, index), index=index, text=text, attachments=attachments)
        for index, (text, attachments) in enumerate((text, files) for text, files in kept if text or files)
    ]


worker = Worker(
    name="fitter",
    queues="fit.<lane>",
    handlers={MediaStored: fit},
    emits=(MediaFitted, MediaRejected),
    ending=rejection,
    direction="outbound",
)
