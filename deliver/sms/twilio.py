"""
MMS through Twilio: text and media travel in one message, media by URL.

Source: https://www.twilio.com/docs/messaging/api/message-resource (read 2026-11-22).
"""

from collections.abc import Sequence

import msgspec

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
from deliver.sms.twilio_errors import ERRORS
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply
from schemas.reason import Reason


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
    sid, token = account.credentials["account_sid"], account.credentials["auth_token"]
    fields = [("To", part.contact), ("From", part.address), ("StatusCallback", part.callback_url)]
    fields += [("Body", part.text)] if part.text else []
    fields += [("MediaUrl", file.url) for file in part.files]
    try:
        answer = client.post_form(
            f"{account.api_url}/2010-04-01/Accounts/{sid}/Messages.json", fields, basic=(sid, token)
        )
    except NotSent as error:
        return Receipt("not_accepted", reason=_reason("provider_unreachable", "Twilio could not be reached.", error))
    except NoAnswer as error:
        return Receipt("ambiguous", reason=_reason("provider_silent", "Twilio did not answer the send.", error))
    return outcome(answer)


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
            return Receipt("ambiguous", reason=_reason("provider_garbled", "Twilio's answer made no sense.", error))
    try:
        failure = decoder(_Failure).decode(answer.body)
    except msgspec.DecodeError:
        state = "not_accepted" if answer.status == 429 else "ambiguous" if answer.status >= 500 else "refused"
        reason = Reason(code=f"provider_http_{answer.status}", sentence="Twilio refused the message.")
        return Receipt(state, reason=reason, retry_after_seconds=_retry_after(answer))
    known = ERRORS.get(failure.code)
    state = known.state if known else "refused"
    if answer.status == 429 or answer.status >= 500:
        state = "not_accepted"
    reason = Reason(
        code=f"provider_{failure.code}",
        sentence=known.sentence if known else "Twilio refused the message; see the provider's text.",
        provider_text=failure.message or None,
    )
    return Receipt(state, reason=reason, retry_after_seconds=_retry_after(answer))


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:  # noqa: ARG001
    """Twilio's message list holds nothing of ours to look for; the status callback settles the doubt instead."""
    return None


def _reason(code: str, sentence: str, error: Exception) -> Reason:
    return Reason(code=code, sentence=sentence, provider_text=str(error))


def _retry_after(answer: ProviderAnswer) -> float | None:
    value = answer.headers.get("retry-after", "")
    return float(value) if value.isdigit() else None
