"""Temporary folders for files in hand. A customer's file outlives a killed worker only until the next one starts."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "trombone-work-"


@contextmanager
def workdir() -> Iterator[Path]:
    """An empty folder of this process's own, gone when the context is left."""
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        yield Path(folder)


def sweep_workdirs() -> int:
    """Remove what processes left behind that are no more; how many folders."""
    left = [folder for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*") if not _is_owned(folder)]
    for folder in left:
        shutil.rmtree(folder, ignore_errors=True)
    return len(left)


def _is_owned(folder: Path) -> bool:
    owner = folder.name.removeprefix(PREFIX).partition("-")[0]
    return not owner.isdecimal() or Path("/proc", owner).exists()
