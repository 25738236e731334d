"""The steps that a picture goes through, from picture to picture. `render` and `fit` put them in order."""

from io import BytesIO

from PIL import Image, ImageCms, ImageStat

from thumbnails import planes
from thumbnails.resizing import resized, within

_SRGB = ImageCms.createProfile("sRGB")
_SIXTEEN_BIT = ("I", "I;16", "I;16B", "I;16L", "I;16N")
_RESIZABLE = ("L", "RGB", "RGBA", "CMYK", "YCbCr")
_SAMPLE, _TILE = 256, 32
_FEW_IN_ALL = 6000
"""Colors in the sample: a photograph has 7,000 and more."""
_FEW_IN_TILE, _MANY_IN_TILE = 100, 400
"""In a tile of it: words have up to 90, photographs about 500."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decoded_within(image: Image.Image, max_side: int, *, gap: float) -> Image.Image:
    """
    Decode into a box, never larger than the picture is. This comes first: a JPEG then decodes at 1/2, 1/4 or 1/8.

    `gap` is how many times larger than the box that shrunken decoding must at least be; more is dearer and finer.
    """
    size = within(image.size, max_side)
    if image.size != size and (found := planes.decoded_at(image, size)):
        return found
    if image.format in ("JPEG", "MPO"):
        image.draft(None, (round(size[0] * gap), round(size[1] * gap)))
    else:
        image = resizable(image)
    image.load()
    return image if image.size == size else resized(image, size)


def shrunk(image: Image.Image, max_side: int) -> Image.Image:
    """A decoded picture that fits; the picture itself where it does already."""
    size = within(image.size, max_side)
    return image if image.size == size else resized(image, size)


def resizable(image: Image.Image) -> Image.Image:
    """Palettes, bits and 16-bit values as something whose neighbors can be averaged."""
    if image.mode in _SIXTEEN_BIT:
        # A plain convert("L") clips every value above 255 to white.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in _RESIZABLE else image.convert("RGB")


def upright(image: Image.Image, orientation: int) -> Image.Image:
    turn = _UPRIGHT.get(orientation)
    return image if turn is None else image.transpose(turn)


def in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """RGB or RGBA in sRGB. `profile` is the file's ICC profile; a broken one is as good as none."""
    if isinstance(profile, bytes) and profile:
        output = "RGBA" if image.mode == "RGBA" else "RGB"
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "srgb" not in ImageCms.getProfileDescription(source).lower():
                turned = ImageCms.profileToProfile(image, source, _SRGB, outputMode=output)
                image = turned or image
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def without_metadata(image: Image.Image) -> Image.Image:
    """Pillow's writers pick comments, profiles and palettes' transparency up from `info`."""
    image.info = {}
    return image


def is_transparent(image: Image.Image) -> bool:
    """Whether any pixel lets the background through."""
    return image.mode == "RGBA" and image.getchannel("A").getextrema()[0] != 255


def on_background(image: Image.Image) -> tuple[Image.Image, str]:
    """An opaque copy and the name of its background: white, or black under a picture that is itself nearly white."""
    alpha = image.getchannel("A")
    visible = ImageStat.Stat(image.convert("L"), alpha.point(lambda value: 255 if value > 127 else 0))
    name = "black" if visible.count[0] and visible.mean[0] > 200 else "white"
    flat = Image.new("RGB", image.size, name)
    flat.paste(image, mask=alpha)
    return flat, name


def is_drawn(image: Image.Image) -> bool:
    """Whether few colors make the picture, or a third of it: a screenshot may show a photograph and still is one."""
    colors = _colors_of_tiles(image)
    return sum(count <= _FEW_IN_TILE for count in colors) * 3 >= len(colors) or _few_in_all(image)


def shows_photograph(image: Image.Image) -> bool:
    """Whether an eighth of the picture has as many colors as nobody draws with."""
    colors = _colors_of_tiles(image)
    return sum(count > _MANY_IN_TILE for count in colors) * 8 >= len(colors)


def _few_in_all(image: Image.Image) -> bool:
    return _sample(image).getcolors(_FEW_IN_ALL) is not None


def _colors_of_tiles(image: Image.Image) -> list[int]:
    sample = _sample(image)
    corners = [(x, y) for y in range(0, _SAMPLE, _TILE) for x in range(0, _SAMPLE, _TILE)]
    tiles = (sample.crop((x, y, x + _TILE, y + _TILE)) for x, y in corners)
    return [len(tile.getcolors(_TILE * _TILE) or ()) for tile in tiles]


def _sample(image: Image.Image) -> Image.Image:
    return image.resize((_SAMPLE, _SAMPLE), Image.Resampling.NEAREST).convert("RGB")
