"""
MMS and SMS from Telnyx: inbound messages and what became of ours.

https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks and
https://developers.telnyx.com/api-reference/callbacks/inbound-message, read 2026-11-27.
"""

import re
from collections.abc import Generator, Sequence
from datetime import datetime
from urllib.parse import parse_qs, urldefrag, urlsplit

import msgspec
from msgspec import Struct

from deliver.answers import meaning
from deliver.sms.telnyx_errors import ERRORS
from ingest.incoming import Answer, ChannelAccount, Get, Got, InboundMessage, Parsed, Report, Request, Unparsable
from ingest.sms.opt_out import consent
from ingest.sms.telnyx_signature import is_fresh, signature_matches
from schemas.attachment import Source
from schemas.decoders import decoder
from schemas.message_received import FileAnnounced
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason

CREDENTIALS: Sequence[str] = ("api_key", "public_key")
SIGNED_HEADERS: Sequence[str] = ()

_DIGEST = "sha256="
"""How a file's digest rides from the webhook to the download: as the fragment of its URL, which no server ever sees."""

_SHA256 = re.compile(r"[0-9a-f]{64}")
_URL = re.compile(r"https?://[!-~]{1,3000}")

_STATUSES = {
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "delivered": "delivered",
    "delivery_unconfirmed": "sent",
    "sending_failed": "failed",
    "delivery_failed": "failed",
    "expired": "failed",
}


class _Number(Struct, frozen=True):
    """One end of a message; on our messages each recipient has a status."""

    phone_number: str
    status: str = ""


class _Media(Struct, frozen=True):
    url: str
    content_type: str | None = None
    hash_sha256: str | None = None


class _Error(Struct, frozen=True):
    """`code` is a string of digits; `detail` says more than `title`."""

    code: str = ""
    title: str = ""
    detail: str | None = None


class _Message(Struct, frozen=True):
    id: str
    from_: _Number = msgspec.field(name="from")
    to: list[_Number]
    text: str | None = None
    subject: str | None = None
    media: list[_Media] = []
    errors: list[_Error] = []


class _Data(Struct, frozen=True):
    event_type: str
    payload: msgspec.Raw
    occurred_at: datetime | None = None


class _Webhook(Struct, frozen=True):
    data: _Data


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    """Accounts whose address is our end of the message: one of `to` inbound, `from` of what we sent."""
    try:
        data, message = _read(request.body)
    except Unparsable:
        return []
    ours = _ours(data, message) if message else set()
    return [one for one in accounts if one.address in ours]


def verify(request: Request, account: ChannelAccount) -> bool:
    key = account.credentials.get("public_key")
    claimed, timestamp = request.headers.get("telnyx-signature-ed25519"), request.headers.get("telnyx-timestamp")
    if not (key and claimed and timestamp and request.received_at):
        return False
    return is_fresh(timestamp, request.received_at) and signature_matches(key, claimed, timestamp, request.body)


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - Telnyx has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    """Within two seconds, or Telnyx calls again."""
    return Answer(status=200, media_type="application/json", body=b"{}")


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    """A message to several of our numbers is one for each; events of other kinds are nothing to show."""
    data, message = _read(body)
    if message is None:
        return Parsed()
    if data.event_type == "message.received":
        return Parsed(messages=[_message(message, payload.address or message.to[0].phone_number, data.occurred_at)])
    return Parsed(reports=[_report(message, payload.url, data)])


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:  # noqa: ARG001 - the URL is signed
    """A short-lived URL that needs no credentials."""
    yield from ()
    if not source.url:
        raise Unparsable("a Telnyx attachment is known by its URL")
    url, fragment = urldefrag(source.url)
    return Get(url=url, sha256=fragment.removeprefix(_DIGEST) if fragment.startswith(_DIGEST) else None)


def _read(body: bytes) -> tuple[_Data, _Message | None]:
    """The message only of the kinds of events that have one. Raises Unparsable."""
    try:
        data = decoder(_Webhook).decode(body).data
        known = data.event_type in ("message.received", "message.sent", "message.finalized")
        message = decoder(_Message).decode(data.payload) if known else None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unparsable(f"not a webhook of Telnyx: {error}") from error
    if message and not message.to:
        raise Unparsable("a message to nobody")
    return data, message


def _ours(data: _Data, message: _Message) -> set[str]:
    ends = message.to if data.event_type == "message.received" else [message.from_]
    return {end.phone_number for end in ends}


def _message(message: _Message, address: str, occurred_at: datetime | None) -> InboundMessage:
    text = _clean(message.text)
    return InboundMessage(
        external_id=message.id,
        address=address,
        contact=message.from_.phone_number,
        text=text,
        subject=_clean(message.subject),
        consent=consent(text),
        sent_at=occurred_at if occurred_at and occurred_at.tzinfo else None,
        files=[_file(media) for media in message.media],
    )


def _file(media: _Media) -> FileAnnounced:
    digest = f"#{_DIGEST}{media.hash_sha256}" if media.hash_sha256 and _SHA256.fullmatch(media.hash_sha256) else ""
    url = urldefrag(media.url).url
    if not _URL.fullmatch(url):
        raise Unparsable(f"media at {media.url[:100]!r}")
    return FileAnnounced(source=Source(url=url + digest), declared_media_type=media.content_type or None)


def _report(message: _Message, url: str, data: _Data) -> Report:
    said = message.to[0].status
    status = _STATUSES.get(said, said or "sent")
    token = {name: found[0] for name, found in parse_qs(urlsplit(url).query).items()}
    code, reason = _reason(message.errors) if status == "failed" else (0, None)
    return Report(
        external_id=message.id,
        status=status,
        conversation=token.get("conversation"),
        message=token.get("message"),
        part=token.get("part"),
        reason=reason,
        falls_back=meaning(ERRORS, code, "").falls_back,
        occurred_at=data.occurred_at if data.occurred_at and data.occurred_at.tzinfo else None,
    )


def _reason(errors: Sequence[_Error]) -> tuple[int, Reason]:
    """The first error is the one that ended it."""
    unknown = "Telnyx could not deliver the message; see the provider's text."
    error = errors[0] if errors else _Error()
    text = _clean(error.detail or error.title)
    if not (error.code.isascii() and error.code.isdecimal() and len(error.code) < 10):
        return 0, Reason(code="provider_failed", sentence=unknown, provider_text=text[:1024] if text else None)
    code = int(error.code)
    return code, meaning(ERRORS, code, unknown).reason(code, text)


def _clean(text: str | None) -> str | None:
    """Without the NULs that no database keeps."""
    return (text or "").replace("\0", "") or None
