"""
WhatsApp through Meta's Cloud API: messages, files, edits, withdrawals, and what became of what we sent.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (read 2026-11-27).
A connection's `address` is its phone number (`+15550783881`), or the number's id at Meta. One payload may hold
messages of many customers to several numbers.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime

import msgspec

from deliver.graph import GraphError, meaning_of, reason_of
from deliver.whatsapp.meta_errors import ERRORS, WHO
from ingest.incoming import (
    Answer,
    ChannelAccount,
    InboundMessage,
    Parsed,
    Report,
    Request,
    Unparsable,
    Withdrawal,
)
from ingest.meta_signature import RECEIVED, challenged, proven
from ingest.meta_values import lines, moment, readable, token_of
from ingest.whatsapp.meta_media import ID_LIVES, download
from ingest.whatsapp.meta_payload import Media, Message, Metadata, Person, Sender, Status, Value, digits, values
from ingest.whatsapp.meta_words import MAY_SAY_NOTHING, WORDS
from schemas.attachment import Source
from schemas.message_received import FileAnnounced, FileMissing
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason

__all__ = ["CREDENTIALS", "SIGNED_HEADERS", "answer", "candidates", "challenge", "download", "parse", "verify"]

CREDENTIALS: Sequence[str] = ("access_token", "app_secret", "verify_token")
SIGNED_HEADERS: Sequence[str] = ()

_FILES = ("image", "video", "audio", "voice", "document", "sticker")
_STATUSES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read", "failed": "failed"}
"""Others (`deleted`) say nothing about the way of a message."""
_UNSUPPORTED = 131051
_UNREADABLE = Reason(
    code="message_unreadable",
    sentence="WhatsApp brought a message that cannot be shown here. Ask the customer to send it in another way.",
)


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    """By our number. What names none (a handshake, news about a template) is for whoever can prove it."""
    if request.method == "GET":
        return accounts
    try:
        numbers = [value.metadata for value in values(request.body)]
    except Unparsable:
        return []
    return [one for one in accounts if any(number.names(one.address) for number in numbers)] if numbers else accounts


def verify(request: Request, account: ChannelAccount) -> bool:
    return proven(request, account)


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - the token was verified
    return challenged(request)


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    return RECEIVED


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    messages: list[InboundMessage] = []
    withdrawals: list[Withdrawal] = []
    reports: list[Report] = []
    for value in values(body):
        if payload.address and not value.metadata.names(payload.address):
            continue
        address = payload.address or _address(value.metadata)
        for raw in value.messages:
            found = _understood(raw, value, address, payload.received_at)
            if isinstance(found, Withdrawal):
                withdrawals.append(found)
            elif found:
                messages.append(found)
        reports += _reports(value)
    return Parsed(messages=messages, reports=reports, withdrawals=withdrawals)


def _address(metadata: Metadata) -> str:
    return f"+{digits(metadata.display_phone_number)}"


def _understood(
    raw: msgspec.Raw, value: Value, address: str, received_at: datetime
) -> InboundMessage | Withdrawal | None:
    """None for what has nothing to show. Raises Unparsable when not even the sender can be made out."""
    sender = _decoded_sender(raw)
    contact = sender.contact
    if contact is None:
        raise Unparsable("a message without from and from_user_id")
    message = _decoded(raw)
    if message and message.revoke:
        return Withdrawal(message.revoke.original_message_id, address, contact, moment(sender.timestamp))
    original = message.edit.original_message_id if message and message.edit else None
    if message and message.edit:
        message = _decoded(message.edit.message)
    text, files, missing = _contents(message, received_at)
    if not text and not files and not missing:
        return None
    return InboundMessage(
        external_id=sender.id,
        address=address,
        contact=contact,
        contact_name=_name(sender, value.contacts),
        text=lines("Edited:", text) if original else text,
        in_reply_to=original or _answered(message),
        sent_at=moment(sender.timestamp),
        files=files,
        missing=missing,
    )


def _decoded_sender(raw: msgspec.Raw) -> Sender:
    try:
        return msgspec.json.decode(raw, type=Sender)
    except msgspec.MsgspecError as error:
        raise Unparsable(str(error)) from error


def _decoded(raw: msgspec.Raw) -> Message | None:
    """None for a message that breaks Meta's own documentation: it will show as unreadable, its neighbors as usual."""
    try:
        return msgspec.json.decode(raw, type=Message)
    except msgspec.MsgspecError:
        return None


def _contents(
    message: Message | None, received_at: datetime
) -> tuple[str | None, list[FileAnnounced], list[FileMissing]]:
    if message is None:
        return None, [], [FileMissing(reason=_UNREADABLE)]
    if message.errors:
        return None, [], [_missing(error, message) for error in message.errors]
    if message.type in _FILES:
        media: Media | None = getattr(message, message.type)
        if media is None or not media.id:
            return readable(media.caption) if media else None, [], [FileMissing(reason=_UNREADABLE)]
        return readable(media.caption), [_file(media, message.type, received_at)], []
    if message.type in WORDS:
        text = readable(WORDS[message.type](message))
        return text, [], [] if text or message.type in MAY_SAY_NOTHING else [FileMissing(reason=_UNREADABLE)]
    return None, [], [_missing(GraphError(code=_UNSUPPORTED, title=message.type), message)]


def _file(media: Media, kind: str, received_at: datetime) -> FileAnnounced:
    role = "voice" if media.voice or kind == "voice" else "sticker" if kind == "sticker" else None
    media_type = (media.mime_type or "").partition(";")[0].strip().lower()
    return FileAnnounced(
        source=Source(reference=media.id, expires_at=received_at + ID_LIVES),
        file_name=readable(media.filename, 1024),
        declared_media_type=readable(media_type, 1024),
        role=role,
    )


def _missing(error: GraphError, message: Message) -> FileMissing:
    media: Media | None = getattr(message, message.type, None) if message.type in _FILES else None
    return FileMissing(
        reason=reason_of(error, ERRORS, WHO), file_name=readable(media.filename, 1024) if media else None
    )


def _answered(message: Message | None) -> str | None:
    if message and message.reaction:
        return message.reaction.message_id
    return message.context.id if message and message.context else None


def _name(sender: Sender, people: Sequence[Person]) -> str | None:
    ids = {sender.from_, sender.from_user_id} - {None}
    return next((readable(one.profile.name, 1024) for one in people if {one.wa_id, one.user_id} & ids), None)


def _reports(value: Value) -> Iterator[Report]:
    for raw in value.statuses:
        with suppress(msgspec.MsgspecError):  # one that nobody can read does not take the messages beside it along
            status = msgspec.json.decode(raw, type=Status)
            if status.status in _STATUSES:
                yield _report(status)


def _report(status: Status) -> Report:
    ours = token_of(status.biz_opaque_callback_data)
    conversation, message, part = ours or (None, None, None)
    failed = status.status == "failed"
    return Report(
        external_id=status.id,
        status=_STATUSES[status.status],
        conversation=conversation,
        message=message,
        part=part,
        reason=_why(status.errors) if failed else None,
        falls_back=failed and any(_blames_the_file(error) for error in status.errors),
        occurred_at=moment(status.timestamp),
    )


def _blames_the_file(error: GraphError) -> bool:
    meaning = meaning_of(error, ERRORS)
    return meaning is not None and meaning.falls_back


def _why(errors: Sequence[GraphError]) -> Reason:
    if errors:
        return reason_of(errors[0], ERRORS, WHO)
    return Reason(code="provider_failed", sentence="WhatsApp could not deliver the message and does not say why.")
