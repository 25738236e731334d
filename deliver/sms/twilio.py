"""
MMS through Twilio: text and media travel in one message, media by URL.

Source: https://www.twilio.com/docs/messaging/api/message-resource (read 2026-11-22). The connection's option
`messaging_service_sid` sends through a Messaging Service, which picks the number itself.
"""

from collections.abc import Sequence

import msgspec

from deliver.answers import LATER, ask, garbled, meaning, retry_after, wordless
from deliver.linking import words
from deliver.outgoing import (
    Client,
    Limits,
    NoAnswer,
    NotSent,
    OutgoingPart,
    PlannedFile,
    PlannedPart,
    ProviderAnswer,
    Receipt,
)
from deliver.sms import twilio_list
from deliver.sms.twilio_errors import ERRORS
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply

WHO = "Twilio"
_INVALID_MEDIA_URL = 21620


class _Created(msgspec.Struct):
    """The part of a 201 answer that matters."""

    sid: str


class _Failure(msgspec.Struct):
    """Twilio's error body."""

    code: int
    message: str = ""


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    """Once; twice where Twilio could not use a media URL, which is surely no message and may be over in a moment."""
    receipt = _posted(part, account, client)
    unusable = receipt.reason is not None and receipt.reason.code == f"provider_{_INVALID_MEDIA_URL}"
    return _posted(part, account, client) if unusable else receipt


def outcome(answer: ProviderAnswer) -> Receipt:
    """
    What an answer of the Messages endpoint means.

    A failure that Twilio words itself says that no message was made; one without its words comes from something in
    between and leaves open what happened behind it.
    """
    if answer.status in (200, 201):
        try:
            return Receipt("accepted", external_id=decoder(_Created).decode(answer.body).sid)
        except msgspec.DecodeError as error:
            return garbled(WHO, error)
    try:
        failure = decoder(_Failure).decode(answer.body)
    except msgspec.DecodeError:
        return wordless(answer, WHO)
    known = meaning(ERRORS, failure.code, "Twilio refused the message; see the provider's text.")
    later = answer.status == 429 or answer.status >= 500
    return Receipt(
        LATER if later else known.state,
        reason=known.reason(failure.code, failure.message),
        retry_after_seconds=retry_after(answer),
        falls_back=known.falls_back and not later,
        alarms=known.alarms,
    )


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:
    """Only where exactly one message in Twilio's list can be ours; else the status callback settles the doubt."""
    if part.tried_at is None:
        return None
    try:
        answer = client.get(twilio_list.url(part, account), basic=_credentials(account))
    except (NotSent, NoAnswer):
        return None
    sid = twilio_list.only_match(answer, part, part.tried_at)
    return Receipt("accepted", external_id=sid) if sid else None


def _posted(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    service, text = account.options.get("messaging_service_sid"), words(part)
    fields = [("To", part.contact), ("MessagingServiceSid", service) if service else ("From", part.address)]
    fields += [("StatusCallback", part.callback_url)]
    fields += [("Body", text)] if text else []
    fields += [("MediaUrl", file.url) for file in part.files]
    url, basic = twilio_list.messages_url(account), _credentials(account)
    answer = ask(lambda: client.post_form(url, fields, basic=basic), WHO)
    return answer if isinstance(answer, Receipt) else outcome(answer)


def _credentials(account: ChannelAccount) -> tuple[str, str]:
    return account.credentials["account_sid"], account.credentials["auth_token"]
