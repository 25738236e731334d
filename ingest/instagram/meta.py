"""
Instagram through Meta, with either of its logins: messages, files, stories, what was taken back and what was seen.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks (read 2026-11-22). A
connection's `address` is the id of the Instagram account. There is no report of a delivery, only that it was seen.
Options: `stories` (`link`, the default, or `store`), and those of delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from ingest.incoming import Answer, ChannelAccount, InboundMessage, Parsed, Report, Request, Unparsable, Withdrawal
from ingest.instagram.meta_attachments import NOT_HANDED_OVER, download, shown, story
from ingest.instagram.meta_payload import Bare, Item, Message, concerning, entries, parties
from ingest.meta_signature import RECEIVED, challenged, proven
from ingest.meta_values import lines, moment, readable
from schemas.message_received import FileAnnounced, FileMissing
from schemas.payload_received import PayloadReceived

__all__ = ["CREDENTIALS", "SIGNED_HEADERS", "answer", "candidates", "challenge", "download", "parse", "verify"]

CREDENTIALS: Sequence[str] = ("access_token", "app_secret", "verify_token")
SIGNED_HEADERS: Sequence[str] = ()


@dataclass
class _Found:
    messages: list[InboundMessage] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    withdrawals: list[Withdrawal] = field(default_factory=list)


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    """By the id of our account; a handshake is for whoever can prove it."""
    if request.method == "GET":
        return accounts
    try:
        found = entries(request.body)
    except Unparsable:
        return []
    ids = {str(entry.id) for entry in found}
    ids |= {one for entry in found for raw in [*entry.messaging, *entry.standby] for one in parties(raw).ids}
    return [one for one in accounts if one.address in ids]


def verify(request: Request, account: ChannelAccount) -> bool:
    return proven(request, account)


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - the token was verified
    return challenged(request)


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    return RECEIVED


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    found = _Found()
    for entry in entries(body):
        for raw in concerning(entry, payload.address):
            _sort(raw, payload.address or str(entry.id), found)
    return Parsed(messages=found.messages, reports=found.reports, withdrawals=found.withdrawals)


def _sort(raw: msgspec.Raw, address: str, found: _Found) -> None:
    try:
        item = msgspec.json.decode(raw, type=Item)
    except msgspec.MsgspecError:
        found.messages.append(_unreadable(raw, address))
        return
    at = moment(item.timestamp)
    if item.read and item.read.mid:
        found.reports.append(Report(external_id=item.read.mid, status="read", occurred_at=at))
    message = item.message
    if message and (message.is_echo or str(item.sender) == address):
        if not message.is_deleted:
            found.reports.append(Report(external_id=message.mid, status="sent", occurred_at=at))
    elif message and message.is_deleted:
        found.withdrawals.append(Withdrawal(message.mid, address, str(item.sender), at))
    elif str(item.sender) != address and (written := _written(item, address)):
        found.messages.append(written)


def _written(item: Item, address: str) -> InboundMessage | None:
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


def _unreadable(raw: msgspec.Raw, address: str) -> InboundMessage:
    """It shows that something came. Raises Unparsable when not even the sender can be made out."""
    try:
        bare = msgspec.json.decode(raw, type=Bare)
    except msgspec.MsgspecError as error:
        raise Unparsable(str(error)) from error
    return InboundMessage(
        external_id=bare.message.mid,
        address=address,
        contact=str(bare.sender),
        missing=[FileMissing(reason=NOT_HANDED_OVER)],
    )
