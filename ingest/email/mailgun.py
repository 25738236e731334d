"""
Mailgun routes to a URL that ends in `mime`: a form with `body-mime`, `recipient`, `sender`, and a signature.

The signature is the hex HMAC-SHA256 of timestamp and token by the webhook signing key; it covers neither the mail nor
the recipient, so it is only good for a while.
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks, read 2026-11-22.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hmac import compare_digest, digest

from ingest.email import forms, mail, webhooks
from ingest.incoming import ChannelAccount, Request

CREDENTIALS: Sequence[str] = ("thread_key", "signing_key")
SIGNED_HEADERS: Sequence[str] = ("content-type",)
UNPACKER = "ingest.email.jobs:unpack_mailgun"
download, parse, proves = mail.download, mail.parse, mail.proves
answer, challenge = webhooks.answer, webhooks.challenge
FRESH = timedelta(minutes=15)
"""How far a signature's time may be from ours."""


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    return webhooks.addressed(_texts(request, "recipient")[0].split(","), accounts)


def verify(request: Request, account: ChannelAccount) -> bool:
    key = account.credentials.get("signing_key", "")
    stamp, token, claimed = _texts(request, "timestamp", "token", "signature")
    if not (key and token and claimed.isascii() and _is_fresh(stamp, request.received_at)):
        return False
    return compare_digest(digest(key.encode(), (stamp + token).encode(), "sha256").hex(), claimed.lower())


def _is_fresh(stamp: str, now: datetime | None) -> bool:
    if now is None or not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12):
        return False
    return abs(now - datetime.fromtimestamp(int(stamp), UTC)) <= FRESH


def _texts(request: Request, *names: str) -> list[str]:
    """The values of these fields, "" for what is missing."""
    try:
        form = forms.fields(request.headers.get("content-type", ""), request.body)
    except forms.FormBroken:
        form = {}
    return [form.get(name, b"").decode("utf-8", "replace") for name in names]
