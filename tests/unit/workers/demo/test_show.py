"""The demo empties its folder, so it must be its own; the run itself is tested as a process."""

import pytest

from tests.images import camera_scene
from workers.demo.show import MARK, NOT_OURS, run
from workers.demo.world import Services

NOTHING = Services()
PHOTO = camera_scene((40, 30))


def test_a_folder_with_something_else_is_left_alone(tmp_path, capsys):
    """Not one file of it is touched."""
    (tmp_path / "thesis.txt").write_text("years of work")
    assert run(None, tmp_path, NOTHING) == NOT_OURS
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert "holds something else" in capsys.readouterr().out


def test_a_file_is_no_folder(tmp_path, capsys):
    """It is told, and kept."""
    file = tmp_path / "demo-output"
    file.write_text("mine")
    assert run(None, file, NOTHING) == NOT_OURS
    assert file.read_text() == "mine"
    assert "is no folder" in capsys.readouterr().out


def test_a_photo_inside_the_folder_is_not_thrown_away(tmp_path, capsys):
    """An earlier demo's picture may be somebody's only copy."""
    (tmp_path / MARK).touch()
    photo = tmp_path / "originals" / "mine.jpg"
    photo.parent.mkdir()
    photo.write_bytes(PHOTO)
    assert run(photo, tmp_path, NOTHING) == NOT_OURS
    assert photo.read_bytes() == PHOTO
    assert "your photo lies in it" in capsys.readouterr().out


def test_a_link_leads_to_the_folder_that_it_means(tmp_path):
    """Another way to the same files is no way around the rule."""
    real = tmp_path / "real"
    real.mkdir()
    (real / "thesis.txt").write_text("years of work")
    link = tmp_path / "demo-output"
    link.symlink_to(real)
    assert run(None, link, NOTHING) == NOT_OURS
    assert (real / "thesis.txt").exists()


@pytest.mark.parametrize("content", [b"", b"\xff" * 10])
def test_hidden_files_count_as_something_else(tmp_path, content):
    """A folder that only looks empty is not empty."""
    (tmp_path / ".keep").write_bytes(content)
    assert run(None, tmp_path, NOTHING) == NOT_OURS


@pytest.mark.parametrize("content", [b"", b"a text", PHOTO[:300]], ids=["empty", "text", "cut"])
def test_what_is_no_photo_is_told_at_once(tmp_path, capsys, content):
    """Nothing is started for it."""
    own = tmp_path / "own.jpg"
    own.write_bytes(content)
    assert run(own, tmp_path / "output", NOTHING) == NOT_OURS
    assert "is not a photo" in capsys.readouterr().out
