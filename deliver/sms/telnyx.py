"""
MMS through Telnyx: text and media travel in one message, media by URL.

Source: https://developers.telnyx.com/docs/messaging/messages/send-message (read 2026-11-22).
"""

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from deliver.answers import LATER, ask, garbled, meaning, retry_after, wordless
from deliver.linking import words
from deliver.outgoing import (
    Client,
    Limits,
    OutgoingPart,
    PlannedFile,
    PlannedPart,
    ProviderAnswer,
    Receipt,
)
from deliver.sms.telnyx_errors import ERRORS
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply

WHO = "Telnyx"


class _Made(Struct):
    id: str


class _Created(Struct):
    """The part of a 200 answer that matters."""

    data: _Made


class _Error(Struct):
    """`code` is a string of digits."""

    code: str = ""
    title: str = ""
    detail: str | None = None


class _Failure(Struct):
    errors: list[_Error]


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    document = {
        "from": part.address,
        "to": part.contact,
        "text": words(part) or "",
        "media_urls": [file.url for file in part.files],
        "type": "MMS" if part.files else "SMS",
        "webhook_url": part.callback_url,
    }
    sent = {name: value for name, value in document.items() if value}
    url, key = f"{account.api_url}/v2/messages", account.credentials["api_key"]
    answer = ask(lambda: client.post_json(url, sent, bearer=key), WHO)
    return answer if isinstance(answer, Receipt) else outcome(answer)


def outcome(answer: ProviderAnswer) -> Receipt:
    """
    What an answer of the messages endpoint means.

    A failure in Telnyx's own words says that no message was made; without them it comes from something in between.
    """
    if answer.status in (200, 201, 202):
        try:
            return Receipt("accepted", external_id=decoder(_Created).decode(answer.body).data.id)
        except msgspec.DecodeError as error:
            return garbled(WHO, error)
    told = _error(answer)
    if told is None:
        return wordless(answer, WHO)
    code = int(told.code)
    known = meaning(ERRORS, code, "Telnyx refused the message; see the provider's text.")
    later = answer.status == 429 or answer.status >= 500
    return Receipt(
        LATER if later else known.state,
        reason=known.reason(code, told.detail or told.title),
        retry_after_seconds=retry_after(answer),
        falls_back=known.falls_back and not later,
        alarms=known.alarms,
    )


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:  # noqa: ARG001
    """Telnyx finds a message by its id alone; the webhook with our token settles the doubt instead."""
    return None


def _error(answer: ProviderAnswer) -> _Error | None:
    """The first error that has a code."""
    try:
        errors = decoder(_Failure).decode(answer.body).errors
    except msgspec.DecodeError:
        return None
    return next((one for one in errors if one.code.isascii() and one.code.isdecimal() and len(one.code) < 10), None)
