"""The headers of a mail, read one by one: they may be missing, repeated, broken or forged."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import Message  # noqa: TC003 - part of an alias
from email.utils import getaddresses, parsedate_to_datetime
from typing import TypeAlias

from ingest.email.charsets import header_text
from ingest.email.envelope import address_of

Mail: TypeAlias = "Message[str, str]"
_MESSAGE_ID = re.compile(r"<[^<>\s]{3,800}>")
_MACHINES = {"bulk", "junk", "list", "auto_reply", "auto-reply"}
_TELLTALES = ("x-auto-response-suppress", "x-autoreply", "x-autorespond", "list-id", "list-unsubscribe", "feedback-id")
_MAX_CHARS = 20_000
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


def values(mail: Mail, name: str) -> list[str]:
    """Every value of a header as it was sent, in order."""
    return [str(value) for key, value in mail.raw_items() if key.lower() == name]


def first(mail: Mail, name: str) -> str:
    """Of a header that was repeated the first counts; "" for none."""
    found = values(mail, name)
    return header_text(found[0]) if found else ""


def addresses(mail: Mail, name: str) -> list[tuple[str, str]]:
    """(display name, address in lower case) of each mailbox named; what is no address is left out."""
    try:
        pairs = getaddresses([re.sub(r"[\r\n]+", " ", value)[:_MAX_CHARS] for value in values(mail, name)])
    except RecursionError:  # comments in comments in comments
        return []
    read = [(header_text(shown), address_of(raw)) for shown, raw in pairs]
    return [(shown, address) for shown, address in read if address]


def message_ids(mail: Mail, name: str) -> list[str]:
    return _MESSAGE_ID.findall(" ".join(values(mail, name)))


def sent_at(mail: Mail) -> datetime | None:
    try:
        at = parsedate_to_datetime(first(mail, "date"))
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
        return at.astimezone(UTC) if _EARLIEST <= at <= _LATEST else None
    except (ValueError, TypeError, OverflowError):
        return None


def is_automatic(mail: Mail, envelope_from: str | None) -> bool:
    """
    Whether a machine wrote it. An empty envelope sender is a machine's; None: the envelope is not known.

    RFC 3834, and for `X-Auto-Response-Suppress` MS-OXCMAIL section 2.1.3.2.20; read 2026-11-22.
    """
    submitted = first(mail, "auto-submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no") or first(mail, "precedence").lower() in _MACHINES:
        return True
    if any(first(mail, name) for name in _TELLTALES):
        return True
    nobody = envelope_from in ("", "<>") or [value.strip() for value in values(mail, "return-path")[:1]] == ["<>"]
    return nobody or any(is_daemon(address) for _, address in addresses(mail, "from"))


def is_daemon(address: str) -> bool:
    return address.partition("@")[0] in ("mailer-daemon", "postmaster", "no-reply", "noreply", "donotreply")


def recipients(mail: Mail, envelope_to: Sequence[str]) -> list[str]:
    """Everywhere that it may have been sent to, the envelope first."""
    named = ("delivered-to", "x-original-to", "x-forwarded-to", "to", "cc")
    return [*envelope_to, *(address for name in named for _, address in addresses(mail, name))]
