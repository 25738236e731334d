"""What most code does to make a file fit: fixed recipes, one step worse until the limit is met."""

import math
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageOps, ImageSequence

from tests import images
from tests.benchmarks.fit_looks import on_white
from thumbnails.probe import Clip, ClipLimits, probe
from thumbnails.transcode_clip import Source, transcode
from thumbnails.transcode_recipes import SoundRecipe, VideoRecipe
from thumbnails.transcode_tracks import evened

Recipe = Callable[[Path, int, Path], Path | None]
"""The source, the limit, and a folder for the result; None where nothing fits."""


def secant_at_1600(source: Path, max_bytes: int, folder: Path) -> Path | None:
    """The best of the fixed recipes: 1600 px, every pixel its own color, quality by secant on the log of the size."""
    with Image.open(source) as image:
        image.draft(None, (1600, 1600))
        image.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
        picture = on_white(ImageOps.exif_transpose(image))
    return _kept(_secant(picture, max_bytes), folder / "secant.jpg")


def full_size_bisected(source: Path, max_bytes: int, folder: Path) -> Path | None:
    """All pixels, the highest quality that fits."""
    with Image.open(source) as image:
        picture = on_white(ImageOps.exif_transpose(image))
    low, high, best = 5, 95, b""
    while low <= high:
        quality = (low + high) // 2
        data = _jpeg(picture, quality)
        if len(data) <= max_bytes:
            low, best = quality + 1, data
        else:
            high = quality - 1
    return _kept(best, folder / "bisected.jpg")


def gif_in_steps(source: Path, max_bytes: int, folder: Path) -> Path | None:
    """128 colors for each frame, and three quarters of the size until it fits."""
    with Image.open(source) as image:
        frames = [(frame.convert("RGB"), frame.info.get("duration", 100)) for frame in ImageSequence.Iterator(image)]
    scale = 1.0
    while scale > 0.1:
        size = (round(frames[0][0].width * scale), round(frames[0][0].height * scale))
        first, *rest = [frame.resize(size, Image.Resampling.LANCZOS).quantize(128) for frame, _ in frames]
        data = images.encoded(
            first, "GIF", save_all=True, append_images=rest, duration=[each for _, each in frames], loop=0
        )
        if len(data) <= max_bytes:
            return _kept(data, folder / "steps.gif")
        scale *= 0.75
    return None


def film_in_two_passes(source: Path, max_bytes: int, folder: Path) -> Path | None:
    """1280 px, x264 in two passes at the bit rate that the bytes allow, a tenth less until it fits."""
    clip = _clip(source)
    sound_bits = 64_000 if clip.audio else 0
    bits = max_bytes * 8 * 0.97 / max(clip.duration_seconds or 0.0, 0.1) - sound_bits
    for _ in range(5):
        path = _film(Source(source, clip), folder / "passes.mp4", 1280, int(bits), None)
        if path.stat().st_size <= max_bytes:
            return path
        bits *= 0.9
    return None


def film_in_steps(source: Path, max_bytes: int, folder: Path) -> Path | None:
    """640 px, x264 at a quality of 26, three less until it fits."""
    clip = _clip(source)
    for quality in range(26, 51, 3):
        path = _film(Source(source, clip), folder / "steps.mp4", 640, 20_000_000, quality)
        if path.stat().st_size <= max_bytes:
            return path
    return None


def _clip(source: Path) -> Clip:
    media_type = {".webm": "video/webm", ".avi": "video/x-msvideo", ".mov": "video/quicktime"}.get(source.suffix)
    return probe(source, media_type or "video/mp4", ClipLimits(images.MAX_PIXELS, 3600))


def _film(source: Source, path: Path, side: int, bits: int, quality: int | None) -> Path:
    assert source.clip.video
    width, height = source.clip.video.upright_size
    scale = min(1.0, side / max(width, height))
    rate = Fraction(source.clip.video.frames_per_second or 30).limit_denominator(1001)
    video = VideoRecipe(evened((width * scale, height * scale)), rate, bits, constant_quality=quality)
    sound = SoundRecipe("aac", 44_100, 1, 64_000) if source.clip.audio else None
    transcode(source, path, "video/mp4", video=video, sound=sound)
    return path


def _secant(picture: Image.Image, max_bytes: int) -> bytes:
    """Two trials with the quick encoder, then the answer, one step of quality less until it fits."""
    goal, quality, slope, previous = math.log(max_bytes * 1.05), 78, 0.03, None
    for _ in range(2):
        size = math.log(len(_jpeg(picture, quality, subsampling=0)))
        if previous and previous[0] != quality:
            slope = max(0.01, (size - previous[1]) / (quality - previous[0]))
        previous = (quality, size)
        quality = min(95, max(5, quality + math.floor((goal - size) / slope)))
    while len(data := _jpeg(picture, quality, subsampling=0, progressive=True, optimize=True)) > max_bytes:
        if quality <= 5:
            return b""
        quality = max(5, quality - max(1, math.ceil(math.log(len(data) / max_bytes) / slope)))
    return data


def _jpeg(image: Image.Image, quality: int, **options: object) -> bytes:
    return images.encoded(image, "JPEG", quality=quality, **options)


def _kept(data: bytes, path: Path) -> Path | None:
    path.write_bytes(data)
    return path if data else None
