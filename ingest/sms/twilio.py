"""
MMS and SMS from Twilio: inbound messages and status callbacks.

https://www.twilio.com/docs/messaging/guides/webhook-request and
https://www.twilio.com/docs/messaging/api/message-resource, read 2026-11-22. With the option `messaging_service_sid` the
connection also speaks for the numbers of that Messaging Service.
"""

from collections.abc import Generator, Sequence
from urllib.parse import parse_qs, urlsplit

from deliver.answers import meaning
from deliver.sms.twilio_errors import ERRORS
from ingest.incoming import Answer, ChannelAccount, Get, Got, InboundMessage, Parsed, Report, Request, Unparsable
from ingest.sms.opt_out import consent
from ingest.sms.twilio_body import text_of
from ingest.sms.twilio_signature import form, is_form, signature_matches
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from schemas.payload_received import PayloadReceived
from schemas.reason import Reason

CREDENTIALS: Sequence[str] = ("account_sid", "auth_token")
SIGNED_HEADERS: Sequence[str] = ("content-type",)

_MAX_MEDIA = 100
"""Twilio documents at most 10 media; a count far beyond is no message of theirs."""

_STATUSES = {
    "accepted": "queued",
    "scheduled": "queued",
    "queued": "queued",
    "sending": "queued",
    "sent": "sent",
    "partially_delivered": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
    "undelivered": "failed",
    "canceled": "failed",
}

_OPT_OUT_TYPES = {"STOP": "opted_out", "START": "opted_in", "HELP": None}
"""What Twilio itself understood, where Advanced Opt-Out is on: its words can be anything then."""


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    """
    Accounts with this account SID whose address is the one of our side: `To` inbound, `From` in a callback.

    A number that is no connection's own may be one of its Messaging Service.
    """
    try:
        fields = _fields(request.url, request.headers.get("content-type", ""), request.body)
    except Unparsable:
        return []
    ours, service = fields.get("From" if _is_report(fields) else "To"), fields.get("MessagingServiceSid")
    sid = fields.get("AccountSid")
    known = [one for one in accounts if sid and one.credentials.get("account_sid") == sid]
    exact = [one for one in known if one.address == ours]
    return exact or [one for one in known if service and one.options.get("messaging_service_sid") == service]


def verify(request: Request, account: ChannelAccount) -> bool:
    token = account.credentials.get("auth_token")
    claimed = request.headers.get("x-twilio-signature")
    if not token or not claimed:
        return False
    content_type = request.headers.get("content-type", "")
    if request.method != "POST" and request.body:
        return False
    return signature_matches(token, request.url, content_type, request.body, claimed)


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - Twilio has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    """TwiML that says: no reply. Any other type is error 12300 to Twilio."""
    return Answer(status=200, media_type="text/xml", body=b"<Response/>")


def parse(payload: PayloadReceived, body: bytes) -> Parsed:
    fields = _fields(payload.url, payload.headers.get("content-type", ""), body)
    if _is_report(fields):
        return Parsed(reports=[_report(payload.url, fields)])
    return Parsed(messages=[_message(fields, payload.address)])


def download(source: Source, account: ChannelAccount) -> Generator[Get, Got, Get]:
    """Twilio's media URLs may want Basic auth (a switch of the account); it redirects to a CDN that must not see it."""
    yield from ()
    if not source.url:
        raise Unparsable("a Twilio attachment is known by its URL")
    basic = (account.credentials["account_sid"], account.credentials["auth_token"])
    return Get(url=source.url, basic=basic if _trusted(source.url, account) else None)


def _fields(url: str, content_type: str, body: bytes) -> dict[str, str]:
    """The first value of each parameter, of the form or of a GET's query, without the NULs that no database keeps."""
    try:
        if not body:
            values = form(urlsplit(url).query.encode())
        elif is_form(content_type):
            values = form(body)
        else:
            raise Unparsable(f"Twilio posts forms, not {content_type[:100]!r}")
    except ValueError as error:
        raise Unparsable(str(error)) from error
    return {name: found[0].replace("\0", "") for name, found in values.items()}


def _is_report(fields: dict[str, str]) -> bool:
    return fields.get("MessageStatus", "received") not in ("received", "receiving")


def _message(fields: dict[str, str], address: str | None) -> InboundMessage:
    """`address` is the connection that it was proven to be for; of a Messaging Service `To` may be another number."""
    sid = _required(fields, "MessageSid")
    text = text_of(sid, fields.get("Body", ""))
    return InboundMessage(
        external_id=sid,
        address=address or _required(fields, "To"),
        contact=_required(fields, "From"),
        contact_name=fields.get("ProfileName") or None,
        text=text,
        consent=_OPT_OUT_TYPES.get(fields.get("OptOutType", "").upper(), consent(text)),
        files=[_file(fields, index) for index in range(_media_count(fields))],
    )


def _media_count(fields: dict[str, str]) -> int:
    count = fields.get("NumMedia") or "0"
    if not (count.isascii() and count.isdecimal()) or len(count) > 4 or int(count) > _MAX_MEDIA:
        raise Unparsable(f"NumMedia is {count[:20]!r}")
    return int(count)


def _file(fields: dict[str, str], index: int) -> FileAnnounced:
    return FileAnnounced(
        source=Source(url=_required(fields, f"MediaUrl{index}")),
        declared_media_type=fields.get(f"MediaContentType{index}") or None,
    )


def _report(url: str, fields: dict[str, str]) -> Report:
    status = _STATUSES.get(fields["MessageStatus"], fields["MessageStatus"])
    token = {name: found[0] for name, found in parse_qs(urlsplit(url).query).items()}
    failed = status == "failed"
    return Report(
        external_id=_required(fields, "MessageSid"),
        status=status,
        conversation=token.get("conversation"),
        message=token.get("message"),
        part=token.get("part"),
        reason=_reason(fields) if failed else None,
        falls_back=failed and meaning(ERRORS, _code(fields), "").falls_back,
    )


def _reason(fields: dict[str, str]) -> Reason:
    """An unknown code is permanent and shows Twilio's own text: they split codes over time."""
    unknown, code = "Twilio could not deliver the message; see the provider's text.", _code(fields)
    text = fields.get("ErrorMessage") or fields.get("ChannelStatusMessage") or None
    told = meaning(ERRORS, code, unknown).reason(code, text)
    return told if code else Reason(code="provider_failed", sentence=unknown, provider_text=told.provider_text)


def _code(fields: dict[str, str]) -> int:
    """0 where there is none."""
    text = fields.get("ErrorCode", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _required(fields: dict[str, str], name: str) -> str:
    value = fields.get(name)
    if not value:
        raise Unparsable(f"{name} is missing")
    return value


def _trusted(url: str, account: ChannelAccount) -> bool:
    """Whether the account's credentials may go there: Twilio's own hosts, or the configured API."""
    try:
        asked, api = _origin(url), _origin(account.api_url)
    except ValueError:
        return False
    scheme, host, port = asked
    twilio = scheme == "https" and port in (None, 443) and (host == "twilio.com" or host.endswith(".twilio.com"))
    return twilio or (bool(api[1]) and asked == api)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port
