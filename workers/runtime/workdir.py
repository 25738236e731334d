"""Temporary folders for files in hand. A customer's file outlives a killed worker only until the next one starts."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "trombone-work-"
_START_TIME = 19
"""In clock ticks since boot; the 22nd field of proc(5)'s `stat`, of which two come before the last parenthesis."""


@contextmanager
def workdir() -> Iterator[Path]:
    """An empty folder of this process's own, gone when the context is left."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{_life(os.getpid())}-") as folder:
        yield Path(folder)


def sweep_workdirs() -> int:
    """Remove what processes left behind that are no more; how many folders."""
    left = [folder for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*") if not _is_owned(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_owned(folder: Path) -> bool:
    owner = folder.name.removeprefix(PREFIX).rpartition("-")[0]
    pid = owner.partition("-")[0]
    return not pid.isdecimal() or _life(int(pid)) == owner


def _life(pid: int) -> str | None:
    """`pid-start`; None when there is no such process. In a container every new life has the old one's number."""
    try:
        fields = Path("/proc", str(pid), "stat").read_text("latin-1").rpartition(")")[2].split()
    except OSError:
        return None
    return f"{pid}-{fields[_START_TIME]}"
