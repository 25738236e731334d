"""What a person would see of a picture that arrived: for the demo and the tests."""

import warnings
from dataclasses import dataclass
from io import BytesIO

from PIL import ExifTags, Image

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")


@dataclass(frozen=True)
class Seen:
    """`width` and `height` as stored; `bright_side` is `top` for a landscape that is the right way up."""

    format: str
    width: int
    height: int
    has_gps: bool
    has_metadata: bool
    bright_side: str


def is_picture(content: bytes) -> bool:
    """Whether `look` has anything to see: the four types that this demo shows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=FORMATS) as image:
                image.verify()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return False
    return True


def look(content: bytes) -> Seen:
    with Image.open(BytesIO(content)) as image:
        exif = image.getexif()
        return Seen(
            format=image.format or "",
            width=image.width,
            height=image.height,
            has_gps=bool(exif.get_ifd(ExifTags.IFD.GPSInfo)),
            has_metadata=bool(exif) or "xmp" in image.info or "comment" in image.info,
            bright_side=_bright_side(image),
        )


def _bright_side(image: Image.Image) -> str:
    """A nine-pixel version is enough to tell the sky from the ground."""
    small = image.convert("L").resize((3, 3), Image.Resampling.BOX)
    pixels = {(x, y): int(small.getpixel((x, y)) or 0) for x in range(3) for y in range(3)}  # type: ignore[arg-type]
    sides = {
        "top": sum(pixels[x, 0] for x in range(3)),
        "bottom": sum(pixels[x, 2] for x in range(3)),
        "left": sum(pixels[0, y] for y in range(3)),
        "right": sum(pixels[2, y] for y in range(3)),
    }
    return max(sides, key=lambda side: sides[side])
