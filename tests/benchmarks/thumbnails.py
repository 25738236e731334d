"""
A preview of 1280 and a thumbnail of 320 pixels: CPU, memory, bytes and looks, ours (its isolation included) and peers'.

    python -m tests.benchmarks.thumbnails [--rounds 5] [KIND …]

Everybody decodes once, if it can, and encodes a JPEG of quality 85 and a WebP of quality 82 at the effort that we use.
Every round runs every subject once, each in a process of its own; ratios are taken inside a round and medians are
printed. What we do besides is in our figures: a child for each picture, its confinement, placeholder and checksums.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from tests.benchmarks.table import Table

PEERS = ("pyvips-binary>=8.16,<9", "pyvips>=3,<4", "ssimulacra2>=0.3,<0.4")
Render = Callable[[Path, Path], None]
ALONE = {"VIPS_CONCURRENCY": "1"}
"""One thread, as our child has: libvips spends least so."""
WEBP_EFFORT = 2


@dataclass(frozen=True)
class Kind:
    """`paint` makes a picture of `size` for a seed, `options` are Pillow's for its file."""

    media_type: str
    size: tuple[int, int]
    options: str
    painter: str = "paint({size}, seed={seed})"
    pictures: int = 4
    times: int = 1
    sides: tuple[int, ...] = (1280, 320)


LARGE, SMALL, PHONE = (4032, 3024), (600, 800), (1170, 2532)
KINDS = {
    "JPEG, 12 MP": Kind("image/jpeg", LARGE, "'JPEG', quality=92"),
    "PNG, 12 MP": Kind("image/png", LARGE, "'PNG', compress_level=1"),
    "WebP, 12 MP": Kind("image/webp", LARGE, "'WEBP', quality=85, method=0"),
    "JPEG, 600x800": Kind("image/jpeg", SMALL, "'JPEG', quality=85", times=8),
    "PNG, 600x800": Kind("image/png", SMALL, "'PNG'", times=8),
    "WebP, 600x800": Kind("image/webp", SMALL, "'WEBP', quality=80", times=8),
    "PNG, screenshot": Kind("image/png", PHONE, "'PNG'", "screenshot({size})", pictures=1, times=16),
    "JPEG, 12 MP, 320 alone": Kind("image/jpeg", LARGE, "'JPEG', quality=92", sides=(320,)),
}
QUALITY = {1280: ("preview", "image/jpeg", "jpg", 85), 320: ("thumbnail", "image/webp", "webp", 82)}


@dataclass(frozen=True)
class Bounds:
    timeout_seconds: float = 20.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 100_000_000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", metavar="KIND")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", nargs=2, metavar=("SUBJECT", "FOLDER"))
    options = parser.parse_args(arguments)
    if options.measure:
        subject, folder = options.measure
        print(json.dumps(measure(subject, KINDS[options.kinds[0]], Path(folder))))  # noqa: T201 - to whoever asked
        return
    table = Table("picture", "by", "CPU ms", "pyvips / it", "peak MiB", "KB", "SSIMULACRA2 1280", "320")
    for name in options.kinds or KINDS:
        with tempfile.TemporaryDirectory() as folder:
            paint(KINDS[name], Path(folder))
            compare(name, Path(folder), options.rounds, table)
    table.show()


def paint(kind: Kind, folder: Path) -> None:
    """In another process, so that this one stays small: a child's peak counts from its parent's size."""
    lines = ["from tests.images import paint, screenshot"]
    for seed in range(kind.pictures):
        picture = kind.painter.format(size=kind.size, seed=seed)
        lines.append(f"{picture}.save({str(folder / f'{seed}.picture')!r}, {kind.options})")
    subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True)


def compare(name: str, folder: Path, count: int, table: Table) -> None:
    subjects = [subject for subject in SUBJECTS if subject != "pyvips" or find_spec("pyvips")]
    rounds = [{subject: measured_apart(name, subject, folder) for subject in subjects} for _ in range(count)]
    for subject in subjects:
        costs = [one[subject] for one in rounds]
        ratios = [one["pyvips"]["cpu_ms"] / one[subject]["cpu_ms"] for one in rounds if "pyvips" in one]
        scores = [looks_apart(folder, subject, side) if side in KINDS[name].sides else "-" for side in QUALITY]
        table.add(
            name,
            subject,
            f"{median(cost['cpu_ms'] for cost in costs):.1f}",
            f"{median(ratios):.2f}" if ratios else "-",
            f"{median(cost['peak_mib'] for cost in costs):.0f}",
            f"{sum(path.stat().st_size for path in (folder / subject).iterdir()) / 1000:.0f}",
            *scores,
        )


