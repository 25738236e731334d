"""The forms and documents that mail providers post: which fields they have, without looking into the mail itself."""

import re
from base64 import b64decode
from urllib.parse import parse_qsl

import msgspec

_BOUNDARY = re.compile(r"boundary=(?:\"([^\"]{1,200})\"|([^\s;,\"]{1,200}))", re.IGNORECASE)
_NAME = re.compile(rb"name=\"([^\"\r\n]{1,200})\"", re.IGNORECASE)
_MAX_FIELDS = 200


class FormBroken(ValueError):
    """Raised when a body is not the form that its headers promise."""

    retryable = False


def fields(content_type: str, body: bytes) -> dict[str, bytes]:
    """The first value of each field of a form, multipart or URL-encoded. Raises FormBroken."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(
                body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS, errors="surrogateescape"
            )
        except ValueError as error:
            raise FormBroken(str(error)[:100]) from None
        return {name: value.encode("utf-8", "surrogateescape") for name, value in reversed(pairs)}
    boundary = _BOUNDARY.search(content_type)
    if kind != "multipart/form-data" or not boundary:
        raise FormBroken("not a form")
    return _multipart((boundary[1] or boundary[2]).encode("latin-1", "replace"), body)


def _multipart(boundary: bytes, body: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for piece in (b"\r\n" + body).split(b"\r\n--" + boundary, _MAX_FIELDS)[1:]:
        head, separator, value = piece.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if separator and name:
            found.setdefault(name[1].decode("latin-1"), value)
    if not found:
        raise FormBroken("no fields")
    return found


class Postmarked(msgspec.Struct, frozen=True, rename="pascal"):
    """The part of Postmark's document that matters."""

    raw_email: str = ""
    original_recipient: str = ""
    from_: str = msgspec.field(default="", name="From")


_postmark: msgspec.json.Decoder[Postmarked] = msgspec.json.Decoder(Postmarked)


def postmarked(body: bytes) -> Postmarked:
    """Raises FormBroken."""
    try:
        return _postmark.decode(body)
    except msgspec.MsgspecError as error:
        raise FormBroken("not Postmark's document") from error


def basic_of(header: str) -> tuple[str, str] | None:
    """User and password of an `Authorization: Basic` header."""
    scheme, _, coded = header.partition(" ")
    try:
        user, colon, password = b64decode(coded.strip(), validate=True).decode().partition(":")
    except ValueError:
        return None
    return (user, password) if scheme.lower() == "basic" and colon else None
