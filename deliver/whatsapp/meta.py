"""
WhatsApp through Meta's Cloud API: one file per message, uploaded first and then sent by its id.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media and Meta's
OpenAPI file business-messaging-api_v23.0.yaml, read 2026-11-22. Options: `phone_number_id` (needed), `api_version`.
"""

from collections.abc import Sequence
from dataclasses import replace
from mimetypes import guess_extension, guess_type
from typing import Annotated, Any

import msgspec

from deliver.answers import DOUBTFUL, LATER, ask, garbled
from deliver.graph import api, refusal
from deliver.linking import words
from deliver.outgoing import (
    Client,
    Limits,
    OutgoingFile,
    OutgoingPart,
    PlannedFile,
    PlannedPart,
    ProviderAnswer,
    Receipt,
)
from deliver.splitting import split
from deliver.whatsapp.meta_errors import ERRORS, WHO
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply
from schemas.values import Line

_OWN_TYPES = ("image", "video", "audio")
_CAPTIONED = ("image", "video", "document")


class _Id(msgspec.Struct):
    id: Line


class _Sent(msgspec.Struct):
    messages: Annotated[list[_Id], msgspec.Meta(min_length=1)]


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    """An upload that is never sent is harmless, so only the second call can leave a doubt."""
    if not part.files:
        return _post({"type": "text", "text": {"body": words(part) or ""}}, part, account, client)
    (file,) = part.files
    media_id = _upload(file, account, client)
    if isinstance(media_id, Receipt):
        return media_id
    return _post(_media(part, file, media_id), part, account, client)


def outcome(answer: ProviderAnswer) -> Receipt:
    """Of a send."""
    if not 200 <= answer.status < 300:
        return refusal(answer, ERRORS, WHO)
    try:
        return Receipt("accepted", external_id=decoder(_Sent).decode(answer.body).messages[0].id)
    except msgspec.MsgspecError as error:
        return garbled(WHO, error)


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:  # noqa: ARG001
    """Messages cannot be looked up; a status webhook brings our token back and settles the doubt instead."""
    return None


def _upload(file: OutgoingFile, account: ChannelAccount, client: Client) -> str | Receipt:
    """The media id, good for 30 days. Whatever went wrong, nothing has left: it may be tried again."""
    fields = [("messaging_product", "whatsapp"), ("type", file.media_type)]
    token = account.credentials["access_token"]
    answer = ask(
        lambda: client.post_file(api(account, _number(account), "media"), fields, "file", _named(file), bearer=token),
        WHO,
        silence=LATER,
    )
    if isinstance(answer, Receipt):
        return answer
    if not 200 <= answer.status < 300:
        return _harmless(refusal(answer, ERRORS, WHO))
    try:
        return decoder(_Id).decode(answer.body).id
    except msgspec.MsgspecError as error:
        return _harmless(garbled(WHO, error))


def _named(file: OutgoingFile) -> OutgoingFile:
    """A name whose ending contradicts the type is error 131053."""
    if guess_type(file.file_name)[0] == file.media_type and file.file_name.isascii():
        return file
    return replace(file, file_name=f"file{guess_extension(file.media_type) or ''}")


def _harmless(receipt: Receipt) -> Receipt:
    state = LATER if receipt.state == DOUBTFUL else receipt.state
    return replace(receipt, state=state)


def _media(part: OutgoingPart, file: OutgoingFile, media_id: str) -> dict[str, Any]:
    kind = file.kind if file.kind in _OWN_TYPES else "document"
    content = {"id": media_id}
    if (caption := words(part)) and kind in _CAPTIONED:
        content["caption"] = caption
    if kind == "document":
        content["filename"] = file.file_name
    return {"type": kind, kind: content}


def _post(content: dict[str, Any], part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    document = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **_recipient(part.contact),
        **({"context": {"message_id": part.in_reply_to}} if part.in_reply_to else {}),
        "biz_opaque_callback_data": part.token,
        **content,
    }
    token = account.credentials["access_token"]
    answer = ask(
        lambda: client.post_json(api(account, _number(account), "messages"), document, bearer=token),
        WHO,
    )
    return outcome(answer) if isinstance(answer, ProviderAnswer) else answer


def _recipient(contact: str) -> dict[str, str]:
    """A phone number, or the id that Meta gives to a customer who shows none."""
    digits = contact.removeprefix("+")
    return {"to": digits} if digits.isascii() and digits.isdigit() else {"recipient": contact}


def _number(account: ChannelAccount) -> str:
    return account.options.get("phone_number_id", account.address)
