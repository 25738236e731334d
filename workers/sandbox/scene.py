"""
A camera-like photograph made from nothing: for the demo, the tests and the benchmarks.

Sky, hills, trees, a house, fine texture and sensor grain; stored sideways with EXIF orientation and GPS, as phones do.
It is not a real photograph and is never called one.
"""

import math
import random
from io import BytesIO

from PIL import ExifTags, Image, ImageChops, ImageDraw, ImageFilter

TWELVE_MEGAPIXELS = (4032, 3024)
_TRANSPOSE_TO_STORE = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def camera_scene(
    size: tuple[int, int] = TWELVE_MEGAPIXELS,
    *,
    seed: int = 1,
    orientation: int = 1,
    gps: bool = True,
    quality: int = 92,
) -> bytes:
    """
    A JPEG as a phone would write it. `size` is what a viewer shows; with orientation 5 to 8 it is stored sideways.

    The same arguments give the same bytes.
    """
    image = paint(size, seed=seed)
    turn = _TRANSPOSE_TO_STORE[orientation]
    if turn is not None:
        image = image.transpose(turn)
    jpeg = BytesIO()
    image.save(jpeg, "JPEG", quality=quality, exif=_camera_exif(orientation, gps=gps))
    return jpeg.getvalue()


def paint(size: tuple[int, int], *, seed: int = 1) -> Image.Image:
    """The scene itself, upright, RGB. The top is always bright sky and the bottom dark ground."""
    chance = random.Random(seed)  # noqa: S311 - a picture, not a secret
    image = _sky(size)
    draw = ImageDraw.Draw(image)
    _hills(draw, size, chance)
    _trees(draw, size, chance)
    _house(draw, size)
    image = image.filter(ImageFilter.GaussianBlur(max(size) / 4000))
    return _grain(image, chance)


def _sky(size: tuple[int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return Image.merge("RGB", [ramp.point([low + (high - low) * v // 255 for v in range(256)]) for low, high in _SKY])


_SKY = ((96, 236), (150, 226), (222, 205))


def _hills(draw: ImageDraw.ImageDraw, size: tuple[int, int], chance: random.Random) -> None:
    width, height = size
    for layer in range(5):
        horizon = height * (0.45 + 0.1 * layer)
        phase, swing = chance.uniform(0, 6), height * chance.uniform(0.02, 0.06)
        ridge = [
            (x, horizon + swing * math.sin(phase + x * 7 / width) + swing / 3 * math.sin(phase + x * 31 / width))
            for x in range(0, width + 17, 16)
        ]
        shade = (110 - 18 * layer, 138 - 18 * layer, 120 - 22 * layer)
        draw.polygon([*ridge, (width + 17, height), (0, height)], fill=shade)


def _trees(draw: ImageDraw.ImageDraw, size: tuple[int, int], chance: random.Random) -> None:
    """Thousands of small strokes: the fine detail that costs a camera's JPEG its bytes."""
    width, height = size
    for _ in range(9000):
        x, y = chance.uniform(0, width), height * chance.uniform(0.6, 1.0)
        reach = height * chance.uniform(0.003, 0.014)
        green = chance.randint(28, 130)
        draw.line(
            (x, y, x + chance.uniform(-reach, reach), y - reach), (green // 2, green, green // 3), chance.randint(1, 4)
        )


def _house(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    """A saturated red roof and hard edges, which chroma subsampling spoils first."""
    width, height = size
    left, top, right, bottom = 0.58 * width, 0.52 * height, 0.8 * width, 0.78 * height
    draw.rectangle((left, top, right, bottom), (232, 222, 200))
    draw.polygon(
        [(left - 0.02 * width, top), (right + 0.02 * width, top), ((left + right) / 2, 0.38 * height)], (205, 28, 24)
    )
    for column in range(4):
        for row in range(2):
            x, y = left + width * (0.02 + 0.05 * column), top + height * (0.04 + 0.1 * row)
            draw.rectangle(
                (x, y, x + 0.028 * width, y + 0.06 * height), (52, 70, 92), (250, 250, 250), max(1, width // 800)
            )


def _grain(image: Image.Image, chance: random.Random) -> Image.Image:
    """Sensor noise from one seeded tile (Pillow's own noise cannot be seeded)."""
    tile = Image.frombytes("L", (512, 512), chance.randbytes(512 * 512)).point(
        [110 + v * 36 // 255 for v in range(256)]
    )
    noise = Image.new("L", image.size)
    for x in range(0, image.width, 512):
        for y in range(0, image.height, 512):
            noise.paste(tile.transpose(chance.choice(list(Image.Transpose)[:5])), (x, y))
    return ImageChops.add(image, Image.merge("RGB", [noise] * 3), offset=-128)


def _camera_exif(orientation: int, *, gps: bool) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Trombone"
    exif[ExifTags.Base.Model] = "Scene 1"
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.DateTime] = "2026:06:01 12:00:00"
    if gps:
        exif.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N",
                ExifTags.GPS.GPSLatitude: (48.0, 51.0, 30.24),
                ExifTags.GPS.GPSLongitudeRef: "E",
                ExifTags.GPS.GPSLongitude: (2.0, 17.0, 40.2),
            }
        )
    return exif.tobytes()
