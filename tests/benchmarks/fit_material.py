"""Painted files of every sort that people send: photographs, screenshots, animations and clips. Nothing is fetched."""

from collections.abc import Iterator
from io import BytesIO

import av
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


def graphics() -> Iterator[tuple[str, bytes]]:
    """Logos and diagrams with holes, gradients, a tiny icon, a huge plan."""
    for number, color in enumerate(((200, 30, 40), (20, 120, 220), (250, 250, 250))):
        logo = images.transparent_logo(color, (900, 900))
        yield f"logo-{number}.png", images.encoded(logo, "PNG", compress_level=1)
    for seed in (91, 92):
        cut = images.paint((2000, 1500), seed=seed).convert("RGBA")
        cut.putalpha(Image.radial_gradient("L").resize(cut.size).point(lambda value: 255 if value < 120 else 0))
        yield f"cut-out-{seed}.png", images.encoded(cut, "PNG", compress_level=1)
    for name, make in (("linear", Image.linear_gradient), ("radial", Image.radial_gradient)):
        bands = [make("L").rotate(turn).resize((2400, 1600)) for turn in (0, 90, 180)]
        yield f"{name}.png", images.encoded(Image.merge("RGB", bands), "PNG", compress_level=1)
    yield "icon.png", images.encoded(images.transparent_logo((9, 90, 9)).resize((64, 64)), "PNG")
    yield "plan.png", images.encoded(_plan((6000, 4000)), "PNG", compress_level=1)


def films() -> Iterator[tuple[str, bytes]]:
    """A camera passing a scene, a scrolling screen, noise; H.264, VP9 and MPEG-4."""
    yield "pan-1280.mp4", _film("mp4", "libx264", _pan((1280, 720), 60, seed=1))
    yield "pan-1920.mov", _film("mov", "libx264", _pan((1920, 1080), 40, seed=2))
    yield "pan-640.webm", _film("webm", "libvpx-vp9", _pan((640, 480), 60, seed=3))
    yield "pan-640.avi", _film("avi", "mpeg4", _pan((640, 480), 60, seed=4))
    yield "screen-1280.mp4", _film("mp4", "libx264", _scroll((1280, 720), 60))
    yield "noise.mp4", clips.noise(4.0, (640, 480))
    yield "upright-720.mp4", _film("mp4", "libx264", _pan((720, 1280), 60, seed=5))


def recordings() -> Iterator[tuple[str, bytes]]:
    yield "voice.ogg", clips.clip("audio/ogg", 20.0)
    yield "voice.wav", clips.clip("audio/wav", 20.0)
    yield "voice.mp3", clips.clip("audio/mpeg", 60.0)


HEARD = (".ogg", ".wav", ".mp3")


def _film(container: str, codec: str, frames: Iterator[Image.Image], rate: int = 20) -> bytes:
    out = BytesIO()
    with av.open(out, "w", format=container) as target:
        stream = None
        for frame in frames:
            if stream is None:
                stream = target.add_stream(codec, rate=rate)
                stream.width, stream.height, stream.pix_fmt = *frame.size, "yuv420p"
                stream.bit_rate = 6_000_000
            target.mux(stream.encode(av.VideoFrame.from_image(frame)))
        if stream:
            target.mux(stream.encode(None))
    return out.getvalue()


def _pan(size: tuple[int, int], frames: int, seed: int) -> Iterator[Image.Image]:
    scene = images.paint((size[0] + frames * 6, size[1]), seed=seed)
    for step in range(frames):
        yield scene.crop((step * 6, 0, step * 6 + size[0], size[1]))


def _scroll(size: tuple[int, int], frames: int) -> Iterator[Image.Image]:
    page = images.screenshot((size[0], size[1] + frames * 9))
    for step in range(frames):
        yield page.crop((0, step * 9, size[0], step * 9 + size[1]))


def _plan(size: tuple[int, int]) -> Image.Image:
    """Thin lines in few colors."""
    plan = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(plan)
    for number in range(400):
        x, y = number * 7919 % size[0], number * 6101 % size[1]
        draw.rectangle(
            (x, y, x + 300, y + 200), outline=((30, 30, 30), (180, 20, 20), (20, 60, 160))[number % 3], width=3
        )
        draw.text((x + 10, y + 10), f"room {number}", (0, 0, 0), font_size=36)
    return plan


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
