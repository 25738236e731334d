# ruff: noqa: T201 - a benchmark prints
"""
Fitting pictures to an MMS: how good they look and what it costs, ours against the usual recipes.

    python -m tests.benchmarks.fit [--rounds 5] [FOLDER OF PICTURES]

Every recipe gets the same file and limit; every round runs every recipe once. Looks are SSIMULACRA2 against the
original, both at 1080 px wide (100: identical, 90: nobody sees a difference, 70: good, 50: medium); without that
package only bytes and CPU are printed. Without a folder the pictures are painted: three scenes and a screenshot.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image, ImageOps

from tests import images
from thumbnails.jobs import FitParams, InspectParams, fit, inspect

Recipe = Callable[[Path, int], bytes]
PEERS = ("ssimulacra2>=0.3,<0.4",)
LIMITS = (600_000, 300_000)


def ours(source: Path, max_bytes: int) -> bytes:
    bounds = {"max_pixels": images.MAX_PIXELS, "max_frames": images.MAX_FRAMES}
    with tempfile.TemporaryDirectory() as name:
        media_type = inspect(InspectParams(**bounds), source, Path(name)).media_type
        accepted = ["image/jpeg", "image/png"]
        params = FitParams(media_type=media_type, max_bytes=max_bytes, media_types=accepted, **bounds)
        made = fit(params, source, Path(name))
        return (Path(name) / made.file_name).read_bytes() if made.file_name else source.read_bytes()


def full_size_bisected(source: Path, max_bytes: int) -> bytes:
    """What most code does: all pixels, the highest quality that fits."""
    return bisected(loaded(source), max_bytes)


def resized_bisected(source: Path, max_bytes: int) -> bytes:
    """1600 px, 4:2:0, bisection."""
    image = loaded(source)
    image.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
    return bisected(image, max_bytes)


def halved(source: Path, max_bytes: int) -> bytes:
    """Quality 85, half the size until it fits."""
    image = loaded(source)
    while len(data := jpeg(image, 85)) > max_bytes:
        image = image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)
    return data


def bisected(image: Image.Image, max_bytes: int) -> bytes:
    low, high, best = 5, 95, b""
    while low <= high:
        quality = (low + high) // 2
        data = jpeg(image, quality)
        if len(data) <= max_bytes:
            low, best = quality + 1, data
        else:
            high = quality - 1
    return best


def jpeg(image: Image.Image, quality: int) -> bytes:
    return images.encoded(image, "JPEG", quality=quality)


def loaded(source: Path) -> Image.Image:
    with Image.open(source) as image:
        return ImageOps.exif_transpose(image).convert("RGB")


RECIPES: dict[str, Recipe] = {
    "ours": ours,
    "full size, bisect quality": full_size_bisected,
    "1600 px, bisect quality": resized_bisected,
    "quality 85, halve the size": halved,
}


def looks(source: Path, data: bytes, scratch: Path) -> float:
    if not find_spec("ssimulacra2") or not data:
        return float("nan")
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 - a peer, not always there

    paths = [scratch / "reference.png", scratch / "made.png"]
    with Image.open(BytesIO(data)) as made:
        for image, path in zip((loaded(source), made.convert("RGB")), paths, strict=True):
            shown = image.resize((1080, round(1080 * image.height / image.width)), Image.Resampling.LANCZOS)
            shown.crop((0, shown.height // 3, 1080, shown.height // 3 * 2)).save(path, compress_level=1)
    return float(compute_ssimulacra2(*map(str, paths)))


def painted(folder: Path) -> list[Path]:
    files = {f"photo-{seed}.jpg": images.camera_scene(seed=seed, orientation=6) for seed in (1, 2)}
    noise = Image.effect_noise((4032, 3024), 90).convert("RGB")
    files["photo-at-night.jpg"] = jpeg(Image.blend(images.paint((4032, 3024), seed=3), noise, 0.25), 92)
    files["screenshot.png"] = images.encoded(images.screenshot((2560, 1440)), "PNG", compress_level=3)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [folder / name for name in files]


def cpu_seconds(work: Callable[[], bytes]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        sources = sorted(options.folder.iterdir()) if options.folder else painted(scratch)
        for source in sources:
            for max_bytes in LIMITS:
                compare(source, max_bytes, options.rounds, scratch)


def compare(source: Path, max_bytes: int, rounds: int, scratch: Path) -> None:
    print(f"\n{source.name} ({source.stat().st_size:,} bytes) to {max_bytes:,}")
    spent: dict[str, list[float]] = {name: [] for name in RECIPES}
    for _ in range(rounds):
        for name, recipe in RECIPES.items():
            spent[name].append(cpu_seconds(partial(recipe, source, max_bytes)))
    for name, recipe in RECIPES.items():
        data = recipe(source, max_bytes)
        ratio = median(mine / base for mine, base in zip(spent[name], spent["full size, bisect quality"], strict=True))
        shape = "unfit"
        if data:
            with Image.open(BytesIO(data)) as made:
                shape = f"{made.format} {made.width}x{made.height}"
        print(
            f"  {name:28} {shape:18} {len(data):>8,} bytes   SSIMULACRA2 {looks(source, data, scratch):6.1f}"
            f"   CPU {median(spent[name]):5.2f} s, x naive {ratio:4.2f}"
        )


if __name__ == "__main__":
    main()
