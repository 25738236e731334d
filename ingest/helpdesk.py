"""
What upstream systems publish, completed: ids, provider, our address, and the announcement that the fetcher waits for.

Nothing that they claim about ids is believed, and no file outside their own account's uploads is reachable.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ingest.incoming import ChannelAccount
from schemas import identity, object_keys
from schemas.attachment import AnnouncedAttachment, RejectedAttachment, Source
from schemas.attachments_announced import AttachmentsAnnounced
from schemas.event import Event
from schemas.lineage import received_in
from schemas.media_rejected import MediaRejected
from schemas.message import Reply
from schemas.message_received import FileAnnounced, FileMissing, MessageReceived
from schemas.reason import Reason, Refused
from schemas.reply_requested import ReplyRequested


def announced_message(event: Event[MessageReceived], provider: str) -> list[AttachmentsAnnounced | MediaRejected]:
    """
    One event per file, then one per file that nobody can have; a message without files still announces an empty list.

    Raises Refused.
    """
    message = event.data
    message_id = identity.inbound_message_id(message.account, message.channel, message.external_id)
    count = len(message.files) + len(message.missing)
    about: dict[str, Any] = {
        "direction": "inbound",
        "channel": message.channel,
        "provider": provider,
        "account": message.account,
        "address": message.address,
        "contact": message.contact,
        "conversation": received_in(event),
        "message": message_id,
        "ticket": message.ticket,
    }
    attachments = _attachments(message.account, message_id, message.files, count)
    missing = [_missing(message_id, index, count, one) for index, one in enumerate(message.missing, len(attachments))]
    announced = [[one] for one in attachments] or ([] if missing else [[]])
    return [
        *(AttachmentsAnnounced(**about, attachments=some) for some in announced),
        *(MediaRejected(**about, attachments=[one]) for one in missing),
    ]


def _missing(message: str, index: int, count: int, file: FileMissing) -> RejectedAttachment:
    return RejectedAttachment(
        id=identity.attachment_id(message, index),
        index=index,
        count=count,
        file_name=file.file_name,
        declared_media_type=file.declared_media_type,
        role=file.role,
        reason=file.reason,
    )


def announced_reply(
    event: Event[ReplyRequested], connection: ChannelAccount, expires_after_seconds: int
) -> list[AttachmentsAnnounced]:
    """The whole reply in one event, from the connection's address. Raises Refused."""
    request = event.data
    if not request.text and not request.files:
        raise Refused(Reason(code="reply_empty", sentence="The reply has neither text nor files."))
    message = reply_id(event)
    return [
        AttachmentsAnnounced(
            direction="outbound",
            channel=request.channel,
            provider=connection.provider,
            account=request.account,
            address=connection.address,
            contact=request.contact,
            conversation=identity.conversation_id(
                request.account, request.channel, connection.address, request.contact
            ),
            message=message,
            ticket=request.ticket,
            reply=Reply(
                text=request.text or None,
                subject=request.subject,
                in_reply_to=request.in_reply_to,
                expires_at=request.expires_at or event.time + timedelta(seconds=expires_after_seconds),
                requested_at=event.time,
                send_what_fits=request.send_what_fits,
            ),
            attachments=_attachments(request.account, message, request.files, len(request.files)),
        )
    ]


def unannounced_reply(event: Event[ReplyRequested], reason: Reason) -> list[MediaRejected]:
    """The end of a reply that cannot even be announced; what it did not say of our side stays unknown."""
    request = event.data
    message = reply_id(event)
    address = request.address or "unknown"
    return [
        MediaRejected(
            direction="outbound",
            channel=request.channel,
            provider=request.provider or "unknown",
            account=request.account,
            address=address,
            contact=request.contact,
            conversation=identity.conversation_id(request.account, request.channel, address, request.contact),
            message=message,
            ticket=request.ticket,
            attachments=[
                RejectedAttachment(
                    id=identity.attachment_id(message, index),
                    index=index,
                    count=len(request.files),
                    file_name=file.file_name,
                    declared_media_type=file.declared_media_type,
                    alt_text=file.alt_text,
                    role=file.role,
                    reason=reason,
                )
                for index, file in enumerate(request.files)
            ],
            reply_refused=True,
            reason=reason,
        )
    ]


def reply_id(event: Event[ReplyRequested]) -> str:
    return identity.root_id(event.account, event.source, event.id)


def _attachments(account: str, message: str, files: Sequence[FileAnnounced], count: int) -> list[AnnouncedAttachment]:
    return [
        AnnouncedAttachment(
            id=identity.attachment_id(message, index),
            index=index,
            count=count,
            file_name=file.file_name,
            declared_media_type=file.declared_media_type,
            alt_text=file.alt_text,
            role=file.role,
            source=_reachable(account, file.source, identity.attachment_id(message, index)),
        )
        for index, file in enumerate(files)
    ]


def _reachable(account: str, source: Source, attachment: str) -> Source:
    """Raises Refused: an object key is somebody's word, and may name another account's file."""
    if source.object_key is None or object_keys.is_upload_of(account, source.object_key):
        return source
    sentence = "This file is not an upload of the account."
    raise Refused(Reason(code="file_not_in_account", sentence=sentence), attachment)
