"""Replies on the bench: plans as the fitter freezes them, and what an agent or a provider says of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from schemas import identity, object_keys
from schemas.attachment import FittedAttachment
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.delivery_reported import DeliveryReported
from schemas.doubt_resolved import DoubtResolved
from schemas.media_fitted import MediaFitted, Part
from schemas.message import Reply, carry
from tests.workbench import ACCOUNT, LATER, Bench, bench, head
from workers.plan import Plan
from workers.runtime.exchange import Waits
from workers.runtime.http import HttpClient
from workers.runtime.ledger import PartName
from workers.runtime.memo import remember
from workers.runtime.settings import Settings

PHOTO = b"\xff\xd8\xff a photo"


@contextmanager
def sending_bench(tmp_path: Any, decoder: Any, used: Settings) -> Iterator[Bench]:
    """A bench whose client really sends, and is not patient."""
    made = bench(tmp_path, decoder, used)
    waits = Waits(connect_seconds=2, idle_seconds=1, total_seconds=2)
    made.client = HttpClient(used.endpoints.fetch_allow, waits=waits)
    try:
        yield made
    finally:
        made.database.close()


def plan(
    *texts: str | None,
    files: int = 0,
    expires_at: Any = LATER,
    requested_at: Any = None,
    message: str = "m1",
    falls_back: bool = False,
    **others: Any,
) -> MediaFitted:
    """One part per text; the files leave with the first."""
    reply = Reply(text="all", expires_at=expires_at, requested_at=requested_at)
    about = head("outbound", message=message, reply=reply, **others)
    attachments = [
        FittedAttachment(
            id=identity.attachment_id(message, index),
            index=index,
            count=files,
            file_name=f"{index}.jpg",
            object_key=object_keys.original(ACCOUNT, about["conversation"], sha256(PHOTO).hexdigest()),
            media_type="image/jpeg",
            size_bytes=len(PHOTO),
            sha256=sha256(PHOTO).hexdigest(),
        )
        for index in range(files)
    ]
    parts = [
        Part(
            id=identity.part_id(message, index),
            index=index,
            text=text,
            attachments=[one.id for one in attachments] if not index else [],
            falls_back=falls_back and not index,
        )
        for index, text in enumerate(texts)
    ]
    return MediaFitted(**about, attachments=attachments, parts=parts)


def frozen(on: Bench, media: MediaFitted) -> MediaFitted:
    """Keep the plan and its files where the fitter does."""
    for attachment in media.attachments:
        on.keep(attachment.object_key, PHOTO, "image/jpeg")
    key = object_keys.plan(media.account, media.conversation, media.message)
    remember(on.store, key, Plan(fitted=media, rejected=[]))
    return media


def announced(media: MediaFitted) -> AttachmentsAnnounced:
    """Its beginning: the reply has been requested, and nothing is ready."""
    return carry(media, AttachmentsAnnounced, attachments=[])


def name_of(media: MediaFitted, part: int = 0) -> PartName:
    return PartName(media.account, media.channel, media.conversation, media.message, media.parts[part].id)


def report(media: MediaFitted, status: str, external_id: str = "SM1", *, token: bool = True, **more: Any) -> Any:
    """What the provider says of the first part, with our token or without."""
    ours = {"conversation": media.conversation, "message": media.message, "part": media.parts[0].id} if token else {}
    return DeliveryReported(
        channel=media.channel,
        provider=media.provider,
        account=media.account,
        external_id=external_id,
        status=status,
        **ours,
        **more,
    )


def answer(media: MediaFitted, word: str, **more: Any) -> DoubtResolved:
    """An agent's."""
    said = {
        "channel": media.channel,
        "account": media.account,
        "conversation": media.conversation,
        "message": media.message,
        "part": media.parts[0].id,
    }
    return DoubtResolved(**said | more, answer=word)


def states(delivery: Any) -> list[str]:
    return [part.state for part in delivery.parts]
