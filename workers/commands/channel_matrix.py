"""What becomes of a file of each kind on each channel, both ways: for the README, and for the test of its words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from deliver.modules import deliver_module
from deliver.outgoing import Limits, PlannedFile
from schemas.message import Reply
from workers.fitter import SHRINKABLE
from workers.runtime.settings import Settings

CHANNELS = ("sms", "webchat", "email", "whatsapp", "instagram")
SAMPLES = {
    "image": "image/jpeg",
    "video": "video/mp4",
    "audio": "audio/mpeg",
    "file": "application/pdf",
    "other": "application/zip",
}
"""A usual type of each kind; `other` is a file that half of the channels do not take."""
PICTURED = ("image", "video", "audio", "file")
"""What has a thumbnail: itself, a frame, a waveform, the first page."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """
    What becomes of a file that an agent sends with a caption.

    `as_file`: it arrives as one, otherwise as a link. `together`: the caption is in the same message.
    """

    as_file: bool
    together: bool

    def __str__(self) -> str:
        return f"{'arrives' if self.as_file else 'a link'}, caption {'with it' if self.together else 'apart'}"


def provider_of(settings: Settings, channel: str) -> str:
    """The first of a channel's providers in `channels.yaml`; the others differ in numbers alone."""
    return next(iter(settings.channels[channel]))


def outbound(settings: Settings, channel: str, kind: str) -> Outbound:
    """By the limits and by the channel's own plan, as the fitter makes it."""
    provider = provider_of(settings, channel)
    limits = settings.limits(channel, provider).outbound.for_plan()
    file = PlannedFile("file", SAMPLES[kind], size_bytes=1, kind="file" if kind == "other" else kind)
    reply = Reply(text="caption", expires_at=datetime.max.replace(tzinfo=UTC))
    parts = deliver_module(channel, provider).plan(reply, [file], limits)
    return Outbound(_carried(limits, kind), any(part.text and part.attachments for part in parts))


def receipts(settings: Settings, channel: str) -> list[str]:
    return settings.limits(channel, provider_of(settings, channel)).outbound.receipts.value


def channel_table(settings: Settings) -> Iterator[str]:
    """Two rows per channel; the last column names the test that stands behind each cell of the row."""
    yield f"| channel | direction | {' | '.join(SAMPLES)} | receipts | test |"
    yield f"|{' --- |' * (len(SAMPLES) + 4)}"
    shown = " | ".join("shows, with a thumbnail" if kind in PICTURED else "shows" for kind in SAMPLES)
    for channel in CHANNELS:
        arrives = " | ".join(str(outbound(settings, channel, kind)) for kind in SAMPLES)
        told = ", ".join(receipts(settings, channel))
        yield f"| {channel} | in | {shown} | | `test_inbound[{channel}-<kind>]` |"
        yield f"| {channel} | out | {arrives} | {told} | `test_outbound[{channel}-<kind>]` |"


def _carried(limits: Limits, kind: str) -> bool:
    """As it is, or as what it is converted into."""
    return limits.kind_of(SAMPLES[kind]) is not None or (kind in SHRINKABLE and kind in limits.kinds)
