"""
Instagram through Meta, with either of its logins: messages, files, stories, what was taken back and what was seen.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks (read 2026-11-22). A
connection's `address` is the id of the Instagram account. There is no report of a delivery, only that it was seen.
Options: `stories` (`link`, the default, or `store`), and those of delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from ingest.incoming import ChannelAccount, InboundMessage, Parsed, Report, Request, Unparsable, Withdrawal
from ingest.instagram.meta_attachments import download
from ingest.instagram.meta_messages import unreadable, written
from ingest.instagram.meta_payload import Item, concerning, entries, parties
from ingest.meta_signature import answer, challenge, verify
from ingest.meta_values import moment
from schemas.decoders import decoder
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


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    found = _Found()
    for entry in entries(body):
        for raw in concerning(entry, payload.address):
            _sort(raw, payload.address or str(entry.id), found)
    return Parsed(messages=found.messages, reports=found.reports, withdrawals=found.withdrawals)


def _sort(raw: msgspec.Raw, address: str, found: _Found) -> None:
    try:
        item = decoder(Item).decode(raw)
    except msgspec.MsgspecError:
        found.messages += unreadable(raw, address)
        return
    at = moment(item.timestamp)
    if item.read and item.read.mid:
        found.reports.append(Report(external_id=item.read.mid, status="read", occurred_at=at))
    told = item.message
    if told and (told.is_echo or str(item.sender) == address):
        if not told.is_deleted:
            found.reports.append(Report(external_id=told.mid, status="sent", occurred_at=at))
    elif told and told.is_deleted:
        found.withdrawals.append(Withdrawal(told.mid, address, str(item.sender), at))
    elif str(item.sender) != address and (message := written(item, address)):
        found.messages.append(message)
