"""The jobs as the workers order them."""

from pathlib import Path

import msgspec
import pytest

from schemas.reason import Refused
from tests import images
from thumbnails.jobs import Inspection, InspectParams, RenderedFile, inspect

PARAMS = InspectParams(max_pixels=images.MAX_PIXELS, max_frames=images.MAX_FRAMES)


def inspected(tmp_path: Path, data: bytes) -> Inspection:
    source = tmp_path / "source.bin"
    source.write_bytes(data)
    return inspect(PARAMS, source, tmp_path)


def test_a_photo_is_inspected_upright(tmp_path):
    """Width and height are as a viewer shows them."""
    assert inspected(tmp_path, images.sideways_jpeg(6)) == Inspection(
        media_type="image/jpeg", kind="image", width=400, height=300, frames=1, browser_shows=True
    )


def test_an_empty_file_is_refused(tmp_path):
    """There is nothing to know about it."""
    with pytest.raises(Refused) as refused:
        inspected(tmp_path, b"")
    assert refused.value.code == "file_empty"


@pytest.mark.parametrize("file_name", ["../../etc/passwd", "/etc/passwd", "a/b.jpg", ".hidden", ""])
def test_a_file_name_cannot_leave_the_work_directory(file_name):
    """A hijacked child names the files that the worker then reads."""
    answer = {
        "name": "x",
        "file_name": file_name,
        "media_type": "image/jpeg",
        "size_bytes": 1,
        "sha256": "",
        "width": 1,
    }
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(answer | {"height": 1}, RenderedFile)
