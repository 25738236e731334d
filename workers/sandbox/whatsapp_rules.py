"""
What WhatsApp says no to: uploads and sends that break a rule of its documentation.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media and Meta's
OpenAPI file business-messaging-api_v23.0.yaml, read 2026-11-22.
"""

import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workers.sandbox.meta_rules import GraphNo, known_fields, mapping, string
from workers.sandbox.phone import Fetched
from workers.sandbox.sniffing import sniffed

MB = 1_000_000
OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENTS = (
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    f"{OFFICE}.wordprocessingml.document",
    f"{OFFICE}.spreadsheetml.sheet",
    f"{OFFICE}.presentationml.presentation",
)
KINDS = {
    "image": (5 * MB, ("image/jpeg", "image/png")),
    "video": (16 * MB, ("video/mp4", "video/3gpp")),
    "audio": (16 * MB, ("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg")),
    "document": (100 * MB, DOCUMENTS),
    "sticker": (500_000, ("image/webp",)),
}
ACCEPTED = [media_type for _, types in KINDS.values() for media_type in types]
CODECS = {"video/mp4": b"avc1", "audio/ogg": b"OpusHead"}
"""H.264 and Opus alone; what such a file has somewhere in its headers."""
FIELDS = {
    "image": ("id", "caption"),
    "video": ("id", "caption"),
    "audio": ("id",),
    "document": ("id", "caption", "filename"),
    "sticker": ("id",),
}
MAX_CAPTION, MAX_TEXT, MAX_TOKEN = 1024, 4096, 512
_COMMON = ("messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data")


@dataclass(frozen=True)
class Asked:
    """A send that is well formed; `media_id` and `text` may each be missing."""

    contact: str
    kind: str
    text: str
    media_id: str | None
    filename: str | None
    quotes: str | None
    token: str | None


def kind_of(media_type: str) -> str:
    """As which kind a file of this type travels; what no kind takes is a document."""
    return next((kind for kind, (_, types) in KINDS.items() if media_type in types), "document")


def checked_upload(form: Mapping[str, Any], file: Fetched, file_name: str) -> Fetched:
    """Raises GraphNo: 100 for the form, 131053 for the bytes."""
    known_fields("the form", form, ("messaging_product", "type", "file"))
    if form.get("messaging_product") != "whatsapp":
        raise GraphNo(100, "The parameter messaging_product is required.")
    if form.get("type") != file.media_type or file.media_type not in ACCEPTED:
        raise GraphNo(100, f"Param file must be a file with one of the following types: {', '.join(ACCEPTED)}.")
    named = mimetypes.guess_type(file_name)[0]
    if named is not None and named != file.media_type:
        raise _unusable(f"The name {file_name} contradicts {file.media_type}.")
    actual = sniffed(file.content)
    if actual != file.media_type and not (actual.startswith("text/") and file.media_type == "text/plain"):
        raise _unusable(f"Type {file.media_type} was promised, but the file is {actual}.")
    if (mark := CODECS.get(actual)) and mark not in file.content:
        raise _unusable(f"The codec of this {actual} is not supported.")
    most, _ = KINDS[kind_of(file.media_type)]
    if len(file.content) > most:
        raise _unusable(f"The file has {len(file.content)} bytes, more than {most}.")
    return file


def checked(document: Any) -> Asked:
    """Raises GraphNo."""
    asked = mapping("the body", document)
    kind = asked.get("type", "text")
    if kind not in (*KINDS, "text"):
        raise GraphNo(131009, "Parameter value is not valid", details=f"type {kind!r}")
    known_fields("the message", asked, (*_COMMON, kind))
    if asked.get("messaging_product") != "whatsapp":
        raise GraphNo(100, "The parameter messaging_product is required.")
    if asked.get("recipient_type", "individual") != "individual":
        raise GraphNo(131009, "Parameter value is not valid", details="recipient_type")
    content = mapping(kind, asked.get(kind))
    context = mapping("context", asked.get("context", {}))
    known_fields("context", context, ("message_id",))
    return Asked(
        contact=_contact(asked),
        kind=kind,
        text=_text(content) if kind == "text" else _caption(kind, content),
        media_id=None if kind == "text" else _media_id(kind, content),
        filename=content.get("filename"),
        quotes=context.get("message_id"),
        token=_optional("biz_opaque_callback_data", asked, MAX_TOKEN),
    )


def _contact(asked: Mapping[str, Any]) -> str:
    """A number is digits alone, and goes by `to`; anything else is a user id, and goes by `recipient`."""
    if ("to" in asked) == ("recipient" in asked):
        raise GraphNo(131008, "Required parameter is missing", details="one of to and recipient")
    if "recipient" in asked:
        return string("recipient", asked["recipient"], 128)
    number = string("to", asked["to"], 20).removeprefix("+")
    if not (number.isascii() and number.isdigit()):
        raise GraphNo(131009, "Parameter value is not valid", details="to")
    return f"+{number}"


def _text(content: Mapping[str, Any]) -> str:
    known_fields("text", content, ("body", "preview_url"))
    return string("text.body", content.get("body"), MAX_TEXT)


def _caption(kind: str, content: Mapping[str, Any]) -> str:
    known_fields(kind, content, FIELDS[kind])
    return _optional("caption", content, MAX_CAPTION) or ""


def _media_id(kind: str, content: Mapping[str, Any]) -> str:
    """Links are legal and not recommended; we never use them, so here they are unknown."""
    return string(f"{kind}.id", content.get("id"), 128)


def _optional(name: str, given: Mapping[str, Any], at_most: int) -> str | None:
    return string(name, given[name], at_most) if name in given else None


def _unusable(details: str) -> GraphNo:
    return GraphNo(131053, "Media upload error", details=details)
