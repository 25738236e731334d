"""
Telegram: one file per message, handed over with the call; words up to 1024 characters ride along as its caption.

https://core.telegram.org/bots/api (read 2026-11-27): sendMessage, sendPhoto, sendVideo, sendAudio, sendDocument,
ResponseParameters. A bot hears of no receipts.
"""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from msgspec import Struct

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
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply
from schemas.reason import Reason

METHODS = {"image": ("sendPhoto", "photo"), "video": ("sendVideo", "video"), "audio": ("sendAudio", "audio")}
DOCUMENT = ("sendDocument", "document")

MEANINGS: dict[int, tuple[str, str]] = {
    400: ("refused", "Telegram does not take the message."),
    401: ("refused", "Telegram does not accept our bot's token; an administrator has to look."),
    403: ("refused", "The customer has blocked our bot, or never started it."),
    404: ("refused", "Telegram does not know our bot; an administrator has to look."),
    413: ("refused", "The file is too large for Telegram."),
    429: ("not_accepted", "Telegram asked us to slow down."),
}
FILES_AT_FAULT = ("file", "photo", "image", "video", "wrong type", "too large", "entity too large")
"""Words of a 400 or 413 that blame the file: then a link may still arrive."""


class _Sent(Struct, frozen=True):
    message_id: int


class _Hints(Struct, frozen=True):
    retry_after: float | None = None


class _Reply(Struct, frozen=True):
    """Every answer of the Bot API."""

    ok: bool
    result: _Sent | None = None
    error_code: int = 0
    description: str = ""
    parameters: _Hints | None = None


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    token = quote(account.credentials["bot_token"], safe=":")
    api = f"{account.api_url}/bot{token}"
    text = words(part)
    try:
        if not part.files:
            answer = client.post_json(f"{api}/sendMessage", {"chat_id": part.contact, "text": text or ""})
        else:
            (file,) = part.files
            method, field = METHODS.get(file.kind, DOCUMENT)
            fields = [("chat_id", part.contact), *([("caption", text)] if text else [])]
            answer = client.post_file(f"{api}/{method}", fields, field, file)
    except NotSent as error:
        return Receipt("not_accepted", reason=_reason("provider_unreachable", "Telegram could not be reached.", error))
    except NoAnswer as error:
        return Receipt("ambiguous", reason=_reason("provider_silent", "Telegram did not answer the send.", error))
    return outcome(answer, part.contact)


def outcome(answer: ProviderAnswer, chat: str) -> Receipt:
    try:
        reply = decoder(_Reply).decode(answer.body)
    except msgspec.MsgspecError as error:
        state = "ambiguous" if answer.status == 200 or answer.status >= 500 else "refused"
        return Receipt(state, reason=_reason("provider_garbled", "Telegram's answer made no sense.", error))
    if reply.ok and reply.result:
        return Receipt("accepted", external_id=f"{chat}:{reply.result.message_id}")
    code = reply.error_code or answer.status
    state, sentence = MEANINGS.get(code, ("ambiguous" if code >= 500 else "refused", "Telegram refused the message."))
    blamed = code in (400, 413) and any(word in reply.description.lower() for word in FILES_AT_FAULT)
    return Receipt(
        state,
        reason=Reason(code=f"provider_{code}", sentence=sentence, provider_text=reply.description[:1024] or None),
        retry_after_seconds=reply.parameters.retry_after if reply.parameters else None,
        falls_back=blamed,
    )


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:  # noqa: ARG001
    """A bot cannot look into a chat's history."""
    return None


def _reason(code: str, sentence: str, error: Exception) -> Reason:
    return Reason(code=code, sentence=sentence, provider_text=str(error)[:1024])
