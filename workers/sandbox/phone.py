"""A mobile phone on the far side of the provider: what it received lies in a folder, byte for byte."""

import mimetypes
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Fetched:
    """A file as it came over HTTP."""

    media_type: str
    content: bytes
    name: str | None = None
    """Where the provider's protocol carries one: an MMS has none, nor has a photo on WhatsApp or Instagram."""


def fetched(path: Path) -> Fetched:
    """A file of a customer's, with the type that its name says."""
    return Fetched(mimetypes.guess_type(path.name)[0] or "", path.read_bytes())


@dataclass(frozen=True)
class PhoneFile:
    path: Path
    media_type: str
    size_bytes: int
    name: str | None = None


@dataclass(frozen=True)
class PhoneMessage:
    sid: str
    sender: str
    text: str
    files: tuple[PhoneFile, ...]
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


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
    written: list[PhoneMessage] = field(default_factory=list)
    """What its owner sent."""

    def refuses(self, media: Sequence[Fetched], too_large: int) -> int | None:
        """The provider's code for why the carrier or the handset does not take it; a text alone always fits."""
        total = sum(len(one.content) for one in media)
        if self.carrier_limit_bytes is not None and total > self.carrier_limit_bytes:
            return too_large
        return self.fails_with

    def receive(self, sid: str, sender: str, text: str, media: Sequence[Fetched]) -> PhoneMessage:
        folder = self.folder / f"{len(self.received) + 1:03}-{sid}"
        message = PhoneMessage(sid=sid, sender=sender, text=text, files=_save_all(folder, media))
        self.received.append(message)
        return message

    def write(self, sid: str, text: str, media: Sequence[Fetched]) -> None:
        """Keep what its owner sends, to be shown beside the answers."""
        files = _save_all(self.folder / "written" / f"{len(self.written) + 1:03}-{sid}", media)
        self.written.append(PhoneMessage(sid=sid, sender=self.number, text=text, files=files))


@dataclass
class Phones:
    """Everybody's, each known from the moment somebody asks for it. `folder` keeps what they get, one folder each."""

    folder: Path
    carrier_limit_bytes: int | None = None
    _known: dict[str, Phone] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def customer(self, contact: str) -> Phone:
        with self._lock:
            folder = self.folder / "".join(sign if sign.isalnum() else "-" for sign in contact).strip("-")
            return self._known.setdefault(contact, Phone(contact, folder, self.carrier_limit_bytes))

    def customers(self) -> tuple[Phone, ...]:
        with self._lock:
            return tuple(self._known.values())


def _save_all(folder: Path, media: Sequence[Fetched]) -> tuple[PhoneFile, ...]:
    folder.mkdir(parents=True)
    return tuple(_save(folder, index, one) for index, one in enumerate(media, 1))


def _save(folder: Path, index: int, media: Fetched) -> PhoneFile:
    path = folder / f"{index}{mimetypes.guess_extension(media.media_type) or ''}"
    path.write_bytes(media.content)
    return PhoneFile(path=path, media_type=media.media_type, size_bytes=len(media.content), name=media.name)
