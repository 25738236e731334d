"""The tree of a mail, walked to its leaves: each once, to a sane depth, with what its place in the tree says."""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.generator import BytesGenerator
from io import BytesIO
from typing import cast

from ingest.email.charsets import decoded
from ingest.email.headers import Mail, first

MAX_DEPTH = 40
MAX_LEAVES = 500
MAX_NESTED = 4
"""How many mails inside mails are opened; what lies deeper is still offered whole."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """`above` are the multipart types around it, outermost first. `nested`: inside how many forwarded mails it lies."""

    part: Mail
    above: tuple[str, ...] = ()
    nested: int = 0

    @property
    def media_type(self) -> str:
        return self.part.get_content_type()

    @property
    def disposition(self) -> str:
        return (first(self.part, "content-disposition").partition(";")[0]).strip().lower()

    @property
    def is_without_boundary(self) -> bool:
        """Called multipart, with nothing that separates parts: its text is all there is."""
        return self.part.get_content_maintype() == "multipart" and not self.part.is_multipart()

    @property
    def content_id(self) -> str:
        return first(self.part, "content-id").strip("<> ")

    @property
    def location(self) -> str:
        return first(self.part, "content-location")

    def content(self) -> bytes:
        """The decoded bytes; a broken encoding is undone as far as it goes."""
        if self.media_type == "message/rfc822":
            return written(enclosed_mail(self.part))
        if self.part.is_multipart():
            return written(self.part)
        found = self.part.get_payload(decode=True)
        return found if isinstance(found, bytes) else b""

    def text(self) -> str:
        return decoded(self.content(), charset_of(self.part))


def leaves(mail: Mail) -> Iterator[Leaf]:
    """A forwarded mail is a leaf itself, followed by its own leaves."""
    waiting = [Leaf(mail)]
    seen = 0
    while waiting and seen < MAX_LEAVES:
        leaf = waiting.pop()
        children = _children(leaf)
        if children is None:
            seen += 1
            yield leaf
        else:
            waiting += reversed(children)
        if leaf.media_type == "message/rfc822" and leaf.nested < MAX_NESTED:
            inner = enclosed_mail(leaf.part)
            waiting.append(Leaf(inner, leaf.above, leaf.nested + 1))


def _children(leaf: Leaf) -> list[Leaf] | None:
    """None: it has none to look at."""
    if leaf.part.get_content_maintype() != "multipart" or not leaf.part.is_multipart() or len(leaf.above) >= MAX_DEPTH:
        return None
    above = (*leaf.above, leaf.media_type)
    return [Leaf(child, above, leaf.nested) for child in cast("list[Mail]", leaf.part.get_payload())]


def enclosed_mail(part: Mail) -> Mail:
    """The mail inside a message/rfc822. RFC 2046 forbids Base64 there; where it stands all the same it is undone."""
    payload = part.get_payload()
    inner = cast("Mail", payload[0]) if isinstance(payload, list) and payload else part
    if first(part, "content-transfer-encoding").lower() != "base64":
        return inner
    coded = re.sub(rb"[^A-Za-z0-9+/=]", b"", written(inner))
    try:
        return message_from_bytes(b64decode(coded + b"=" * (-len(coded) % 4)))
    except ValueError:
        return inner


def written(mail: Mail) -> bytes:
    out = BytesIO()
    try:
        BytesGenerator(out, mangle_from_=False, maxheaderlen=0).flatten(mail)
    except (ValueError, LookupError, UnicodeError, TypeError, AttributeError):  # a charset that nobody knows
        return mail.as_string().encode("utf-8", "surrogateescape") if not mail.is_multipart() else b""
    return out.getvalue()


def charset_of(part: Mail) -> str | None:
    try:
        return part.get_content_charset()
    except (ValueError, LookupError):
        return None
