"""
WhatsApp through Meta's Cloud API: messages, files, edits, withdrawals, and what became of what we sent.

https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/reference/messages (read 2026-11-27).
A connection's `address` is its phone number (`+15550783881`), or the number's id at Meta. One payload may hold
messages of many customers to several numbers.
"""

from collections.abc import Sequence

from ingest.incoming import ChannelAccount, InboundMessage, Parsed, Report, Request, Unparsable, Withdrawal
from ingest.meta_signature import answer, challenge, verify
from ingest.whatsapp.meta_media import download
from ingest.whatsapp.meta_messages import understood
from ingest.whatsapp.meta_payload import values
from ingest.whatsapp.meta_statuses import reports_of
from schemas.payload_received import PayloadReceived

__all__ = ["CREDENTIALS", "SIGNED_HEADERS", "answer", "candidates", "challenge", "download", "parse", "verify"]

CREDENTIALS: Sequence[str] = ("access_token", "app_secret", "verify_token")
SIGNED_HEADERS: Sequence[str] = ()


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    """By our number. What names none (a handshake, news about a template) is for whoever can prove it."""
    if request.method == "GET":
        return accounts
    try:
        numbers = [value.metadata for value in values(request.body)]
    except Unparsable:
        return []
    return [one for one in accounts if any(number.names(one.address) for number in numbers)] if numbers else accounts


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    found: list[InboundMessage | Withdrawal] = []
    reports: list[Report] = []
    for value in values(body):
        if payload.address is None or value.metadata.names(payload.address):
            address = payload.address or value.metadata.number
            found += understood(value, address, payload.received_at)
            reports += reports_of(value)
    return Parsed(
        messages=[one for one in found if isinstance(one, InboundMessage)],
        withdrawals=[one for one in found if isinstance(one, Withdrawal)],
        reports=reports,
    )
