"""Hostile and broken files through inspect, render and fit in real children: each ends in a result or a refusal."""

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

from schemas.reason import Reason
from tests import hostile, images
from thumbnails.jobs import FitParams, Fitted, Inspection, InspectParams, Recipe, Rendered, RenderParams
from thumbnails.orders import AnimationRecipe
from workers.runtime.decoding import ForkDecoder

BOUNDS = {"max_pixels": images.MAX_PIXELS, "max_frames": images.MAX_FRAMES}
RECIPES = [
    Recipe(name="thumbnail-320", max_side=320, media_type="image/webp", quality=80),
    Recipe(name="preview-1280", max_side=1280, media_type="image/jpeg", quality=85),
]
FULL = Recipe(name="full-2560", max_side=2560, media_type="image/jpeg", quality=85)
ANIMATION = AnimationRecipe(name="animation-480", max_side=480, max_frames=60, quality=60)
MMS = ["image/jpeg", "image/png", "image/gif"]
HOSTILE = dict(hostile.files())
CRASHES = {"decoder_crashed", "decode_timed_out", "decode_out_of_memory"}


@dataclass(frozen=True)
class Limits:
    timeout_seconds: float = 20.0
    memory_bytes: int = 1 << 30
    output_bytes: int = 100_000_000


@pytest.fixture(scope="module")
def decoder() -> Iterator[ForkDecoder]:
    with ForkDecoder(Limits()) as running:
        running.start()
        yield running


@dataclass(frozen=True)
class Bench:
    """One file on the table, and the three jobs."""

    decoder: ForkDecoder
    source: Path
    workdir: Path

    def inspect(self) -> Inspection | Reason:
        return self._attempt("inspect", InspectParams(**BOUNDS), Inspection)

    def render(self, media_type: str) -> Rendered | Reason:
        params = RenderParams(media_type=media_type, recipes=RECIPES, full=FULL, animation=ANIMATION, **BOUNDS)
        return self._attempt("render", params, Rendered)

    def fit(self, media_type: str, max_bytes: int = 600_000) -> Fitted | Reason:
        params = FitParams(media_type=media_type, max_bytes=max_bytes, media_types=MMS, **BOUNDS)
        return self._attempt("fit", params, Fitted)

    def everything(self) -> list[object]:
        inspected = self.inspect()
        if isinstance(inspected, Reason):
            return [inspected]
        return [inspected, self.render(inspected.media_type), self.fit(inspected.media_type)]

    def _attempt(self, job, params, returns):
        for leftover in self.workdir.iterdir():
            leftover.unlink()
        return self.decoder.attempt(
            f"thumbnails.jobs:{job}", params, source=self.source, workdir=self.workdir, returns=returns
        )


@pytest.fixture
def bench(decoder: ForkDecoder, tmp_path: Path) -> Bench:
    workdir = tmp_path / "work"
    workdir.mkdir()
    return Bench(decoder, tmp_path / "source", workdir)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_ends_in_a_result_or_a_refusal(bench, name):
    """No crash, no hang, no server lost; what comes out of it is a sound picture or a sentence."""
    bench.source.write_bytes(HOSTILE[name])
    server = bench.decoder.start().pid
    began = time.monotonic()
    ends = bench.everything()
    assert time.monotonic() - began < 10
    assert {end.code for end in ends if isinstance(end, Reason)} & CRASHES == set()
    assert bench.decoder.start().pid == server


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("png_20000_square_one_bit", "too_many_pixels"),
        ("png_13300_square_rgb", "too_many_pixels"),
        ("png_65535_square_header_only", "too_many_pixels"),
        ("jpeg_pixel_flood", "too_many_pixels"),
        ("webp_claiming_16384_square", "too_many_pixels"),
        ("gif_of_3000_frames", "too_many_frames"),
        ("apng_of_3000_frames", "too_many_frames"),
        ("png_text_inflates_to_200_mb", "image_unreadable"),
        ("empty", "file_empty"),
        ("bmp_claiming_65000_square", "too_many_pixels"),
        ("tiff_claiming_65000_square", "too_many_pixels"),
        ("heic_claiming_too_much", "too_many_pixels"),
        ("avif_claiming_too_much", "image_unreadable"),
        ("zip_claiming_4_gb", "archive_too_large"),
        ("zip_of_20000_files", "archive_too_many_files"),
    ],
)
def test_a_bomb_is_refused_from_its_header(bench, name, code):
    """The reason names the limit that was broken."""
    bench.source.write_bytes(HOSTILE[name])
    refused = bench.inspect()
    assert isinstance(refused, Reason)
    assert refused.code == code


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("postscript", "application/postscript"),
        ("html", "text/html"),
        ("svg_with_script", "image/svg+xml"),
        ("executable", "application/x-executable"),
    ],
)
def test_a_disguised_file_is_told_by_its_content(bench, name, media_type):
    """Whatever it is called; the policy then refuses the type, and no interpreter ever sees it."""
    bench.source.write_bytes(HOSTILE[name])
    inspected = bench.inspect()
    assert isinstance(inspected, Inspection)
    assert (inspected.media_type, inspected.kind, inspected.width) == (media_type, "file", None)


