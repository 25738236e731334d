"""
Instagram messages through Meta: files first and words after them, since no message holds both; files by URL.

https://developers.facebook.com/documentation/instagram-platform/instagram-api-with-instagram-login/messaging-api (read
2026-11-22). The connection's `api_url` and options say which way in it has:

- `login`: `instagram` (graph.instagram.com, a token of the Instagram user; the default) or `facebook`
  (graph.facebook.com, a token of the page, `page_id` or `me`)
- `human_agent`: `"true"` tags what leaves as written by a person, which is allowed for seven days instead of one
- `api_version`
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from deliver.answers import ask, garbled
from deliver.graph import api, refusal
from deliver.instagram.meta_errors import ERRORS, WHO
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
from deliver.splitting import files_first
from ingest.incoming import ChannelAccount
from schemas.decoders import decoder
from schemas.message import Reply
from schemas.values import Line

_TYPES = ("image", "video", "audio")


class _Sent(msgspec.Struct):
    message_id: Line


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return files_first(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    document: dict[str, Any] = {"recipient": {"id": part.contact}, "message": _message(part)}
    if account.options.get("human_agent") == "true":
        document |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    token = account.credentials["access_token"]
    answer = ask(
        lambda: client.post_json(api(account, sender(account), "messages"), document, bearer=token),
        WHO,
    )
    return outcome(answer) if isinstance(answer, ProviderAnswer) else answer


def outcome(answer: ProviderAnswer) -> Receipt:
    if not 200 <= answer.status < 300:
        return refusal(answer, ERRORS, WHO)
    try:
        return Receipt("accepted", external_id=decoder(_Sent).decode(answer.body).message_id)
    except msgspec.MsgspecError as error:
        return garbled(WHO, error)


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:  # noqa: ARG001
    """A send carries nothing of ours that Instagram would give back."""
    return None


def sender(account: ChannelAccount) -> str:
    """Whose node takes the send: the Instagram account itself, or the page behind it."""
    if account.options.get("login", "instagram") == "facebook":
        return account.options.get("page_id", "me")
    return account.address


def _message(part: OutgoingPart) -> dict[str, Any]:
    """One picture is an array, too: the documentation shows both, and only the array is described."""
    if not part.files:
        return {"text": words(part) or ""}
    if all(file.kind == "image" for file in part.files):
        return {"attachments": [_attachment(file) for file in part.files]}
    (file,) = part.files
    return {"attachment": _attachment(file)}


def _attachment(file: OutgoingFile) -> dict[str, Any]:
    return {"type": file.kind if file.kind in _TYPES else "file", "payload": {"url": file.url}}
