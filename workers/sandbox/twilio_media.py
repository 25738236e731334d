"""
How Twilio fetches the media of a message from us: HEAD, then GET, and everything must agree.

https://www.twilio.com/docs/messaging/guides/accepted-mime-types, read 2026-11-22.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile

import urllib3

from thumbnails import sniff
from workers.sandbox.phone import Fetched

MAX_TOTAL_BYTES = 5_000_000
FETCH_SECONDS = 15.0

ACCEPTED = {
    "image": "jpeg jpg gif png heic heif tiff bmp",
    "video": "mp4 mpeg mpeg4 webm quicktime 3gpp 3gpp2 3gpp-tt h261 h263 h263-1998 h263-2000 h264 h265",
    "audio": "mpeg mp3 mp4 ogg 3gpp 3gpp2 amr amr-nb basic l24 vnd.wave ac3 webm vnd.rn-realaudio",
    "text": "vcard x-vcard directory csv richtext rtf calendar",
    "application": "pdf vcard",
}
"""Not for MMS are WebP and Office documents."""

SAME = {
    "image/jpg": "image/jpeg",
    "audio/mp3": "audio/mpeg",
    "audio/wav": "audio/vnd.wave",
    "audio/amr-nb": "audio/amr",
    "video/mpeg4": "video/mp4",
    "text/x-vcard": "text/vcard",
    "application/vcard": "text/vcard",
    "text/directory": "text/vcard",
}
"""Names of the same type: what the bytes say, and what may stand in a header."""


class Unusable(Exception):
    """Raised when Twilio fails a message because of its media; `code` is Twilio's."""

    retryable = False

    def __init__(self, code: int, why: str) -> None:
        super().__init__(why)
        self.code = code


def fetch_all(http: urllib3.PoolManager, urls: Sequence[str], body: str) -> list[Fetched]:
    """Raises Unusable: 11200 (not fetched), 12300 (wrong type), 11751 (over the limit of the channel)."""
    fetched: list[Fetched] = []
    room = MAX_TOTAL_BYTES - len(body.encode())
    for url in urls:
        one = _fetch(http, url, room)
        room -= len(one.content)
        fetched.append(one)
    return fetched


def _fetch(http: urllib3.PoolManager, url: str, room: int) -> Fetched:
    head = _ask(http, "HEAD", url)
    declared_type, declared_size = _promise(head)
    if declared_size > room:
        raise Unusable(11751, f"media are over {MAX_TOTAL_BYTES} bytes")
    got = _ask(http, "GET", url)
    if _promise(got) != (declared_type, declared_size):
        raise Unusable(12300, "HEAD and GET do not agree")
    if len(got.data) != declared_size:
        raise Unusable(11200, f"Content-Length is {declared_size}, but {len(got.data)} bytes came")
    actual = _sniffed(got.data)
    if not _agree(declared_type, actual):
        raise Unusable(12300, f"Content-Type is {declared_type}, but the bytes are {actual}")
    return Fetched(declared_type, got.data)


def _ask(http: urllib3.PoolManager, method: str, url: str) -> urllib3.BaseHTTPResponse:
    try:
        answer = http.request(method, url, redirect=False, retries=False, timeout=FETCH_SECONDS)
    except urllib3.exceptions.HTTPError as error:
        raise Unusable(11200, f"{method} failed: {error}") from error
    if answer.status != 200:
        raise Unusable(11200, f"{method} was answered with {answer.status}")
    return answer


def _promise(answer: urllib3.BaseHTTPResponse) -> tuple[str, int]:
    media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    size = answer.headers.get("Content-Length", "")
    family, _, name = media_type.partition("/")
    if name not in ACCEPTED.get(family, "").split():
        raise Unusable(12300, f"Content-Type {media_type!r} is not accepted for MMS")
    if not size.isdecimal():
        raise Unusable(11200, "there is no Content-Length")
    return media_type, int(size)


def _sniffed(content: bytes) -> str:
    with NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return sniff.media_type(Path(file.name))


def _agree(declared: str, actual: str) -> bool:
    """Text cannot be told apart by its bytes; everything else can."""
    if declared.startswith("text/") and actual.startswith("text/"):
        return True
    return SAME.get(declared, declared) == SAME.get(actual, actual)
