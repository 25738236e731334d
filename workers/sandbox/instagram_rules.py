"""
What Instagram says no to before it takes a message.

https://developers.facebook.com/documentation/instagram-platform/instagram-api-with-instagram-login/messaging-api, read
2026-11-22.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workers.sandbox.meta_rules import GraphNo, known_fields, mapping, string

MB = 1_000_000
MAX_TEXT_BYTES = 1000
MAX_IMAGES = 10
KINDS = {
    "image": (8 * MB, ("image/png", "image/jpeg", "image/gif")),
    "audio": (25 * MB, ("audio/aac", "audio/mp4", "audio/wav", "video/mp4")),
    "video": (25 * MB, ("video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm")),
    "file": (25 * MB, ("application/pdf",)),
}


@dataclass(frozen=True)
class Attached:
    kind: str
    url: str


@dataclass(frozen=True)
class Asked:
    """A send that is well formed: words, or files."""

    contact: str
    text: str
    attachments: tuple[Attached, ...]
    by_a_person: bool


def checked(document: Any) -> Asked:
    """Raises GraphNo."""
    asked = mapping("the body", document)
    known_fields("the body", asked, ("recipient", "message", "messaging_type", "tag"))
    recipient = mapping("recipient", asked.get("recipient"))
    known_fields("recipient", recipient, ("id",))
    message = mapping("message", asked.get("message"))
    known_fields("message", message, ("text", "attachment", "attachments"))
    if len(message) != 1:
        raise GraphNo(100, "A message holds exactly one of text, attachment and attachments")
    return Asked(
        contact=string("recipient.id", recipient.get("id"), 64),
        text=_text(message) if "text" in message else "",
        attachments=_attachments(message),
        by_a_person=_tagged(asked),
    )


def _text(message: Mapping[str, Any]) -> str:
    text = string("message.text", message["text"], MAX_TEXT_BYTES)
    if len(text.encode()) > MAX_TEXT_BYTES:
        raise GraphNo(100, f"Length of param message[text] must be less than or equal to {MAX_TEXT_BYTES}")
    return text


def _attachments(message: Mapping[str, Any]) -> tuple[Attached, ...]:
    """Several pictures in one message, one of anything else."""
    if "attachment" in message:
        return (_attached(message["attachment"]),)
    several = message.get("attachments", [])
    if not isinstance(several, Sequence) or ("attachments" in message and not 1 <= len(several) <= MAX_IMAGES):
        raise GraphNo(100, f"attachments holds 1 to {MAX_IMAGES} pictures")
    found = tuple(_attached(one) for one in several)
    if any(one.kind != "image" for one in found):
        raise GraphNo(100, "attachments holds pictures only")
    return found


def _attached(value: Any) -> Attached:
    attachment = mapping("attachment", value)
    known_fields("attachment", attachment, ("type", "payload"))
    payload = mapping("payload", attachment.get("payload"))
    known_fields("payload", payload, ("url", "is_reusable"))
    kind = attachment.get("type")
    if kind not in KINDS:
        raise GraphNo(100, f"Invalid attachment type {kind!r}")
    url = string("payload.url", payload.get("url"), 4096)
    if not url.isascii() or not url.startswith(("http://", "https://")):
        raise GraphNo(100, "payload.url is no URL of plain characters")
    return Attached(kind, url)


def _tagged(asked: Mapping[str, Any]) -> bool:
    given = (asked.get("messaging_type"), asked.get("tag"))
    if given == ("MESSAGE_TAG", "HUMAN_AGENT"):
        return True
    if given in ((None, None), ("RESPONSE", None)):
        return False
    raise GraphNo(100, f"Invalid messaging_type and tag: {given}")
