"""Fetching files from outside: address checked on every hop, bytes capped while they stream."""

import ssl
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import urljoin

from ingest.incoming import Get, Got, NotYet
from schemas.reason import Reason, Refused
from workers.runtime.addresses import AddressNotAllowed, Gate, HostUnknown, Resolver, resolve
from workers.runtime.clock import Clock, SystemClock
from workers.runtime.exchange import Answer, Broken, Call, NotReached, Waits, exchange
from workers.runtime.file_names import as_utf8, from_disposition
from workers.runtime.http import base_headers, read_small
from workers.runtime.object_rules import UNKNOWN_MEDIA_TYPE, safe_media_type
from workers.runtime.outcome import Retry
from workers.runtime.source_status import MISBEHAVES, check_ready, check_whole_file

MAX_REDIRECTS = 5
MAX_STEPS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
# We ask for no encoding; these are undone all the same for servers that do not listen, chunk by chunk.
_ENCODINGS = ("", "identity", "gzip", "x-gzip", "deflate")


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

        Raises Refused (`source_forbidden`, `source_refused`, `source_misbehaves`, `address_not_allowed`,
        `too_many_bytes`) or Retry (`source_unavailable`: 5xx, 429, a 404 that may still appear, no answer, other bytes
        than the provider promised).
        """


class HttpFetcher:
    """Implements `Fetcher`."""

    def __init__(
        self,
        allow: Sequence[str] = (),
        *,
        waits: Waits | None = None,
        resolver: Resolver = resolve,
        context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
    ) -> None:
        """The total of `waits` covers all steps and redirects of one download."""
        self._gate = Gate(allow, resolver)
        self._waits = waits or Waits(total_seconds=120.0)
        self._context = context or ssl.create_default_context()
        self._clock = clock or SystemClock()

    def fetch(self, download: Generator[Get, Got, Get], path: Path, *, max_bytes: int) -> Fetched:
        deadline = self._clock.monotonic() + self._waits.total_seconds
        try:
            last = self._walk(download, deadline)
            with self._follow(last, deadline) as answer:
                check_whole_file(answer.status, answer.headers, self._clock.now())
                return _save(answer, path, max_bytes, last.sha256)
        except AddressNotAllowed as error:
            raise Refused(
                Reason(
                    code=error.code,
                    sentence="The file lies at an address that is not fetched, to be safe. Ask for the file itself.",
                    provider_text=str(error),
                )
            ) from error
        except (HostUnknown, NotReached, Broken, NotYet) as error:
            raise Retry("source_unavailable", str(error)) from error

    def _walk(self, download: Generator[Get, Got, Get], deadline: float) -> Get:
        """Answer the channel's intermediate steps until it knows where the file itself is."""
        try:
            step = next(download)
            for _ in range(MAX_STEPS):
                with self._follow(step, deadline) as answer:
                    check_ready(answer.status, answer.headers, self._clock.now())
                    got = Got(answer.status, answer.headers, read_small(answer))
                step = download.send(got)
        except StopIteration as end:
            last: Get = end.value
            return last
        raise Refused(MISBEHAVES)

    @contextmanager
    def _follow(self, get: Get, deadline: float) -> Iterator[Answer]:
        """The first answer that is no redirect. Credentials stay with the origin they were meant for."""
        url = get.url
        home = self._gate.check(url).origin
        for _ in range(MAX_REDIRECTS + 1):
            target = self._gate.check(url)
            if target.origin != home:
                get = replace(get, basic=None, bearer=None)
            call = Call("GET", target, base_headers(get.basic, get.bearer))
            left = replace(self._waits, total_seconds=deadline - self._clock.monotonic())
            with exchange(call, left, self._context) as answer:
                location = answer.headers.get("location")
                if answer.status not in _REDIRECTS or not location:
                    yield answer
                    return
            url = _next(url, location)
        raise Refused(MISBEHAVES)


def _next(url: str, location: str) -> str:
    try:
        return urljoin(url, as_utf8(location))
    except ValueError:
        raise AddressNotAllowed("redirected to what is no URL") from None


def _save(answer: Answer, path: Path, max_bytes: int, expected: str | None) -> Fetched:
    """`expected` is the digest that was promised, if one was: other bytes are the wrong file, or a broken one."""
    _check_body(answer, max_bytes)
    try:
        with path.open("wb") as file:
            size, digest = _stream(answer, file, max_bytes)
        _check_digest(digest, expected)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    declared = safe_media_type(answer.headers.get("content-type", "").partition(";")[0].strip().lower())
    return Fetched(
        path=path,
        size_bytes=size,
        sha256=digest,
        declared_media_type=None if declared == UNKNOWN_MEDIA_TYPE else declared,
        file_name=from_disposition(answer.headers.get("content-disposition")),
    )


def _stream(answer: Answer, file: BinaryIO, max_bytes: int) -> tuple[int, str]:
    digest = sha256()
    size = 0
    for chunk in answer.chunks():
        size += len(chunk)
        if size > max_bytes:
            raise Refused(_too_many(max_bytes, None))
        digest.update(chunk)
        file.write(chunk)
    return size, digest.hexdigest()


def _check_digest(actual: str, expected: str | None) -> None:
    if expected not in (None, actual):
        raise Broken("the bytes do not have the digest that was promised")


def _check_body(answer: Answer, max_bytes: int) -> None:
    """What the headers alone rule out."""
    if answer.headers.get("content-encoding", "").strip().lower() not in _ENCODINGS:
        raise Refused(MISBEHAVES)
    length = answer.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length) > max_bytes:
        raise Refused(_too_many(max_bytes, int(length)))


def _too_many(max_bytes: int, actual: int | None) -> Reason:
    return Reason(
        code="too_many_bytes",
        sentence=f"The file is larger than {max_bytes / 1_000_000:g} MB, the most that is accepted here. "
        "Ask for a smaller one.",
        actual=actual,
        limit=max_bytes,
    )
