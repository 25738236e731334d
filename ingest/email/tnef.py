"""`winmail.dat`: what Outlook wraps its files into (MS-OXTNEF, read 2026-11-22)."""

from dataclasses import dataclass

from tnefparse import TNEF
from tnefparse.tnef import TNEFAttachment

from ingest.email.charsets import clean, decoded
from ingest.email.names import TYPES, harmless, invented

_SIGNATURE = (0x223E9F78).to_bytes(4, "little")


@dataclass(frozen=True, slots=True)
class TnefFile:
    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Tnef:
    text: str
    files: list[TnefFile]


def is_tnef(content: bytes, media_type: str) -> bool:
    """By its first bytes: it also travels as application/octet-stream, and other things as application/ms-tnef."""
    family = ("application/ms-tnef", "application/vnd.ms-tnef", "application/octet-stream")
    return media_type in family and content.startswith(_SIGNATURE)


def unpack(content: bytes) -> Tnef | None:
    """None when it is broken: then it is offered as it came."""
    try:
        read = TNEF(content, do_checksum=False)
        files = [_file(one, number) for number, one in enumerate(read.attachments, 1)]
        body = read.body
    except Exception:  # noqa: BLE001 - whatever a parser of hostile bytes may raise; this runs in a child
        return None
    text = decoded(body, None) if isinstance(body, bytes) else clean(body or "")
    return Tnef(text.strip(), files) if files or text else None


def _file(attachment: TNEFAttachment, number: int) -> TnefFile:
    name = harmless(_name(attachment))
    content = bytes(attachment.data or b"")
    media_type = TYPES.guess_type(name or "")[0] or "application/octet-stream"
    return TnefFile(name or invented(media_type, number), media_type, content)


def _name(attachment: TNEFAttachment) -> str:
    try:
        said = attachment.long_filename()
    except UnicodeDecodeError:  # an 8-bit name of some code page
        said = attachment._name  # noqa: SLF001 - the only place where its bytes are
    return decoded(said, None) if isinstance(said, bytes) else str(said)
