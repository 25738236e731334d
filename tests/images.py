"""Makers of the pictures and hostile files that tests use. Nothing is fetched, nothing is committed."""

import random
import struct
import zlib
from collections.abc import Iterator
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, PngImagePlugin
from pillow_heif import from_pillow

from workers.sandbox.scene import camera_scene, paint

__all__ = ["camera_scene", "paint"]

MAX_PIXELS = 50_000_000
MAX_FRAMES = 1000
CORNERS = {"top_left": (255, 0, 0), "top_right": (0, 255, 0), "bottom_left": (0, 0, 255), "bottom_right": (255, 255, 0)}


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def corners(size: tuple[int, int] = (400, 300)) -> Image.Image:
    """A differently colored quarter in each corner: shows which way up a picture is."""
    width, height = size
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for (name, color), x, y in zip(CORNERS.items(), (0, width // 2) * 2, (0, 0, height // 2, height // 2), strict=True):
        assert name
        draw.rectangle((x, y, x + width // 2, y + height // 2), color)
    return image


def corner_colors(image: Image.Image) -> dict[str, tuple[int, int, int]]:
    """The corners as seen, each rounded to full or no red, green and blue."""
    rgb = image.convert("RGB")
    x, y = rgb.width // 5, rgb.height // 5
    places = {"top_left": (x, y), "top_right": (rgb.width - x, y), "bottom_left": (x, rgb.height - y)}
    places["bottom_right"] = (rgb.width - x, rgb.height - y)
    return {name: tuple(255 if value > 127 else 0 for value in rgb.getpixel(place)) for name, place in places.items()}


def sideways_jpeg(orientation: int, size: tuple[int, int] = (400, 300)) -> bytes:
    """The corners as a phone stores them: turned, with the EXIF orientation that turns them back, and GPS."""
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    image = corners(size)
    if orientation in inverse:
        image = image.transpose(Image.Transpose(inverse[orientation]))
    return encoded(image, "JPEG", quality=95, exif=exif(orientation))


def exif(orientation: int = 1) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010F] = "SecretCamera"
    block.get_ifd(0x8825).update({1: "N", 2: (48.0, 51.0, 30.0), 3: "E", 4: (2.0, 17.0, 40.0)})
    return block


def screenshot(size: tuple[int, int] = (1920, 1080)) -> Image.Image:
    """Windows, rules and lines of small text."""
    image = Image.new("RGB", size, (246, 247, 249))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0], 48), (38, 50, 56))
    for row in range(70, size[1] - 20, 18):
        draw.text(
            (40, row), f"{row:05d}  order 2026-{row * 7919 % 99991:05d}  customer {row * 31 % 977}  paid", (30, 30, 30)
        )
        draw.text((size[0] // 2, row), "the quick brown fox jumps over the lazy dog " * 2, (20, 80, 160))
    return image


def gif(frames: int, size: tuple[int, int] = (64, 48)) -> bytes:
    """Each frame shows its number: Pillow merges frames that are equal."""
    pictures = []
    for number in range(frames):
        picture = Image.new("P", size, 0)
        picture.putpalette([0, 0, 0, 255, 255, 255] + [0] * 750)
        ImageDraw.Draw(picture).text((2, 2), str(number), 1)
        pictures.append(picture)
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=50, loop=0)


def noisy_gif(frames: int, size: tuple[int, int]) -> bytes:
    """A moving photograph: much larger than a drawn animation."""
    pictures = [one.quantize(256, dither=Image.Dither.NONE) for one in _passing_by(frames, size)]
    return encoded(pictures[0], "GIF", save_all=True, append_images=pictures[1:], duration=80, loop=0)


def noisy_webp(frames: int, size: tuple[int, int]) -> bytes:
    pictures = list(_passing_by(frames, size))
    return encoded(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], duration=80, loop=0, quality=90)


def _passing_by(frames: int, size: tuple[int, int]) -> Iterator[Image.Image]:
    scene = paint((size[0] + frames * 4, size[1]))
    for step in range(frames):
        yield scene.crop((step * 4, 0, step * 4 + size[0], size[1]))