def test_the_largest_bomb_that_fits_an_mms_costs_nothing(decoder, tmp_path):
    """A PNG of 13300 x 13300 pixels in 516 KB (694 MB when opened naively) is refused in less than 60 MB of memory."""
    small = Limits(memory_bytes=60_000_000 + _server_address_space(decoder))
    workdir = tmp_path / "work"
    workdir.mkdir()
    bomb = Bench(ForkDecoder(small), tmp_path / "source", workdir)
    bomb.source.write_bytes(HOSTILE["png_13300_square_rgb"])
    assert 500_000 < bomb.source.stat().st_size < 600_000
    with bomb.decoder:
        bomb.decoder.start()
        before, began = _children_cpu_seconds(bomb.decoder), time.monotonic()
        refused = bomb.inspect()
        spent = _children_cpu_seconds(bomb.decoder) - before
    assert isinstance(refused, Reason)
    assert refused.code == "too_many_pixels"
    assert (refused.actual, refused.limit) == (13_300 * 13_300, images.MAX_PIXELS)
    assert spent < 0.5
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("name", ["gif_with_zip_behind", "png_with_script_behind"])
def test_what_hangs_behind_a_picture_does_not_come_out(bench, name):
    """A polyglot that would pass as it is under the limit is encoded anew, without its tail."""
    bench.source.write_bytes(HOSTILE[name])
    inspected = bench.inspect()
    assert isinstance(inspected, Inspection)
    fitted = bench.fit(inspected.media_type)
    assert isinstance(fitted, Fitted)
    assert fitted.file_name is not None
    data = (bench.workdir / fitted.file_name).read_bytes()
    assert b"script" not in data
    assert b"PK\x03\x04" not in data


@pytest.mark.parametrize("kind", hostile.SOUND)
def test_damaged_files_never_break_anything(bench, kind):
    """Eight truncations and bit flips of each kind, always the same ones; `make fuzz` tries thousands."""
    server = bench.decoder.start().pid
    for data in images.damaged(hostile.sound(kind), random.Random(20261122), 8):
        bench.source.write_bytes(data)
        ends = bench.everything()
        codes = {end.code for end in ends if isinstance(end, Reason)}
        assert codes & CRASHES == set(), (codes, len(data))
        _check_results(bench, ends)
    assert bench.decoder.start().pid == server


def _check_results(bench: Bench, ends: list[object]) -> None:
    for end in ends:
        if isinstance(end, Fitted) and end.file_name:
            path = bench.workdir / end.file_name
            assert path.stat().st_size == end.size_bytes <= 600_000
            if end.media_type.startswith("image/"):
                with Image.open(path) as image:
                    image.load()
                    assert image.size == (end.width, end.height)


def _server_address_space(decoder: ForkDecoder) -> int:
    status = Path(f"/proc/{decoder.start().pid}/status").read_text()
    return int(status.partition("VmSize:")[2].split()[0]) * 1024


def _children_cpu_seconds(decoder: ForkDecoder) -> float:
    """User and system time of the children that the fork server has reaped."""
    fields = Path(f"/proc/{decoder.start().pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) / 100
