"""Temporary folders of files in hand."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from workers.runtime.workdir import sweep_workdirs, workdir

HOLDS_A_FOLDER = """
import sys
from workers.runtime.workdir import workdir
with workdir() as folder:
    (folder / "source").write_bytes(b"a customer's file")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


def test_a_folder_is_empty_and_goes_with_its_context():
    """Nothing of one file is there for the next."""
    with workdir() as folder:
        assert list(folder.iterdir()) == []
        (folder / "source").touch()
    assert not folder.exists()


def test_what_a_killed_process_left_is_swept_and_what_a_living_one_holds_is_not():
    """A customer's file does not lie about for ever because a worker was killed."""
    other = subprocess.Popen(
        [sys.executable, "-c", HOLDS_A_FOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with other, workdir() as mine:
        theirs = Path(other.stdout.readline().strip())
        assert (sweep_workdirs(), (theirs / "source").exists()) == (0, True)
        other.kill()
        other.wait()
        assert (sweep_workdirs(), theirs.exists(), mine.exists()) == (1, False, True)


def test_what_a_process_of_the_same_number_left_is_swept(tmp_path: Path):
    """A container's worker is number 1 in every life; the folder of the one before is not its own."""
    with workdir() as mine:
        number, start = mine.name.removeprefix("trombone-work-").split("-")[:2]
        left = tmp_path / f"trombone-work-{number}-{int(start) - 1}-abc"
        left.mkdir()
        assert (sweep_workdirs(), left.exists(), mine.exists()) == (1, False, True)
