"""A file for what comes in and is handed on: small ones never touch the disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

IN_MEMORY_BYTES = 256 * 1024
"""Larger ones lie in the folder for temporary files."""


@contextmanager
def spool() -> Iterator[BinaryIO]:
    file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES)  # noqa: SIM115 - it is closed here, and quietly
    try:
        yield cast("BinaryIO", file)
    finally:
        with suppress(OSError):  # a disk that is full says so once more
            file.close()