def transparent_logo(color: tuple[int, int, int], size: tuple[int, int] = (300, 300)) -> Image.Image:
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    ImageDraw.Draw(image).ellipse((50, 50, size[0] - 50, size[1] - 50), (*color, 255))
    return image


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of_zeros(width: int, height: int, *, bits: int = 8, color: int = 2, complete: bool = True) -> bytes:
    """A PNG bomb, deflated without ever holding its pixels."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, 0))
    row = bytes(1 + (width * bits * {0: 1, 2: 3}[color] + 7) // 8)
    deflate = zlib.compressobj(9)
    data = b"".join(deflate.compress(row) for _ in range(height if complete else 1)) + deflate.flush()
    return b"\x89PNG\r\n\x1a\n" + header + png_chunk(b"IDAT", data) + png_chunk(b"IEND", b"")


def png_with_text_bomb() -> bytes:
    """zTXt that inflates to 200 MB."""
    deflate = zlib.compressobj(9)
    data = b"".join(deflate.compress(bytes(1_000_000)) for _ in range(200)) + deflate.flush()
    small = encoded(Image.new("RGB", (8, 8)), "PNG")
    return small[:33] + png_chunk(b"zTXt", b"Comment\0\0" + data) + small[33:]


def jpeg_claiming(width: int, height: int) -> bytes:
    """A small JPEG whose frame header lies ("pixel flood")."""
    data = bytearray(encoded(Image.new("RGB", (8, 8)), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


def apng(frames: int) -> bytes:
    pictures = [Image.new("RGB", (32, 32), (number % 256, number // 256, 0)) for number in range(frames)]
    return encoded(pictures[0], "PNG", save_all=True, append_images=pictures[1:])


def animated_webp(frames: int, size: tuple[int, int] = (48, 48)) -> bytes:
    pictures = [Image.new("RGB", size, (number * 40 % 256, 255 - number, number)) for number in range(frames)]
    return encoded(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], lossless=True)


def png_with_secrets() -> bytes:
    """Text, EXIF with GPS, and a script behind the end."""
    info = PngImagePlugin.PngInfo()
    info.add_text("Author", "SecretCamera")
    picture = encoded(corners(), "PNG", pnginfo=info, exif=exif())
    return picture + b"<script>SecretCamera</script>"


def hostile_files() -> Iterator[tuple[str, bytes]]:
    """Every kind of reliability facts known to us that concerns the types we open, each with a telling name."""
    yield "png_20000_square_one_bit", png_of_zeros(20_000, 20_000, bits=1, color=0)
    yield "png_13300_square_rgb", png_of_zeros(13_300, 13_300)
    yield "png_65535_square_header_only", png_of_zeros(65_535, 65_535, complete=False)
    yield "jpeg_pixel_flood", jpeg_claiming(65_000, 65_000)
    yield "png_text_inflates_to_200_mb", png_with_text_bomb()
    yield "gif_with_zip_behind", gif(1) + b"PK\x03\x04" + bytes(60)
    yield "png_with_script_behind", encoded(corners(), "PNG") + b"<script>alert(1)</script>"
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"
    yield "html", b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    yield "svg_with_script", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    yield "svg_with_entity", b'<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>'
    yield "executable", b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 2, 62, 1) + bytes(200)
    yield "gif_of_3000_frames", gif(3000, (16, 16))
    yield "apng_of_3000_frames", apng(3000)
    yield "php_behind_gif_header", b"GIF89a<?php system($_GET['c']); ?>"
    yield "png_truncated", encoded(corners(), "PNG")[:-30]
    yield "jpeg_truncated", encoded(paint((640, 480)), "JPEG")[:9000]
    yield "webp_truncated", encoded(paint((640, 480)), "WEBP")[:5000]
    yield "webp_claiming_16384_square", _webp_claiming_too_much()
    yield "gif_growing_canvas", _gif_growing()
    yield "gif_without_end", gif(2)[:-1] + b"\x21\xfe" + b"\x01a" * 200_000
    yield "empty", b""
    yield "one_byte", b"\xff"


def _webp_claiming_too_much() -> bytes:
    data = bytearray(animated_webp(2))
    data[24:30] = b"\xff\x3f\x00\xff\x3f\x00"
    return bytes(data)


def _gif_growing() -> bytes:
    """The second frame says that it is 65,000 pixels square."""
    data = bytearray(gif(2))
    at = data.rindex(b"\x2c\x00\x00\x00\x00")
    data[at + 5 : at + 9] = struct.pack("<HH", 65_000, 65_000)
    return bytes(data)


def damaged(data: bytes, chance: random.Random, cases: int) -> Iterator[bytes]:
    """Truncations and flipped bits, the same for the same seed."""
    for number in range(cases):
        if number % 4 == 0:
            yield data[: chance.randrange(1, len(data))]
            continue
        broken = bytearray(data)
        for _ in range(chance.choice((1, 3, 20))):
            # half of the damage goes where the structure is
            at = chance.randrange(min(200, len(broken))) if chance.random() < 0.5 else chance.randrange(len(broken))
            broken[at] ^= 1 << chance.randrange(8)
        yield bytes(broken)


@cache
def heic(size: tuple[int, int] = (400, 300), orientation: int = 1) -> bytes:
    """As an iPhone writes it, with GPS; an orientation is stored in the container, not in the pixels."""
    out = BytesIO()
    from_pillow(corners(size)).save(out, quality=80, exif=exif(orientation).tobytes())
    return out.getvalue()
