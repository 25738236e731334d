"""
How Instagram fetches the files of a message from us: HEAD, then GET, and everything must agree.

Types and sizes: https://developers.facebook.com/documentation/business-messaging/instagram-messaging/features/attachment-upload,
read 2026-11-22.
"""

import urllib3

from workers.sandbox.instagram_rules import KINDS, Attached
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.phone import Fetched
from workers.sandbox.sniffing import sniffed

FETCH_SECONDS = 15.0
SAME = {"audio/mp4": "video/mp4", "audio/x-m4a": "video/mp4", "audio/vnd.wave": "audio/wav", "audio/x-wav": "audio/wav"}
"""Names of the same type: what the bytes say, and what may stand in a header."""
NOT_FETCHED, UNUSABLE, TOO_LARGE = 2018008, 2018047, 2018109


def fetch(http: urllib3.PoolManager, attached: Attached) -> Fetched:
    """Raises GraphNo 100 with a subcode."""
    most, types = KINDS[attached.kind]
    promised = _promise(_ask(http, "HEAD", attached.url))
    if promised[1] > most:
        raise GraphNo(100, f"Attachment size exceeds allowable limit of {most}", subcode=TOO_LARGE)
    got = _ask(http, "GET", attached.url)
    if _promise(got) != promised or len(got.data) != promised[1]:
        raise GraphNo(100, "HEAD, GET and the bytes do not agree", subcode=NOT_FETCHED)
    actual = sniffed(got.data)
    if actual not in types or SAME.get(promised[0], promised[0]) != SAME.get(actual, actual):
        details = f"Content-Type is {promised[0]}, the bytes are {actual}"
        raise GraphNo(100, f"Upload attachment failure: no {attached.kind}. {details}", subcode=UNUSABLE)
    return Fetched(actual, got.data)


def _ask(http: urllib3.PoolManager, method: str, url: str) -> urllib3.BaseHTTPResponse:
    try:
        answer = http.request(method, url, redirect=False, retries=False, timeout=FETCH_SECONDS)
    except urllib3.exceptions.HTTPError as error:
        raise GraphNo(100, f"Failed to fetch the file from the url: {error}", subcode=NOT_FETCHED) from error
    if answer.status != 200:
        raise GraphNo(100, f"Failed to fetch the file from the url: HTTP {answer.status}", subcode=NOT_FETCHED)
    return answer


def _promise(answer: urllib3.BaseHTTPResponse) -> tuple[str, int]:
    size = answer.headers.get("Content-Length", "")
    if not size.isdecimal():
        raise GraphNo(100, "Failed to fetch the file from the url: no Content-Length", subcode=NOT_FETCHED)
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(), int(size)
