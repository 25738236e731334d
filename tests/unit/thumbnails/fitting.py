"""Fit one file, and check what must always hold of the answer."""

import hashlib
from pathlib import Path

import av
import pytest

from schemas.reason import Reason, Refused
from tests import images
from thumbnails.jobs import FitParams, Fitted, fit
from thumbnails.probe import Clip, ClipLimits, probe

MMS = ["image/jpeg", "image/png", "image/gif", "video/mp4", "video/3gpp", "audio/mpeg", "audio/amr"]
WHATSAPP = ["image/jpeg", "image/png", "video/mp4", "video/3gpp", "audio/aac", "audio/amr", "audio/mpeg", "audio/ogg"]
LIMITS = ClipLimits(images.MAX_PIXELS, 3600)


def fitted(folder: Path, data: bytes, media_type: str, max_bytes: int, accepted: list[str], **others: object) -> Fitted:
    source = folder / "source"
    source.write_bytes(data)
    bounds = {"max_pixels": images.MAX_PIXELS, "max_frames": images.MAX_FRAMES}
    params = FitParams(media_type=media_type, max_bytes=max_bytes, media_types=accepted, **bounds, **others)
    made = fit(params, source, folder)
    assert made.file_name is not None
    assert {one.name for one in folder.iterdir()} == {"source", made.file_name}
    result = (folder / made.file_name).read_bytes()
    assert made.size_bytes == len(result) <= max_bytes
    assert made.sha256 == hashlib.sha256(result).hexdigest()
    assert b"SecretCamera" not in result
    assert b"+48.8583" not in result
    return made


def refusal(folder: Path, data: bytes, media_type: str, max_bytes: int, accepted: list[str]) -> Reason:
    with pytest.raises(Refused) as caught:
        fitted(folder, data, media_type, max_bytes, accepted)
    return caught.value.reason


def probed(folder: Path, made: Fitted) -> Clip:
    clip = probe(folder / made.file_name, made.media_type, LIMITS)
    assert (clip.video.upright_size if clip.video else (None, None)) == (made.width, made.height)
    return clip


def first_frame(folder: Path, made: Fitted) -> av.VideoFrame:
    with av.open(str(folder / made.file_name)) as container:
        return next(container.decode(video=0))
