"""
What becomes of each format, found out by doing it: `python -m tests.formats` writes the table in thumbnails/README.md.

Every sample goes through the real validator, storer and thumbnailer, and through a preflight for each channel, with
the settings as they are shipped.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from PIL import Image
from pillow_heif import from_pillow

from ingest.incoming import ChannelAccount
from schemas.attachment import RenderedAttachment, ValidatedAttachment
from schemas.media_stored import MediaStored
from schemas.media_validated import MediaValidated
from schemas.thumbnails_rendered import ThumbnailsRendered
from tests import clips, documents, images
from tests.workbench import Bench, bench, head, received, settings
from workers import storer, thumbnailer, validator
from workers.commands.docs import rendered
from workers.preflight import Preflight, Verdict
from workers.runtime.decoding import ForkDecoder
from workers.runtime.decoding.slow import TRANSCODE
from workers.runtime.topology import RETRY

README = Path(__file__).parents[1] / "thumbnails" / "README.md"
CHANNELS = {"sms": "twilio", "webchat": "webchat", "email": "smtp", "whatsapp": "meta", "instagram": "meta"}
PHOTO = (1200, 900)
SMALLER = 0.9
"""What has lost more than a tenth was made smaller; less than that is its metadata."""


def _heic(picture: Image.Image) -> bytes:
    out = BytesIO()
    from_pillow(picture).save(out, quality=60, preset="ultrafast")
    return out.getvalue()


SAMPLES: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: images.camera_scene((2400, 1800), quality=95, orientation=6),
    "PNG": lambda: images.encoded(images.screenshot(), "PNG"),
    "GIF": lambda: images.noisy_gif(12, (480, 360)),
    "animated WebP": lambda: images.noisy_webp(12, (480, 360)),
    "WebP": lambda: images.encoded(images.paint(PHOTO), "WEBP", method=0),
    "AVIF": lambda: images.encoded(images.paint(PHOTO), "AVIF", speed=10),
    "HEIC": lambda: _heic(images.paint(PHOTO)),
    "TIFF": lambda: images.encoded(images.paint(PHOTO), "TIFF"),
    "BMP": lambda: images.encoded(images.paint(PHOTO), "BMP"),
    "PDF": documents.pdf,
    "MP4 (H.264)": lambda: clips.clip("video/mp4", 2.0),
    "MOV (H.264)": lambda: clips.clip("video/quicktime", 2.0),
    "MOV (HEVC)": lambda: clips.hevc(2.0),
    "WebM": lambda: clips.clip("video/webm", 2.0),
    "3GP": lambda: clips.clip("video/3gpp", 2.0),
    "AVI": lambda: clips.clip("video/x-msvideo", 2.0),
    "OGG (Opus)": lambda: clips.clip("audio/ogg", 2.0),
    "MP3": lambda: clips.clip("audio/mpeg", 2.0),
    "M4A (AAC)": lambda: clips.clip("audio/mp4", 2.0),
    "AMR": lambda: clips.clip("audio/amr", 2.0),
    "WAV": lambda: clips.clip("audio/wav", 2.0),
    "DOCX": lambda: documents.office("docx"),
    "ZIP": documents.archive,
    "CSV": lambda: b"name,size\nhinge,4\nscrew,12\n",
}

NAMES = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WebP",
    "video/mp4": "MP4",
    "video/3gpp": "3GP",
    "video/webm": "WebM",
    "audio/mp4": "M4A",
    "audio/mpeg": "MP3",
    "audio/ogg": "OGG",
    "audio/amr": "AMR",
    "audio/wav": "WAV",
}


@dataclass(frozen=True)
class Fate:
    """What an agent sees of a customer's file, and what an agent's file becomes on each channel."""

    shown: RenderedAttachment
    found: ValidatedAttachment
    leaves: dict[str, Verdict] = field(default_factory=dict)


def fate(content: bytes, on: Bench) -> Fate:
    stored = on.run(storer.worker, on.run(validator.worker, received(on, head(), content)).only(MediaValidated))
    media = stored.only(MediaStored)
    (shown,) = shown_in_the_end(on, media).attachments
    look = Preflight(on.settings, on.decode).look
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(content)
        leaves = {
            channel: look(path, ChannelAccount("", channel, provider, "", ""), None)
            for channel, provider in CHANNELS.items()
        }
    return Fate(shown, media.attachments[0], leaves)


def shown_in_the_end(on: Bench, media: MediaStored) -> ThumbnailsRendered:
    """A film that has to be encoded comes back once."""
    ran = on.run(thumbnailer.worker, media)
    if any(one.exchange == RETRY for one in ran.messages):
        ran = on.run(thumbnailer.worker, media)
    shown: ThumbnailsRendered = ran.data[-1]
    return shown


def table(fates: dict[str, Fate]) -> Iterator[str]:
    yield f"| format | thumbnail | preview | opened in the thread | {' | '.join(f'to {name}' for name in CHANNELS)} |"
    yield "| --- " * (4 + len(CHANNELS)) + "|"
    for name, one in fates.items():
        made = {rendition.name.partition("-")[0] for rendition in one.shown.renditions}
        preview = "still and moving" if "animation" in made else _yes("preview" in made)
        leaves = " | ".join(_left(verdict) for verdict in one.leaves.values())
        yield f"| {name} | {_yes('thumbnail' in made)} | {preview} | {_opened(one)} | {leaves} |"


def _yes(there: bool) -> str:
    return "yes" if there else "no"


def _opened(one: Fate) -> str:
    full = [rendition for rendition in one.shown.renditions if rendition.name.startswith("full")]
    if full:
        return f"as {NAMES[full[0].media_type]}"
    return "as it is" if one.found.browser_shows else "saved"


def _left(verdict: Verdict) -> str:
    if verdict.verdict == "as_is":
        return "as it is"
    if verdict.verdict == "link":
        return "a link"
    if verdict.verdict == "refused" or verdict.to_bytes is None or verdict.media_type is None:
        return f"no: {verdict.sentence}"
    name = NAMES[verdict.media_type]
    if verdict.media_type != verdict.from_media_type:
        return f"as {name}"
    return f"{name}, smaller" if verdict.to_bytes < SMALLER * verdict.from_bytes else f"{name}, cleaned"


def fates(folder: Path, names: Iterable[str] = SAMPLES) -> dict[str, Fate]:
    media = settings().media
    with ForkDecoder(media.decode, slow={TRANSCODE: media.transcode}) as decoder:
        on = bench(folder, decoder)
        found = {name: fate(SAMPLES[name](), on) for name in names}
        on.database.close()
    return found


def page(folder: Path) -> str:
    """The README as it should be."""
    return rendered(README.read_text(), {"formats": table(fates(folder))})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        README.write_text(page(Path(scratch)))
