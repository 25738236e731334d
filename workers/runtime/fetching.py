"""Fetching files from outside: address checked on every hop, bytes capped while they stream."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ingest.incoming import Get, Got


@dataclass(frozen=True, slots=True)
class Fetched:
    path: Path
    size_bytes: int
    sha256: str
    declared_media_type: str | None
    file_name: str | None


class Fetcher(Protocol):
    def fetch(self, download: Generator[Get, Got, Get], path: Path, *, max_bytes: int) -> Fetched:
        """
        Run a channel's download into a file.

        Raises Refused (`source_gone`, `source_forbidden`, `address_not_allowed`, `too_many_bytes`, …) or
        Retry (`source_unavailable`: 5xx, 429, a 404 that may still appear, no answer).
        """
