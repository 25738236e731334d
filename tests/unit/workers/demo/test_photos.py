"""The pictures of the demo: painted by us and said so, or the user's own."""

from io import StringIO
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from tests.images import camera_scene
from workers.demo import photos as module
from workers.demo.photos import flooding_png, photos
from workers.sandbox.eyes import look


@pytest.fixture
def quick(monkeypatch) -> None:
    """A small flood and a small scene: what they are is tested elsewhere."""
    monkeypatch.setattr(module, "flooding_png", lambda side: flooding_png(side // 100))
    monkeypatch.setattr(module, "camera_scene", lambda size=(400, 300), **kwargs: camera_scene(size, **kwargs))


def test_without_a_photo_we_paint_one_and_say_so(tmp_path, quick):
    """Nobody takes it for a camera's."""
    out = StringIO()
    made = photos(None, tmp_path / "originals", Console(file=out, width=300))
    assert made.large_is_painted
    assert "painted by us" in out.getvalue()
    rotated = look(made.rotated.read_bytes())
    assert (rotated.has_gps, look(made.small.read_bytes()).has_gps) == (True, False)
    assert made.program.read_bytes().startswith(b"\x7fELF")


def test_the_users_photo_is_used_as_it_is(tmp_path, quick):
    """Byte for byte, under its own name."""
    own = tmp_path / "mine.jpg"
    own.write_bytes(camera_scene((400, 300)))
    out = StringIO()
    made = photos(own, tmp_path / "originals", Console(file=out, width=300))
    assert (made.large.name, made.large.read_bytes()) == ("mine.jpg", own.read_bytes())
    assert not made.large_is_painted
    assert "yours" in out.getvalue()


def test_the_flood_is_a_valid_picture(tmp_path):
    """Small on disk, enormous in memory: refused for its size, not for being broken."""
    path = Path(tmp_path, "flood.png")
    path.write_bytes(flooding_png(300))
    with Image.open(path) as picture:
        picture.load()
        assert (picture.size, picture.getextrema()) == ((300, 300), ((0, 0),) * 3)
    assert path.stat().st_size < 1000
