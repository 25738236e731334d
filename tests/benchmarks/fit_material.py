"""Painted files of every sort that people send: photographs, screenshots, animations and clips. Nothing is fetched."""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from tests import clips, images

_TWELVE = (4032, 3024)


def photographs() -> Iterator[tuple[str, bytes]]:
    """Days, nights, portraits, panoramas, fog, fabric, neon, scans; as phones, chats and scanners write them."""
    for seed in range(1, 7):
        yield f"day-{seed}.jpg", images.camera_scene(seed=seed, orientation=(1, 6, 3, 8)[seed % 4])
    for seed in (11, 12, 13):
        yield f"night-{seed}.jpg", _jpeg(_night(images.paint(_TWELVE, seed=seed)))
    for seed in (21, 22):
        yield f"portrait-{seed}.jpg", images.camera_scene((3024, 4032), seed=seed, orientation=6)
    yield "panorama.jpg", images.camera_scene((6000, 1800), seed=31)
    for seed in (41, 42):
        yield f"fog-{seed}.jpg", _jpeg(images.paint(_TWELVE, seed=seed).filter(ImageFilter.GaussianBlur(12)))
    for seed in (51, 52, 53):
        yield f"fabric-{seed}.jpg", _jpeg(_fabric(seed))
    for seed in (61, 62):
        yield f"neon-{seed}.jpg", _jpeg(_neon(seed))
    yield "gray.jpg", _jpeg(ImageOps.grayscale(images.paint(_TWELVE, seed=71)))
    yield "paper.jpg", _jpeg(_paper())
    yield "small.jpg", images.camera_scene((1280, 960), seed=72, quality=97)
    yield "chat.webp", images.encoded(images.paint((2400, 1800), seed=73), "WEBP", quality=88)
    yield "camera.avif", images.encoded(images.paint((2400, 1800), seed=74), "AVIF", quality=80, speed=9)
    yield "scan.tiff", images.encoded(images.paint((2400, 3200), seed=75), "TIFF")
    yield "photo.png", images.encoded(images.paint((1600, 1200), seed=76), "PNG", compress_level=1)


def screenshots() -> Iterator[tuple[str, bytes]]:
    """Desktops and phones, light and dark, with and without a photograph in them; PNG, JPEG and BMP."""
    for size in ((1280, 800), (1920, 1080), (2560, 1440), (3840, 2160), (1170, 2532)):
        shot = images.screenshot(size)
        yield f"light-{size[0]}.png", images.encoded(shot, "PNG", compress_level=1)
        yield f"dark-{size[0]}.png", images.encoded(ImageOps.invert(shot), "PNG", compress_level=1)
        yield f"photo-{size[0]}.png", images.encoded(_with_photo(shot), "PNG", compress_level=1)
    yield "window.bmp", images.encoded(images.screenshot(), "BMP")
    yield "recompressed.jpg", images.encoded(images.screenshot((2560, 1440)), "JPEG", quality=95)


def animations() -> Iterator[tuple[str, bytes]]:
    yield "photo.gif", images.noisy_gif(24, (480, 360))
    yield "large.gif", images.noisy_gif(12, (800, 600))
    yield "long.gif", images.noisy_gif(60, (240, 180))
    yield "drawn.gif", images.gif(60, (640, 480))
    frames = [images.paint((480, 360), seed=seed) for seed in range(12)]
    out = BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=120, quality=85)
    yield "moving.webp", out.getvalue()


def recordings() -> Iterator[tuple[str, bytes]]:
    yield "noise.mp4", clips.noise(5.0, (640, 480))
    yield "large.mp4", clips.noise(3.0, (1280, 720))
    yield "plain.mov", clips.clip("video/quicktime", 8.0)
    yield "chat.webm", clips.clip("video/webm", 6.0)
    yield "old.avi", clips.clip("video/x-msvideo", 6.0)
    yield "voice.ogg", clips.clip("audio/ogg", 20.0)
    yield "voice.wav", clips.clip("audio/wav", 20.0)


def _jpeg(image: Image.Image) -> bytes:
    return images.encoded(image, "JPEG", quality=92)


def _night(scene: Image.Image) -> Image.Image:
    noise = Image.effect_noise(scene.size, 70).convert("RGB")
    return Image.blend(ImageEnhance.Brightness(scene).enhance(0.3), noise, 0.2)


def _fabric(seed: int) -> Image.Image:
    """Fine threads over a scene: as much detail as a picture can have."""
    threads = Image.effect_noise((_TWELVE[0] // 2, _TWELVE[1] // 2), 90).resize(_TWELVE, Image.Resampling.BICUBIC)
    return ImageChops.overlay(images.paint(_TWELVE, seed=seed), threads.convert("RGB"))


def _neon(seed: int) -> Image.Image:
    """Saturated edges, which suffer first when colors are halved."""
    image = _night(images.paint(_TWELVE, seed=seed))
    draw = ImageDraw.Draw(image)
    for number in range(60):
        x, y = number * 971 * seed % _TWELVE[0], number * 577 * seed % _TWELVE[1]
        color = ((255, 0, 30), (0, 60, 255), (255, 0, 220))[number % 3]
        draw.text((x, y), "OPEN 24h", color, font_size=90 + number * 3)
    return image


def _paper() -> Image.Image:
    """A page photographed at an angle."""
    page = images.screenshot((2200, 3000)).convert("L").convert("RGB").rotate(3, expand=True, fillcolor=(90, 70, 60))
    return Image.blend(page, Image.effect_noise(page.size, 40).convert("RGB"), 0.08)


def _with_photo(shot: Image.Image) -> Image.Image:
    both = shot.copy()
    both.paste(images.paint((shot.width // 2, shot.height // 2), seed=81), (shot.width // 3, shot.height // 4))
    return both
