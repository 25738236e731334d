# ruff: noqa: T201 - a benchmark prints
"""
Fitting files to an MMS: always under the limit, how good they look, and what it costs, ours against fixed recipes.

    python -m tests.benchmarks.fit [--rounds 5] [--each] [--kinds photographs,clips] [FOLDER OF PICTURES]

Every recipe gets the same file and limit; every round runs every recipe once; CPU is compared file by file with that
of the first recipe beside ours, the best of the fixed ones. Looks: see `fit_looks`; without its package only bytes and
CPU are printed. Without a folder the files are painted (`fit_material`).
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from schemas.reason import Refused
from tests import images
from tests.benchmarks import fit_looks, fit_material
from tests.benchmarks.fit_recipes import (
    Recipe,
    film_in_steps,
    film_in_two_passes,
    full_size_bisected,
    gif_in_steps,
    secant_at_1600,
)
from thumbnails.jobs import FitParams, InspectParams, fit, inspect

PEERS = fit_looks.PEERS
LIMITS = (600_000, 300_000)
STILL = ["image/jpeg", "image/png"]
MOVING = [*STILL, "image/gif", "video/mp4", "video/3gpp", "audio/mpeg", "audio/amr"]


def ours(accepted: list[str], source: Path, max_bytes: int, folder: Path) -> Path | None:
    bounds = {"max_pixels": images.MAX_PIXELS, "max_frames": images.MAX_FRAMES}
    media_type = inspect(InspectParams(**bounds), source, folder).media_type
    params = FitParams(media_type=media_type, max_bytes=max_bytes, media_types=accepted, **bounds)
    try:
        made = fit(params, source, folder)
    except Refused:
        return None
    return folder / made.file_name if made.file_name else source


@dataclass(frozen=True)
class Kind:
    """`recipes`: the best of the fixed ones first."""

    files: Callable[[], Iterator[tuple[str, bytes]]]
    accepted: list[str]
    recipes: Mapping[str, Recipe]


PICTURE_RECIPES = {"1600 px 4:4:4, secant": secant_at_1600, "full size, bisected": full_size_bisected}
KINDS = {
    "photographs": Kind(fit_material.photographs, STILL, PICTURE_RECIPES),
    "screenshots": Kind(fit_material.screenshots, STILL, PICTURE_RECIPES),
    "graphics": Kind(fit_material.graphics, STILL, PICTURE_RECIPES),
    "animations": Kind(fit_material.animations, MOVING, {"128 colors, 3/4 the size": gif_in_steps}),
    "clips": Kind(
        fit_material.films,
        MOVING,
        {"1280 px, two passes": film_in_two_passes, "640 px, quality in steps": film_in_steps},
    ),
    "recordings": Kind(fit_material.recordings, MOVING, {}),
}


@dataclass(frozen=True)
class Measured:
    """`size_bytes` is 0 where nothing was made."""

    size_bytes: int
    looks: float
    cpu: float


def measured(
    source: Path, max_bytes: int, recipes: Mapping[str, Recipe], rounds: int, scratch: Path
) -> dict[str, Measured]:
    spent: dict[str, list[float]] = {name: [] for name in recipes}
    found = {}
    for number in range(rounds):
        for name, recipe in recipes.items():
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                began = time.process_time()
                made = recipe(source, max_bytes, Path(folder))
                spent[name].append(time.process_time() - began)
                if number == 0:
                    found[name] = seen(source, made, scratch) if made else (0, float("nan"))
    return {name: Measured(*found[name], min(spent[name])) for name in recipes}


def seen(source: Path, made: Path, scratch: Path) -> tuple[int, float]:
    is_heard = source.suffix in fit_material.HEARD
    return made.stat().st_size, float("nan") if is_heard else fit_looks.looks(source, made, scratch)


def compare(name: str, kind: Kind, sources: Iterator[Path], options: argparse.Namespace, scratch: Path) -> None:
    """Every recipe on every file; medians of what they look like and cost."""
    recipes = {"ours": partial(ours, kind.accepted), **kind.recipes}
    found: dict[int, list[dict[str, Measured]]] = {limit: [] for limit in LIMITS}
    for source in sources:
        for max_bytes in LIMITS:
            one = measured(source, max_bytes, recipes, options.rounds, scratch)
            found[max_bytes].append(one)
            if options.each:
                row = (f"{name}: {m.size_bytes:,} {m.looks:.1f} {m.cpu:.2f} s" for name, m in one.items())
                print(f"  {source.name} to {max_bytes:,}   {'   '.join(row)}", flush=True)
    base = next(iter(kind.recipes), "ours")
    for max_bytes, each in found.items():
        print(f"\n{len(each)} {name} to {max_bytes:,} bytes")
        for recipe in recipes:
            print(f"  {recipe:26} {summary([one[recipe] for one in each], max_bytes, [one[base] for one in each])}")


def summary(mine: Sequence[Measured], max_bytes: int, base: Sequence[Measured]) -> str:
    """Refused is what nothing was made of; over the limit would be a mistake."""
    made = [one for one in mine if one.size_bytes]
    assert made
    scores = sorted(one.looks for one in made)
    ratio = median(one.cpu / other.cpu for one, other in zip(mine, base, strict=True))
    under = sum(one.size_bytes <= max_bytes for one in made)
    return (
        f"under the limit {under} of {len(made)}, refused {len(mine) - len(made)}"
        f"   SSIMULACRA2 median {median(scores):5.1f} worst {scores[0]:5.1f}"
        f"   CPU median {median(one.cpu for one in mine):5.2f} s, x {ratio:4.2f}"
    )


def written(files: Iterator[tuple[str, bytes]], folder: Path) -> Iterator[Path]:
    for name, data in files:
        path = folder / name
        path.write_bytes(data)
        yield path


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--kinds", default=",".join(KINDS), help="only these, parted by commas")
    parser.add_argument("--each", action="store_true", help="print every file, not only medians")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        if options.folder:
            compare("pictures", KINDS["photographs"], iter(sorted(options.folder.iterdir())), options, scratch)
            return
        for kind in options.kinds.split(","):
            compare(kind, KINDS[kind], written(KINDS[kind].files(), scratch), options, scratch)


if __name__ == "__main__":
    main()
