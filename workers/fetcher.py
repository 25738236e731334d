"""
Bring an announced file's bytes into quarantine.

consumes  attachments_announced
emits     media_received, media_rejected
"""

from collections.abc import Generator, Sequence
from hashlib import sha256
from uuid import uuid4

from ingest.incoming import Get, Got
from ingest.modules import ingest_module
from schemas import object_keys
from schemas.attachment import AnnouncedAttachment, ReceivedAttachment, Source, advance
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.event import Event, EventData
from schemas.media_received import MediaReceived
from schemas.media_rejected import MediaRejected
from schemas.message import MediaEvent, carry
from schemas.reason import Reason, Refused
from workers.refusing import nothing_left, rejection, sift
from workers.runtime.objects import Object, ObjectMissing
from workers.runtime.ports import Ports
from workers.runtime.workdir import workdir
from workers.runtime.worker import Worker


def fetch(event: Event[AttachmentsAnnounced], ports: Ports) -> Sequence[EventData]:
    media = event.data

    def bring(attachment: AnnouncedAttachment) -> ReceivedAttachment:
        if attachment.source.object_key:
            return uploaded(attachment, attachment.source.object_key, media, ports)
        return fetched_before(attachment, media, ports) or fetched(attachment, media, ports)

    passed, rejected = sift(media, media.attachments, bring)
    if nothing_left(rejected):
        return rejected
    return [*rejected, carry(media, MediaReceived, attachments=passed)]


def uploaded(attachment: AnnouncedAttachment, key: str, media: MediaEvent, ports: Ports) -> ReceivedAttachment:
    """An upload lies in quarantine already; it only has to be the account's own."""
    if not object_keys.is_upload_of(media.account, key):
        raise Refused(Reason(code="upload_not_yours", sentence="The file does not belong to this account."))
    try:
        return _received(attachment, ports.store.head(key), ports)
    except ObjectMissing:
        raise Refused(
            Reason(code="upload_gone", sentence="The uploaded file is no longer there. Please attach it again.")
        ) from None


def fetched_before(attachment: AnnouncedAttachment, media: MediaEvent, ports: Ports) -> ReceivedAttachment | None:
    """What an earlier attempt brought, if its event was lost: the same bytes again, not a second download."""
    prefix = object_keys.quarantine_prefix(media.account, media.conversation, attachment.id)
    for found in ports.store.list(prefix):
        return _received(attachment, ports.store.head(found.key), ports)
    return None


def fetched(attachment: AnnouncedAttachment, media: MediaEvent, ports: Ports) -> ReceivedAttachment:
    with workdir() as folder:
        got = ports.fetch.fetch(
            download(attachment.source, media, ports), folder / "file", max_bytes=max_bytes(media, ports)
        )
        with got.path.open("rb") as data:
            kept = ports.store.put(
                object_keys.quarantine(media.account, media.conversation, attachment.id, uuid4().hex),
                data,
                size_bytes=got.size_bytes,
                media_type=got.declared_media_type or "application/octet-stream",
                metadata={"sha256": got.sha256} | ({"file_name": got.file_name} if got.file_name else {}),
            )
    return _received(attachment, kept, ports)


def download(source: Source, media: MediaEvent, ports: Ports) -> Generator[Get, Got, Get]:
    """The channel knows how its provider hands out media; a URL that an upstream system gave is fetched plainly."""
    account = ports.settings.connection(media.account, media.channel, media.address)
    if media.direction == "inbound" and account:
        return ingest_module(media.channel, media.provider).download(source, account)
    return _plain(source)


def max_bytes(media: MediaEvent, ports: Ports) -> int:
    if media.direction == "outbound":
        return ports.settings.media.max_upload_bytes
    return ports.settings.limits(media.channel, media.provider).inbound.max_file_bytes.value


def digest(key: str, ports: Ports) -> str:
    """An upstream system may upload without telling a digest."""
    with ports.store.read(key) as chunks:
        summed = sha256()
        for chunk in chunks:
            summed.update(chunk)
    return summed.hexdigest()


def _plain(source: Source) -> Generator[Get, Got, Get]:
    yield from ()
    return Get(source.url or "")


def _received(attachment: AnnouncedAttachment, kept: Object, ports: Ports) -> ReceivedAttachment:
    return advance(
        attachment,
        ReceivedAttachment,
        object_key=kept.key,
        etag=kept.etag,
        size_bytes=kept.size_bytes,
        sha256=kept.metadata.get("sha256") or digest(kept.key, ports),
        file_name=attachment.file_name or kept.metadata.get("file_name"),
        declared_media_type=attachment.declared_media_type or kept.media_type,
    )


worker = Worker(
    name="fetcher",
    queues="fetch.<channel>",
    handlers={AttachmentsAnnounced: fetch},
    emits=(MediaReceived, MediaRejected),
    ending=rejection,
)
