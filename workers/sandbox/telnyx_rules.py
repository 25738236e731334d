"""
What Telnyx says no to, before it takes a message.

https://developers.telnyx.com/docs/messaging/messages/send-message and
https://developers.telnyx.com/docs/messaging/messages/error-codes, read 2026-11-27.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_MEDIA = 10
MAX_URL_CHARS = 2000
E164 = re.compile(r"\+[1-9][0-9]{6,14}")
FIELDS = frozenset({"from", "to", "text", "subject", "media_urls", "type", "webhook_url", "webhook_failover_url"})


class SaysNo(Exception):
    """Raised when Telnyx answers a call with an error; `code` is Telnyx's."""

    retryable = False

    def __init__(self, code: int, title: str, detail: str = "", status: int = 400) -> None:
        super().__init__(f"{title}: {detail}")
        self.code = code
        self.title = title
        self.detail = detail
        self.status = status

    def body(self) -> dict[str, Any]:
        return {"errors": [{"code": str(self.code), "title": self.title, "detail": self.detail}]}


@dataclass(frozen=True)
class Asked:
    """A send that passed every check that comes before the answer."""

    sender: str
    recipient: str
    text: str
    media_urls: tuple[str, ...]
    webhook_url: str | None


def checked(document: Mapping[str, Any], numbers: Collection[str], opted_out: Collection[str]) -> Asked:
    """Raises SaysNo. `numbers` are the account's own."""
    if unknown := sorted(document.keys() - FIELDS):
        raise SaysNo(10015, "Bad Request", f"unknown parameters {', '.join(unknown)}")
    asked = Asked(
        sender=str(document.get("from", "")),
        recipient=str(document.get("to", "")),
        text=str(document.get("text", "")),
        media_urls=tuple(document.get("media_urls", ())),
        webhook_url=document.get("webhook_url"),
    )
    _check_numbers(asked, numbers)
    _check_content(asked, str(document.get("type", "MMS" if asked.media_urls else "SMS")))
    if asked.recipient in opted_out:
        raise SaysNo(40300, "Blocked due to STOP message", "The recipient has opted out.", 403)
    return asked


def _check_numbers(asked: Asked, numbers: Collection[str]) -> None:
    for name, number in (("from", asked.sender), ("to", asked.recipient)):
        if not number:
            raise SaysNo(10004, "Missing required parameter", f"'{name}' is required", 422)
        if not E164.fullmatch(number):
            raise SaysNo(10016, "Phone number must be in +E.164 format", number)
    if asked.sender not in numbers:
        raise SaysNo(10005, "Resource not found", f"{asked.sender} is not a number of this account", 404)


def _check_content(asked: Asked, kind: str) -> None:
    if not asked.text and not asked.media_urls:
        raise SaysNo(10004, "Missing required parameter", "'text' or 'media_urls' is required", 422)
    if kind != ("MMS" if asked.media_urls else "SMS"):
        raise SaysNo(10015, "Bad Request", f"a {kind} with {len(asked.media_urls)} media")
    if len(asked.media_urls) > MAX_MEDIA:
        raise SaysNo(10015, "Bad Request", f"more than {MAX_MEDIA} media")
    for url in (*asked.media_urls, *([asked.webhook_url] if asked.webhook_url else [])):
        if not _is_url(url):
            raise SaysNo(10003, "Invalid URL", str(url))


def _is_url(text: object) -> bool:
    if not isinstance(text, str) or len(text) > MAX_URL_CHARS or re.search(r"\s", text):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
