# ruff: noqa: T201 - a benchmark prints
"""
Fitting files to an MMS: always under the limit, how good they look, and what it costs, ours against fixed recipes.

    python -m tests.benchmarks.fit [--rounds 5] [--each] [FOLDER OF PICTURES]

Every recipe gets the same file and limit; every round runs every recipe once. Looks are SSIMULACRA2 against the
original, both at 1080 px wide (100: identical, 90: nobody sees a difference, 70: good, 50: medium); without that
package only bytes and CPU are printed. Without a folder the files are painted: photographs, screenshots, animations
and clips (`fit_material`); the last two are only measured, as no fixed recipe makes them.
"""

import argparse
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image, ImageOps

from schemas.reason import Refused
from tests import images
from tests.benchmarks import fit_material
from thumbnails.jobs import FitParams, Fitted, InspectParams, fit, inspect

Recipe = Callable[[Path, int], bytes]
PEERS = ("ssimulacra2>=0.3,<0.4",)
LIMITS = (600_000, 300_000)
ACCEPTED = ["image/jpeg", "image/png"]
MOVING = [*ACCEPTED, "image/gif", "video/mp4", "video/3gpp", "audio/mpeg", "audio/amr"]
STILLS = {"photographs": fit_material.photographs, "screenshots": fit_material.screenshots}
PLAYED = {"animations": fit_material.animations, "recordings": fit_material.recordings}


def ours(source: Path, max_bytes: int) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        made = fitted(source, max_bytes, ACCEPTED, Path(name))
        return (Path(name) / made.file_name).read_bytes() if made.file_name else source.read_bytes()


def fitted(source: Path, max_bytes: int, accepted: list[str], workdir: Path) -> Fitted:
    bounds = {"max_pixels": images.MAX_PIXELS, "max_frames": images.MAX_FRAMES}
    media_type = inspect(InspectParams(**bounds), source, workdir).media_type
    return fit(FitParams(media_type=media_type, max_bytes=max_bytes, media_types=accepted, **bounds), source, workdir)


def secant_at_1600(source: Path, max_bytes: int) -> bytes:
    """The best of the fixed recipes: 1600 px, every pixel its own color, quality by secant on the log of the size."""
    with Image.open(source) as image:
        image.draft(None, (1600, 1600))
        image.thumbnail((1600, 1600), Image.Resampling.LANCZOS)
        picture = ImageOps.exif_transpose(image).convert("RGB")
    return secant(picture, max_bytes)


def secant(picture: Image.Image, max_bytes: int) -> bytes:
    """Two trials with the quick encoder, then the answer, one step of quality less until it fits."""
    goal, quality, slope, previous = math.log(max_bytes * 1.05), 78, 0.03, None
    for _ in range(2):
        size = math.log(len(jpeg(picture, quality, subsampling=0)))
        if previous and previous[0] != quality:
            slope = max(0.01, (size - previous[1]) / (quality - previous[0]))
        previous = (quality, size)
        quality = min(95, max(5, quality + math.floor((goal - size) / slope)))
    while len(data := jpeg(picture, quality, subsampling=0, progressive=True, optimize=True)) > max_bytes:
        if quality <= 5:
            return b""
        quality = max(5, quality - max(1, math.ceil(math.log(len(data) / max_bytes) / slope)))
    return data


def full_size_bisected(source: Path, max_bytes: int) -> bytes:
    """What most code does: all pixels, the highest quality that fits."""
    with Image.open(source) as image:
        picture = ImageOps.exif_transpose(image).convert("RGB")
    low, high, best = 5, 95, b""
    while low <= high:
        quality = (low + high) // 2
        data = jpeg(picture, quality)
        if len(data) <= max_bytes:
            low, best = quality + 1, data
        else:
            high = quality - 1
    return best


def jpeg(image: Image.Image, quality: int, **options: object) -> bytes:
    return images.encoded(image, "JPEG", quality=quality, **options)


RECIPES: dict[str, Recipe] = {
    "ours": ours,
    "1600 px 4:4:4, secant": secant_at_1600,
    "full size, bisect quality": full_size_bisected,
}
BASE = "1600 px 4:4:4, secant"


@dataclass(frozen=True)
class Measured:
    size_bytes: int
    shape: str
    looks: float
    cpu: float