def measured_apart(name: str, subject: str, folder: Path) -> dict[str, float]:
    (folder / subject).mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.benchmarks.thumbnails", name, "--measure", subject, str(folder)]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | ALONE).stdout
    return json.loads(said.splitlines()[-1])  # logs come before it


def measure(subject: str, kind: Kind, folder: Path) -> dict[str, float]:
    """Once to warm up, then on the clock; the first picture's renditions stay."""
    pictures, out = sorted(folder.glob("*.picture")), folder / subject
    with SUBJECTS[subject](kind) as (render, cpu_seconds):
        render(pictures[0], out)
        began = cpu_seconds()
        for picture in reversed(pictures * kind.times):
            render(picture, out)
        spent = cpu_seconds() - began
    who = resource.RUSAGE_CHILDREN if subject == "ours" else resource.RUSAGE_SELF
    return {
        "cpu_ms": spent / len(pictures) / kind.times * 1000,
        "peak_mib": resource.getrusage(who).ru_maxrss / 1024,
    }


@contextmanager
def ours(kind: Kind) -> Iterator[tuple[Render, Callable[[], float]]]:
    """Worker, fork server and children together."""
    from thumbnails.orders import Recipe, Rendered, RenderParams  # noqa: PLC0415 - peers do without our imports
    from workers.runtime.decoding import ForkDecoder  # noqa: PLC0415

    recipes = [
        Recipe(name=name, max_side=side, media_type=media_type, quality=quality)
        for side, (name, media_type, _, quality) in QUALITY.items()
        if side in kind.sides
    ]
    params = RenderParams(media_type=kind.media_type, recipes=recipes, max_pixels=50_000_000, max_frames=1000)
    with ForkDecoder(Bounds()) as decoder:
        server = decoder.start().pid

        def render(picture: Path, out: Path) -> None:
            decoder.run("thumbnails.jobs:render", params, source=picture, workdir=out, returns=Rendered)

        def cpu_seconds() -> float:
            ticks = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[11:15]
            return time.process_time() + sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

        yield render, cpu_seconds


@contextmanager
def pyvips(kind: Kind) -> Iterator[tuple[Render, Callable[[], float]]]:
    """The thumbnail is made of the preview's pixels: as cheap as libvips gets."""
    import pyvips as vips  # noqa: PLC0415

    vips.cache_set_max(0)

    def render(picture: Path, out: Path) -> None:
        image = None
        for side in kind.sides:
            name, _, suffix, quality = QUALITY[side]
            if image is None:
                image = vips.Image.thumbnail(str(picture), side, height=side, size="down").copy_memory()
            else:
                image = image.thumbnail_image(side, height=side, size="down")
            effort = {"effort": WEBP_EFFORT} if suffix == "webp" else {}
            image.write_to_file(str(out / f"{name}.{suffix}"), Q=quality, keep="none", **effort)

    yield render, time.process_time


@contextmanager
def naive(kind: Kind) -> Iterator[tuple[Render, Callable[[], float]]]:
    """As most code does it: turn first, then shrink, once per size."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    def render(picture: Path, out: Path) -> None:
        for side in kind.sides:
            name, _, suffix, quality = QUALITY[side]
            with Image.open(picture) as opened:
                image = ImageOps.exif_transpose(opened)
                image.thumbnail((side, side))
                image.save(out / f"{name}.{suffix}", quality=quality, method=WEBP_EFFORT)

    yield render, time.process_time


SUBJECTS = {"ours": ours, "pyvips": pyvips, "naive": naive}


def looks_apart(folder: Path, subject: str, side: int) -> str:
    """In another process, for the reason that `paint` has."""
    if not find_spec("ssimulacra2"):
        return "-"
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return f"{pool.submit(looks, folder, subject, side).result():.1f}"


def looks(folder: Path, subject: str, side: int) -> float:
    """SSIMULACRA2 against a Lanczos reduction of the whole decoding; the encoders' losses are in it for all."""
    from PIL import Image  # noqa: PLC0415
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415

    name, _, suffix, _ = QUALITY[side]
    with Image.open(folder / "0.picture") as whole, Image.open(folder / subject / f"{name}.{suffix}") as made:
        pair = whole.convert("RGB").resize(made.size, Image.Resampling.LANCZOS), made.convert("RGB")
    with tempfile.TemporaryDirectory() as scratch:
        paths = [f"{scratch}/{number}.png" for number in range(2)]
        for image, path in zip(pair, paths, strict=True):
            image.save(path)
        return compute_ssimulacra2(*paths)


if __name__ == "__main__":
    main()
