"""
Telegram: one file per message, handed over with the call; words up to 1024 characters ride along as its caption.

https://core.telegram.org/bots/api (read 2026-11-27): sendMessage, sendPhoto, sendVideo, sendAudio, sendDocument,
ResponseParameters. A bot hears of no receipts.
"""

from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from msgspec import Struct

from deliver.answers import DOUBTFUL, LATER, NEVER, Meaning, ask, garbled, wordless
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
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply

WHO = "Telegram"
METHODS = {"image": ("sendPhoto", "photo"), "video": ("sendVideo", "video"), "audio": ("sendAudio", "audio")}
DOCUMENT = ("sendDocument", "document")

MEANINGS = {
    400: Meaning(NEVER, "Telegram does not take the message."),
    401: Meaning(NEVER, "Telegram does not accept our bot's token; an administrator has to look.", alarms=True),
    403: Meaning(NEVER, "The customer has blocked our bot, or never started it."),
    404: Meaning(NEVER, "Telegram does not know our bot; an administrator has to look.", alarms=True),
    413: Meaning(NEVER, "The file is too large for Telegram."),
    429: Meaning(LATER, "Telegram asked us to slow down."),
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
    answer = ask(lambda: _posted(part, api, client), WHO)
    return answer if isinstance(answer, Receipt) else outcome(answer, part.contact)


def _posted(part: OutgoingPart, api: str, client: Client) -> ProviderAnswer:
    text = words(part)
    if not part.files:
        return client.post_json(f"{api}/sendMessage", {"chat_id": part.contact, "text": text or ""})
    (file,) = part.files
    method, field = METHODS.get(file.kind, DOCUMENT)
    fields = [("chat_id", part.contact), *([("caption", text)] if text else [])]
    return client.post_file(f"{api}/{method}", fields, field, file)


def outcome(answer: ProviderAnswer, chat: str) -> Receipt:
    try:
        reply = decoder(_Reply).decode(answer.body)
    except msgspec.MsgspecError as error:
        return garbled(WHO, error) if answer.status == 200 else wordless(answer, WHO)
    if reply.ok and reply.result:
        return Receipt("accepted", external_id=f"{chat}:{reply.result.message_id}")
    code = reply.error_code or answer.status
    unknown = Meaning(DOUBTFUL if code >= 500 else NEVER, "Telegram refused the message.")
    meaning = MEANINGS.get(code, unknown)
    blamed = code in (400, 413) and any(word in reply.description.lower() for word in FILES_AT_FAULT)
    return Receipt(
        meaning.state,
        reason=meaning.reason(code, reply.description),
        retry_after_seconds=reply.parameters.retry_after if reply.parameters else None,
        falls_back=blamed,
        alarms=meaning.alarms,
    )


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:  # noqa: ARG001
    """A bot cannot look into a chat's history."""
    return None
