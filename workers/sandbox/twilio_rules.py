"""
What Twilio says no to, before it takes a message.

https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/api/errors and, for the numbers
that always fail, https://www.twilio.com/docs/iam/test-credentials; read 2026-11-22.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_BODY_CHARS = 1600
MAX_MEDIA = 10
E164 = re.compile(r"\+[1-9][0-9]{6,14}")

TO_THAT_FAILS = {
    "+15005550001": (21211, "Invalid 'To' Phone Number: +15005550001"),
    "+15005550002": (21612, "The 'To' phone number is not currently reachable"),
    "+15005550003": (21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": (21614, "'To' number is not a valid mobile number"),
}
FROM_THAT_FAILS = {
    "+15005550001": (21212, "Invalid 'From' Phone Number: +15005550001"),
    "+15005550007": (21606, "The 'From' phone number is not a valid, message-capable inbound phone number"),
    "+15005550008": (21611, "This 'From' number has exceeded the maximum number of queued messages"),
}
STOP_WORDS = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
START_WORDS = frozenset({"START", "UNSTOP"})
"""https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out, read 2026-11-22."""


class SaysNo(Exception):
    """Raised when Twilio answers a call with an error; `code` is Twilio's."""

    retryable = False

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status

    def body(self) -> dict[str, str | int]:
        more_info = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": str(self), "more_info": more_info, "status": self.status}


@dataclass(frozen=True)
class Asked:
    """A send that passed every check that comes before the answer."""

    sender: str
    recipient: str
    body: str
    media_urls: tuple[str, ...]
    status_callback: str | None
    service: str | None = None
    """The Messaging Service that chose the sender."""


def checked(
    form: Mapping[str, Sequence[str]],
    numbers: Sequence[str],
    opted_out: Collection[str],
    service: str | None = None,
) -> Asked:
    """Raises SaysNo. `numbers` are the account's own, and of its `service`; none: any number is."""
    named = _one(form, "MessagingServiceSid") or None
    if named and (named != service or not numbers):
        raise SaysNo(21705, f"The Messaging Service Sid {named} is invalid.")
    asked = Asked(
        sender=_one(form, "From") or (numbers[0] if named else ""),
        recipient=_one(form, "To"),
        body=_one(form, "Body"),
        media_urls=tuple(form.get("MediaUrl", ())),
        status_callback=_one(form, "StatusCallback") or None,
        service=named,
    )
    _check_addresses(asked, numbers)
    _check_content(asked)
    if asked.recipient in opted_out:
        raise SaysNo(21610, "Attempt to send to unsubscribed recipient")
    return asked


def _check_addresses(asked: Asked, numbers: Collection[str]) -> None:
    if not asked.recipient:
        raise SaysNo(21604, "A 'To' phone number is required.")
    if not asked.sender:
        raise SaysNo(21603, "A 'From' phone number is required.")
    if not E164.fullmatch(asked.recipient):
        raise SaysNo(21211, f"Invalid 'To' Phone Number: {asked.recipient}")
    if not E164.fullmatch(asked.sender):
        raise SaysNo(21212, f"Invalid 'From' Phone Number: {asked.sender}")
    for number, table in ((asked.recipient, TO_THAT_FAILS), (asked.sender, FROM_THAT_FAILS)):
        if number in table:
            raise SaysNo(*table[number])
    if numbers and asked.sender not in numbers:
        raise SaysNo(21606, f"The 'From' phone number {asked.sender} is not one of your account's")
    if asked.sender == asked.recipient:
        raise SaysNo(21266, "'To' and 'From' number cannot be the same")


def _check_content(asked: Asked) -> None:
    if not asked.body and not asked.media_urls:
        raise SaysNo(21602, "Message body is required.")
    if len(asked.body) > MAX_BODY_CHARS:
        raise SaysNo(21617, f"The concatenated message body exceeds the {MAX_BODY_CHARS} character limit")
    if len(asked.media_urls) > MAX_MEDIA:
        raise SaysNo(21623, f"Number of media files exceeds allowed limit of {MAX_MEDIA}")
    for url in asked.media_urls:
        if not _is_url(url):
            raise SaysNo(21620, f"Invalid media URL(s): {url}")
    if asked.status_callback and not _is_url(asked.status_callback):
        raise SaysNo(21609, f"The StatusCallback URL {asked.status_callback} is not a valid URL.")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)


def _one(form: Mapping[str, Sequence[str]], name: str) -> str:
    return (form.get(name) or [""])[0]
