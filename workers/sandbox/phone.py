"""A mobile phone on the far side of the provider: what it received lies in a folder, byte for byte."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Fetched:
    """A file as it came over HTTP."""

    media_type: str
    content: bytes


@dataclass(frozen=True)
class PhoneFile:
    path: Path
    media_type: str
    size_bytes: int


@dataclass(frozen=True)
class PhoneMessage:
    sid: str
    sender: str
    text: str
    files: tuple[PhoneFile, ...]


CARRIER_LIMITS = {None: 600_000, "long_code": 1_000_000, "toll_free": 600_000, "short_code": 600_000}
"""
By the kind of our number, the floor of the carriers; without one, of all kinds.

https://help.twilio.com/hc/en-us/articles/360018832773 (read 2026-11-22)
"""


@dataclass
class Phone:
    number: str
    folder: Path
    carrier_limit_bytes: int | None = None
    """What the carrier lets through, all files of a message together; None: no limit."""
    fails_with: int | None = None
    """The provider's code of every delivery to this phone from now on: unreachable, unknown, filtered …"""
    received: list[PhoneMessage] = field(default_factory=list)

    def refuses(self, media: Sequence[Fetched], too_large: int) -> int | None:
        """The provider's code for why the carrier or the handset does not take it; a text alone always fits."""
        total = sum(len(one.content) for one in media)
        if self.carrier_limit_bytes is not None and total > self.carrier_limit_bytes:
            return too_large
        return self.fails_with

    def receive(self, sid: str, sender: str, text: str, media: Sequence[Fetched]) -> PhoneMessage:
        folder = self.folder / f"{len(self.received) + 1:03}-{sid}"
        folder.mkdir(parents=True)
        files = tuple(_save(folder, index, one) for index, one in enumerate(media, 1))
        message = PhoneMessage(sid=sid, sender=sender, text=text, files=files)
        self.received.append(message)
        return message


def _save(folder: Path, index: int, media: Fetched) -> PhoneFile:
    path = folder / f"{index}{mimetypes.guess_extension(media.media_type) or ''}"
    path.write_bytes(media.content)
    return PhoneFile(path=path, media_type=media.media_type, size_bytes=len(media.content))
