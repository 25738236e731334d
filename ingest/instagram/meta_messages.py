"""A customer's message to us, from Instagram's webhook: what it says, which files it has, and what did not come."""

import msgspec

from ingest.incoming import InboundMessage, Unparsable
from ingest.instagram.meta_attachments import NOT_HANDED_OVER, shown, story
from ingest.instagram.meta_payload import Bare, Item, Message
from ingest.meta_values import lines, moment, readable
from schemas.decoders import decoder
from schemas.message_received import FileAnnounced, FileMissing


def written(item: Item, address: str) -> InboundMessage | None:
    """What the customer wrote, clicked, changed or felt; None for what has nothing to show."""
    contact, at = str(item.sender), moment(item.timestamp)
    if item.message:
        return _message(item.message, item, address)
    if item.postback:
        text = readable(item.postback.title or item.postback.payload)
        return InboundMessage(item.postback.mid, address, contact, text=text, sent_at=at) if text else None
    if item.message_edit:
        edit = item.message_edit
        text = lines("Edited:", edit.text)
        name = f"{edit.mid}:edit:{edit.num_edit}"
        return InboundMessage(name, address, contact, text=text, in_reply_to=edit.mid, sent_at=at)
    if item.reaction and item.reaction.action != "unreact":
        text = readable(item.reaction.emoji or item.reaction.reaction)
        name = f"{item.reaction.mid}:reaction:{at.timestamp() * 1000:.0f}" if at else f"{item.reaction.mid}:reaction"
        return InboundMessage(name, address, contact, text=text, in_reply_to=item.reaction.mid, sent_at=at)
    return None


def _message(message: Message, item: Item, address: str) -> InboundMessage | None:
    parts = [shown(one) for one in message.attachments]
    if message.reply_to and message.reply_to.story:
        parts.append(story(message.reply_to.story.url))
    if message.is_unsupported and not parts:
        parts.append(FileMissing(reason=NOT_HANDED_OVER))
    text = message.text or (message.quick_reply.payload if message.quick_reply else None)
    words = lines(text, *(part for part in parts if isinstance(part, str)))
    if not words and not parts:
        return None
    return InboundMessage(
        external_id=message.mid,
        address=address,
        contact=str(item.sender),
        text=words,
        in_reply_to=message.reply_to.mid if message.reply_to else None,
        sent_at=moment(item.timestamp),
        files=[part for part in parts if isinstance(part, FileAnnounced)],
        missing=[part for part in parts if isinstance(part, FileMissing)],
    )


def unreadable(raw: msgspec.Raw, address: str) -> list[InboundMessage]:
    """It shows that something came, if it was a message. Raises Unparsable when not even the sender can be made out."""
    try:
        bare = decoder(Bare).decode(raw)
    except msgspec.MsgspecError as error:
        raise Unparsable(str(error)) from error
    if bare.message is None:
        return []
    missing = [FileMissing(reason=NOT_HANDED_OVER)]
    return [InboundMessage(bare.message.mid, address, contact=str(bare.sender), missing=missing)]
