# ruff: noqa: T201 - a benchmark prints
"""
Thumbnails of 12 MP JPEGs: CPU per image and peak memory, ours (fork server and children included) against peers.

    python -m tests.benchmarks.thumbnails [--rounds 5] [--photos 6] [FOLDER OF JPEGS]

Every round runs every subject once, each in a process of its own; ratios are taken inside a round and medians are
printed. Without a folder the photos are camera-like scenes that we paint ourselves.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median

PEERS = ("pyvips-binary>=8.16,<9", "pyvips>=3,<4", "ssimulacra2>=0.3,<0.4")
Render = Callable[[Path, Path], None]
Sides = tuple[int, ...]
SUBJECTS: dict[str, tuple[str, Sides]] = {
    "ours, 320": ("ours", (320,)),
    "pyvips, 320": ("pyvips", (320,)),
    "Pillow naive, 320": ("naive", (320,)),
    "ours, 1280 + 320": ("ours", (1280, 320)),
    "pyvips, 1280 + 320": ("pyvips", (1280, 320)),
    "Pillow naive, 1280 + 320": ("naive", (1280, 320)),
}
TYPES = {320: ("webp", 80), 1280: ("jpg", 85)}


@dataclass(frozen=True)
class Bounds:
    timeout_seconds: float = 20.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 100_000_000


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--photos", type=int, default=6)
    parser.add_argument("--subject")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    if options.subject:
        print(json.dumps(measure(options.subject, options.folder, options.out)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or painted(Path(scratch) / "photos", options.photos)
        report(rounds(folder, Path(scratch), options.rounds), folder, Path(scratch))


def painted(folder: Path, count: int) -> Path:
    """In another process, so that this one stays small: a child's peak counts from its parent's size."""
    folder.mkdir()
    program = (
        "import sys; from pathlib import Path; from workers.sandbox.scene import camera_scene\n"
        "for n in range(int(sys.argv[2])):\n"
        "    (Path(sys.argv[1]) / f'{n}.jpg').write_bytes(camera_scene(seed=n, orientation=6))"
    )
    subprocess.run([sys.executable, "-c", program, str(folder), str(count)], check=True)
    return folder


def rounds(folder: Path, scratch: Path, count: int) -> list[dict[str, dict[str, float]]]:
    subjects = [name for name, (kind, _) in SUBJECTS.items() if kind != "pyvips" or find_spec("pyvips")]
    found = []
    for number in range(count):
        found.append({})
        for name in subjects:
            out = scratch / name.replace(" ", "")
            out.mkdir(exist_ok=True)
            command = [
                sys.executable,
                "-m",
                "tests.benchmarks.thumbnails",
                str(folder),
                "--subject",
                name,
                "--out",
                str(out),
            ]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[number][name] = json.loads(said.splitlines()[-1])  # logs come before it
    return found


def measure(name: str, folder: Path, out: Path) -> dict[str, float]:
    kind, sides = SUBJECTS[name]
    photos = sorted(folder.iterdir())
    with ExitStack() as stack:
        render, cpu_seconds = {"ours": ours, "pyvips": pyvips, "naive": naive}[kind](sides, stack)
        render(photos[0], out)
        cpu, wall = cpu_seconds(), time.perf_counter()
        for photo in photos:
            render(photo, out)
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
    who = resource.RUSAGE_CHILDREN if kind == "ours" else resource.RUSAGE_SELF
    return {
        "cpu_ms": cpu / len(photos) * 1000,
        "wall_ms": wall / len(photos) * 1000,
        "peak_mib": resource.getrusage(who).ru_maxrss / 1024,
    }


def ours(sides: Sides, stack: ExitStack) -> tuple[Render, Callable[[], float]]:
    from thumbnails.orders import Recipe, Rendered, RenderParams  # noqa: PLC0415 - peers do without our imports
    from workers.runtime.decoding import ForkDecoder  # noqa: PLC0415

    decoder = stack.enter_context(ForkDecoder(Bounds()))
    server = decoder.start().pid
    recipes = [
        Recipe(
            name=str(side),
            max_side=side,
            media_type={"webp": "image/webp", "jpg": "image/jpeg"}[TYPES[side][0]],
            quality=TYPES[side][1],
        )
        for side in sides
    ]
    params = RenderParams(media_type="image/jpeg", recipes=recipes, max_pixels=50_000_000, max_frames=1000)

    def render(photo: Path, out: Path) -> None:
        decoder.run("thumbnails.jobs:render", params, source=photo, workdir=out, returns=Rendered)

    def cpu_seconds() -> float:
        ticks = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[11:15]
        return time.process_time() + sum(map(int, ticks)) / 100

    return render, cpu_seconds


def pyvips(sides: Sides, stack: ExitStack) -> tuple[Render, Callable[[], float]]:
    import pyvips as vips  # noqa: PLC0415

    vips.cache_set_max(0)
    assert stack

    def render(photo: Path, out: Path) -> None:
        for side in sides:
            suffix, quality = TYPES[side]
            image = vips.Image.thumbnail(str(photo), side, height=side, size="down")
            image.write_to_file(str(out / f"{side}.{suffix}"), Q=quality, keep="none")

    return render, time.process_time


def naive(sides: Sides, stack: ExitStack) -> tuple[Render, Callable[[], float]]:
    """As most code does it: turn first, then shrink, once per size."""
    from PIL import Image, ImageOps  # noqa: PLC0415

    assert stack

    def render(photo: Path, out: Path) -> None:
        for side in sides:
            suffix, quality = TYPES[side]
            with Image.open(photo) as opened:
                image = ImageOps.exif_transpose(opened)
                image.thumbnail((side, side))
                image.save(out / f"{side}.{suffix}", quality=quality)

    return render, time.process_time


def report(found: list[dict[str, dict[str, float]]], folder: Path, scratch: Path) -> None:
    print(
        f"{'subject':26} {'CPU ms':>8} {'wall ms':>8} {'peak MiB':>9} {'pyvips CPU / it':>17} {'SSIMULACRA2, 320':>17}"
    )
    for name in found[0]:
        cpu, wall, peak = (median(one[name][figure] for one in found) for figure in ("cpu_ms", "wall_ms", "peak_mib"))
        peer = f"pyvips, {name.split(', ')[1]}"
        ratio = median(one[peer]["cpu_ms"] / one[name]["cpu_ms"] for one in found) if peer in found[0] else float("nan")
        score = looks(max(folder.iterdir()), scratch / name.replace(" ", "") / "320.webp")
        print(f"{name:26} {cpu:8.1f} {wall:8.1f} {peak:9.1f} {ratio:17.2f} {score:>17}")


def looks(photo: Path, thumbnail: Path) -> str:
    """Against a Lanczos thumbnail of the whole decoding; the WebP encoder's loss is in it, the same for all."""
    if not find_spec("ssimulacra2"):
        return "-"
    from PIL import Image, ImageOps  # noqa: PLC0415
    from ssimulacra2 import compute_ssimulacra2  # noqa: PLC0415

    with Image.open(photo) as opened, Image.open(thumbnail) as made:
        pair = ImageOps.exif_transpose(opened).resize(made.size, Image.Resampling.LANCZOS), made.convert("RGB")
    paths = [str(thumbnail.with_name(f"{name}.png")) for name in ("reference", "made")]
    for image, path in zip(pair, paths, strict=True):
        image.save(path)
    return f"{compute_ssimulacra2(*paths):.1f}"


if __name__ == "__main__":
    main()
