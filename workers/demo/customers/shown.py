"""What a customer's page shows, as JSON."""

from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

from thumbnails.capabilities import capability
from workers.demo.customers.devices import Device, Held, HeldFile


class ShownFile(Struct, frozen=True, kw_only=True):
    """`inline`: it may be shown, nothing in it can run. `in_letter`: the mail's HTML shows it already."""

    name: str | None
    media_type: str
    size_bytes: int
    sha256: str
    inline: bool
    in_letter: bool


class ShownMessage(Struct, frozen=True, kw_only=True):
    """`letter`: there is HTML to see."""

    id: str
    own: bool
    at: datetime
    text: str
    files: list[ShownFile]
    subject: str | None
    letter: bool


class ShownCustomer(Struct, frozen=True, kw_only=True):
    """A line of the list. `types` are those of the last message's files, where it has no words."""

    channel: str
    contact: str
    last: str | None
    types: list[str]
    at: datetime | None


def shown_customer(channel: str, device: Device, contact: str) -> ShownCustomer:
    last = next(reversed(device.messages(contact)), None)
    if last is None:
        return ShownCustomer(channel=channel, contact=contact, last=None, types=[], at=None)
    types = [] if last.text else [file.media_type for file in last.files]
    return ShownCustomer(channel=channel, contact=contact, last=last.text or None, types=types, at=last.at)


def shown_message(held: Held) -> ShownMessage:
    return ShownMessage(
        id=held.id,
        own=held.own,
        at=held.at,
        text=held.text,
        files=[_shown_file(one) for one in held.files],
        subject=held.subject,
        letter=held.html is not None,
    )


def _shown_file(held: HeldFile) -> ShownFile:
    return ShownFile(
        name=held.name,
        media_type=held.media_type,
        size_bytes=held.path.stat().st_size,
        sha256=_digest(held.path),
        inline=capability(held.media_type).inline_safe,
        in_letter=held.cid is not None,
    )


@lru_cache(1000)
def _digest(path: Path) -> str:
    """What has come never changes."""
    return sha256(path.read_bytes()).hexdigest()
