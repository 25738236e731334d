"""Broken clips and animations through fit in real children: each ends in a version, checked, or a refusal."""

import random
from collections.abc import Iterator

import pytest

from schemas.reason import Reason
from tests import clips, images
from tests.workbench import settings
from thumbnails.jobs import FitParams, Fitted
from thumbnails.probe import ClipLimits, probe
from workers.runtime.decoding import ForkDecoder
from workers.runtime.decoding.slow import TRANSCODE

CRASHES = {"decoder_crashed", "decode_timed_out", "decode_out_of_memory"}
CHANNELS = (["image/gif", "video/mp4", "audio/mpeg", "audio/amr"], ["video/mp4", "audio/ogg"], [])
SOURCES = {kind: clips.clip(kind) for kind in clips.KINDS} | {
    "image/gif": images.noisy_gif(4, (64, 48)),
    "image/webp": images.animated_webp(4),
}


@pytest.fixture(scope="module")
def decoder() -> Iterator[ForkDecoder]:
    media = settings().media
    with ForkDecoder(media.decode, slow={TRANSCODE: media.transcode}) as running:
        yield running


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """Cut short, or with bytes changed: anywhere, or where the headers are."""
    if chance.random() < 0.3:
        return data[: chance.randrange(1, len(data))]
    changed = bytearray(data)
    reach = chance.choice([600, len(data)])
    for _ in range(chance.choice([1, 4, 16, 64])):
        changed[chance.randrange(min(reach, len(data)))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("media_type", SOURCES)
def test_a_broken_clip_ends_in_a_version_or_a_refusal(tmp_path, decoder, media_type):
    """No crash, nothing half done, and what is made is under the limit and can be read again."""
    chance = random.Random(media_type)
    source = tmp_path / "source"
    for number in range(6):
        source.write_bytes(spoiled(SOURCES[media_type], chance))
        workdir = tmp_path / str(number)
        workdir.mkdir()
        params = FitParams(
            media_type=media_type,
            max_bytes=chance.choice([3000, 20_000, 600_000]),
            media_types=CHANNELS[number % 3],
            max_pixels=images.MAX_PIXELS,
            max_frames=images.MAX_FRAMES,
            plain_h264=number % 2 == 1,
        )
        end = decoder.attempt(TRANSCODE, params, source=source, workdir=workdir, returns=Fitted)
        if isinstance(end, Reason):
            assert end.code not in CRASHES
            continue
        assert end.size_bytes <= params.max_bytes
        assert [one.name for one in workdir.iterdir()] == ([end.file_name] if end.file_name else [])
        if end.file_name and not end.media_type.startswith("image/"):
            probe(workdir / end.file_name, end.media_type, ClipLimits(images.MAX_PIXELS, 3600))
