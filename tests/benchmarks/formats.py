"""
What it costs to show each kind of file: 12 MP pictures, an A4 page, ten seconds of video and sound, each in a child.

    python -m tests.benchmarks.formats [--rounds 5] [KIND …]

CPU and peak memory are those of the confined child, as the fork server counts them. How that compares with libvips
is `tests.benchmarks.thumbnails`' to say.
"""

import argparse
import tempfile
from collections.abc import Callable, Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from statistics import median

import av
from pillow_heif import from_pillow
from structlog.testing import capture_logs

from schemas.reason import Reason
from tests.benchmarks.table import Table
from tests.clips import clip
from tests.documents import pdf
from tests.images import encoded, noisy_gif, paint
from thumbnails.orders import Inspection, InspectParams, Rendered
from workers.runtime.decoding import ForkDecoder
from workers.runtime.settings import load
from workers.thumbnailer import orders

PEERS: tuple[str, ...] = ()
PHOTO = (4032, 3024)
FILM = (1920, 1080)


def heic() -> bytes:
    """In tiles of 512 pixels, as an iPhone writes it."""
    out = BytesIO()
    from_pillow(paint(PHOTO)).save(out, quality=60, preset="ultrafast", tile_size=512)
    return out.getvalue()


def film(container: str) -> bytes:
    """A camera that moves over a scene, with ten seconds of sound in none of it: the poster does not care."""
    out, scene = BytesIO(), paint((FILM[0] + 600, FILM[1]))
    with av.open(out, "w", format=container) as target:
        stream = target.add_stream("libx264", rate=30, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *FILM, "yuv420p"
        for number in range(300):
            frame = av.VideoFrame.from_image(scene.crop((number * 2, 0, number * 2 + FILM[0], FILM[1])))
            frame.pts, frame.time_base = number, Fraction(1, 30)
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))
    return out.getvalue()


SAMPLES: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: encoded(paint(PHOTO), "JPEG", quality=92),
    "png": lambda: encoded(paint(PHOTO), "PNG", compress_level=1),
    "webp": lambda: encoded(paint(PHOTO), "WEBP", quality=85, method=0),
    "avif": lambda: encoded(paint(PHOTO), "AVIF", quality=70, speed=10),
    "tiff": lambda: encoded(paint(PHOTO), "TIFF", compression="tiff_lzw"),
    "bmp": lambda: encoded(paint(PHOTO), "BMP"),
    "heic": heic,
    "gif, 40 frames": lambda: noisy_gif(40, (480, 360)),
    "pdf of a photo": lambda: encoded(paint(PHOTO), "PDF", quality=85),
    "pdf": lambda: pdf(30),
    "mp4": lambda: film("mp4"),
    "mov": lambda: film("mov"),
    "ogg": lambda: clip("audio/ogg", 10),
    "mp3": lambda: clip("audio/mpeg", 10),
    "amr": lambda: clip("audio/amr", 10),
}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    found = Table("kind", "MB", "inspect ms", "show ms", "peak MiB", "renditions")
    with ForkDecoder(load({}).media.decode) as decoder, tempfile.TemporaryDirectory() as folder:
        decoder.start()
        for kind in options.kinds or SAMPLES:
            source = Path(folder, "source")
            source.write_bytes(SAMPLES[kind]())
            found.add(*measured(kind, source, decoder, options.rounds))
    found.show()


def measured(kind: str, source: Path, decoder: ForkDecoder, rounds: int) -> list[str]:
    policy = load({}).media
    bounds = InspectParams(max_pixels=policy.decode.max_pixels, max_frames=policy.decode.max_frames)
    looks: list[dict[str, float]] = []
    shows: list[dict[str, float]] = []
    names = ""
    for _ in range(rounds):
        found = run(decoder, "inspect", bounds, source, Inspection, looks)
        params = orders(found.media_type, policy)
        made = run(decoder, "render", params, source, Rendered, shows)
        names = ", ".join(f"{one.name} {one.width}x{one.height}" if one.width else one.name for one in made.files)
    return [
        kind,
        f"{source.stat().st_size / 1e6:.1f}",
        f"{median(one['cpu_ms'] for one in looks):.0f}",
        f"{median(one['cpu_ms'] for one in shows):.0f}",
        f"{max(one['peak_kib'] for one in (*looks, *shows)) / 1024:.0f}",
        names,
    ]


def run(decoder: ForkDecoder, job: str, params, source: Path, returns, costs: list[dict[str, float]]):
    with tempfile.TemporaryDirectory() as workdir, capture_logs() as logs:
        answer = decoder.attempt(
            f"thumbnails.jobs:{job}", params, source=source, workdir=Path(workdir), returns=returns
        )
    assert not isinstance(answer, Reason), answer
    costs.append(next(entry for entry in logs if entry["event"] == "decoding.ended"))
    return answer


if __name__ == "__main__":
    main()
