"""A customer's message to us, from WhatsApp's webhook: what it says, which files it has, and what did not come."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from deliver.graph import GraphError, reason_of
from deliver.whatsapp.meta_errors import ERRORS, WHO
from ingest.incoming import InboundMessage, Unparsable, Withdrawal
from ingest.meta_values import lines, moment, readable
from ingest.whatsapp.meta_media import ID_LIVES
from ingest.whatsapp.meta_payload import Media, Message, Person, Sender, Value
from ingest.whatsapp.meta_words import MAY_SAY_NOTHING, WORDS
from schemas.attachment import Source
from schemas.decoders import decoder
from schemas.message_received import FileAnnounced, FileMissing
from schemas.reason import Reason

_FILES = ("image", "video", "audio", "voice", "document", "sticker")
_UNSUPPORTED = 131051
_MAX_LABEL = 1024
_UNREADABLE = FileMissing(
    reason=Reason(
        code="message_unreadable",
        sentence="WhatsApp brought a message that cannot be shown here. Ask the customer to send it in another way.",
    )
)


@dataclass(frozen=True, slots=True)
class _Contents:
    text: str | None = None
    files: Sequence[FileAnnounced] = ()
    missing: Sequence[FileMissing] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.files or self.missing)


def understood(value: Value, address: str, received_at: datetime) -> Iterator[InboundMessage | Withdrawal]:
    """One for each message that has something to show. Raises Unparsable for one whose sender cannot be made out."""
    for raw in value.messages:
        sender, message = _sender(raw), _message(raw)
        contact, at = sender.contact, moment(sender.timestamp)
        if contact is None:
            raise Unparsable("a message without from and from_user_id")
        if message and message.revoke:
            yield Withdrawal(message.revoke.original_message_id, address, contact, at)
            continue
        edited = message.edit if message else None
        contents = _contents(_message(edited.message) if edited else message, received_at)
        if contents:
            yield InboundMessage(
                external_id=sender.id,
                address=address,
                contact=contact,
                contact_name=_name(sender, value.contacts),
                text=lines("Edited:", contents.text) if edited else contents.text,
                in_reply_to=edited.original_message_id if edited else _answered(message),
                sent_at=at,
                files=contents.files,
                missing=contents.missing,
            )


def _sender(raw: msgspec.Raw) -> Sender:
    try:
        return decoder(Sender).decode(raw)
    except msgspec.MsgspecError as error:
        raise Unparsable(str(error)) from error


def _message(raw: msgspec.Raw) -> Message | None:
    """None for one that breaks Meta's own documentation: it shows as unreadable, its neighbors as usual."""
    try:
        return decoder(Message).decode(raw)
    except msgspec.MsgspecError:
        return None


def _contents(message: Message | None, received_at: datetime) -> _Contents:
    if message is None:
        return _Contents(missing=[_UNREADABLE])
    if message.errors:
        return _Contents(missing=[_missing(error, message) for error in message.errors])
    if message.type in _FILES:
        return _media(message, received_at)
    if message.type in WORDS:
        text = readable(WORDS[message.type](message))
        return _Contents(text, missing=[] if text or message.type in MAY_SAY_NOTHING else [_UNREADABLE])
    return _Contents(missing=[_missing(GraphError(code=_UNSUPPORTED, title=message.type), message)])


def _media(message: Message, received_at: datetime) -> _Contents:
    media: Media = getattr(message, message.type) or Media()
    text = readable(media.caption)
    if not media.id:
        return _Contents(text, missing=[_UNREADABLE])
    announced = FileAnnounced(
        source=Source(reference=media.id, expires_at=received_at + ID_LIVES),
        file_name=readable(media.filename, _MAX_LABEL),
        declared_media_type=readable((media.mime_type or "").partition(";")[0].strip().lower(), _MAX_LABEL),
        role="voice" if media.voice else message.type if message.type in ("voice", "sticker") else None,
    )
    return _Contents(text, [announced])


def _missing(error: GraphError, message: Message) -> FileMissing:
    media: Media | None = getattr(message, message.type) if message.type in _FILES else None
    name = readable(media.filename, _MAX_LABEL) if media else None
    return FileMissing(reason=reason_of(error, ERRORS, WHO), file_name=name)


def _answered(message: Message | None) -> str | None:
    if message and message.reaction:
        return message.reaction.message_id
    return message.context.id if message and message.context else None


def _name(sender: Sender, people: Sequence[Person]) -> str | None:
    ids = {sender.from_, sender.from_user_id} - {None}
    return next((readable(one.profile.name, _MAX_LABEL) for one in people if {one.wa_id, one.user_id} & ids), None)
