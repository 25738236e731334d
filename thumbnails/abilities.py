"""Which decoders this installation has, and what the lack of each would cost."""

from collections.abc import Iterator
from importlib.metadata import version

import av
import PIL
import pillow_heif
import pypdfium2
from PIL import features

from thumbnails.orders import Abilities, Ability
from thumbnails.resizing import VECTORIZED

_CODECS = {
    "H.264 video": ("h264", "films of phones have no poster"),
    "HEVC video": ("hevc", "films of newer iPhones have no poster"),
    "VP9 video": ("vp9", "WebM films have no poster"),
    "AV1 video": ("libdav1d", "AV1 films have no poster"),
    "AAC sound": ("aac", "most recordings have no waveform, and none is made playable for browsers"),
    "Opus sound": ("libopus", "voice notes have no waveform"),
    "AMR sound": ("amrnb", "voice notes of older phones have no waveform and do not play in browsers"),
}
"""libav's name of each, and what is lost without it."""


def abilities() -> Abilities:
    return Abilities(found=[*_pictures(), *_clips()])


def _pictures() -> Iterator[Ability]:
    for name, feature, extensions in (
        ("JPEG", "jpg", "JPEG photos"),
        ("WebP", "webp", "WebP pictures, and all thumbnails,"),
        ("AVIF", "avif", "AVIF pictures"),
        ("TIFF", "libtiff", "compressed TIFF scans"),
        ("color management", "littlecms2", "photos with a color profile"),
    ):
        lost = "look pale" if name == "color management" else "have no preview"
        yield Ability(name=name, version=_version(feature), lost=f"{extensions} {lost}")
    yield Ability(name="PNG, GIF, BMP", version=f"Pillow {PIL.__version__}", lost="nothing works")
    yield Ability(
        name="HEIC", version=f"libheif {pillow_heif.libheif_version()}", lost="photos of iPhones have no preview"
    )
    yield Ability(
        name="SIMD resizing",
        version=f"cykooz-resizer {version('cykooz-resizer')}" if VECTORIZED else None,
        lost="thumbnails cost up to twice the CPU",
    )
    yield Ability(name="PDF", version=f"PDFium {pypdfium2.PDFIUM_INFO}", lost="PDFs have no preview")


def _version(feature: str) -> str | None:
    return (features.version(feature) or "built in") if features.check(feature) else None


def _clips() -> Iterator[Ability]:
    libav = ".".join(map(str, av.library_versions["libavcodec"]))
    for name, (codec, lost) in _CODECS.items():
        yield Ability(name=name, version=f"libavcodec {libav}" if codec in av.codecs_available else None, lost=lost)