def measured(source: Path, max_bytes: int, rounds: int, scratch: Path) -> dict[str, Measured]:
    spent: dict[str, list[float]] = {name: [] for name in RECIPES}
    for _ in range(rounds):
        for name, recipe in RECIPES.items():
            spent[name].append(cpu_seconds(partial(recipe, source, max_bytes)))
    found = {}
    for name, recipe in RECIPES.items():
        data = recipe(source, max_bytes)
        found[name] = Measured(len(data), shape(data), looks(source, data, scratch), median(spent[name]))
    return found


def shape(data: bytes) -> str:
    if not data:
        return "unfit"
    with Image.open(BytesIO(data)) as made:
        return f"{made.format} {made.width}x{made.height}"


def looks(source: Path, data: bytes, scratch: Path) -> float:
    if not find_spec("ssimulacra2") or not data:
        return float("nan")
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415 - a peer, not always there

    paths = [scratch / "reference.png", scratch / "made.png"]
    with Image.open(source) as original, Image.open(BytesIO(data)) as made:
        pair = (ImageOps.exif_transpose(original).convert("RGB"), made.convert("RGB"))
    for image, path in zip(pair, paths, strict=True):
        shown = image.resize((1080, round(1080 * image.height / image.width)), Image.Resampling.LANCZOS)
        shown.crop((0, shown.height // 3, 1080, shown.height // 3 * 2)).save(path, compress_level=1)
    return float(compute_ssimulacra2(*map(str, paths)))


def cpu_seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def written(files: Iterator[tuple[str, bytes]], folder: Path) -> Iterator[Path]:
    for name, data in files:
        path = folder / name
        path.write_bytes(data)
        yield path


def stills(kind: str, sources: Iterator[Path], options: argparse.Namespace, scratch: Path) -> None:
    """Every recipe on every picture; medians of what they look like and cost."""
    found: dict[int, list[dict[str, Measured]]] = {limit: [] for limit in LIMITS}
    for source in sources:
        for max_bytes in LIMITS:
            one = measured(source, max_bytes, options.rounds, scratch)
            found[max_bytes].append(one)
            if options.each:
                row = (f"{name}: {m.shape} {m.size_bytes:,} {m.looks:.1f} {m.cpu:.2f} s" for name, m in one.items())
                print(f"  {source.name} to {max_bytes:,}   {'   '.join(row)}", flush=True)
    for max_bytes, each in found.items():
        print(f"\n{len(each)} {kind} to {max_bytes:,} bytes")
        for name in RECIPES:
            mine = [one[name] for one in each]
            scores = sorted(m.looks for m in mine if m.size_bytes)
            ratio = median(one[name].cpu / one[BASE].cpu for one in each)
            fits = sum(0 < m.size_bytes <= max_bytes for m in mine)
            print(
                f"  {name:28} fits {fits}/{len(each)}   SSIMULACRA2 median {median(scores):5.1f} worst {scores[0]:5.1f}"
                f"   CPU median {median(m.cpu for m in mine):5.2f} s, x {ratio:4.2f}"
            )


def played(kind: str, sources: Iterator[Path], scratch: Path) -> None:
    """Ours alone: what became of each."""
    print(f"\n{kind}")
    for source in sources:
        for max_bytes in LIMITS:
            began = time.process_time()
            with tempfile.TemporaryDirectory(dir=scratch) as name:
                try:
                    made = fitted(source, max_bytes, MOVING, Path(name))
                    what = f"{made.media_type} {made.size_bytes:,} bytes; {', '.join(made.steps) or 'untouched'}"
                    assert made.size_bytes <= max_bytes
                except Refused as refused:
                    what = f"refused: {refused.code}"
            print(
                f"  {source.name} ({source.stat().st_size:,}) to {max_bytes:,}: {what};"
                f" {time.process_time() - began:.2f} s"
            )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--each", action="store_true", help="print every picture, not only medians")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if options.folder:
            stills("pictures", iter(sorted(options.folder.iterdir())), options, scratch)
            return
        for kind, files in STILLS.items():
            stills(kind, written(files(), scratch), options, scratch)
        for kind, files in PLAYED.items():
            played(kind, written(files(), scratch), scratch)


if __name__ == "__main__":
    main()
