"""
Postmark inbound with "Include raw email content": a JSON document with `RawEmail` and `OriginalRecipient`.

Its requests bear no signature: the URL that is configured there holds a user and a password of ours.
https://postmarkapp.com/developer/webhooks/inbound-webhook, read 2026-11-22.
"""

from collections.abc import Sequence

from ingest.email import forms
from ingest.email.mail import download, parse, proves
from ingest.email.webhooks import addressed, has_password
from ingest.incoming import Answer, ChannelAccount, Request

__all__ = [
    "CREDENTIALS",
    "SIGNED_HEADERS",
    "UNPACKER",
    "answer",
    "candidates",
    "challenge",
    "download",
    "parse",
    "proves",
    "verify",
]

CREDENTIALS: Sequence[str] = ("thread_key", "webhook_password")
SIGNED_HEADERS: Sequence[str] = ()
UNPACKER = "ingest.email.jobs:unpack_postmark"


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    try:
        document = forms.postmarked(request.body)
    except forms.FormBroken:
        return []
    return addressed([document.original_recipient], accounts)


def verify(request: Request, account: ChannelAccount) -> bool:
    return has_password(request, account)


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - Postmark has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    """403 would say: do not try again."""
    return Answer(status=200, media_type="text/plain", body=b"")
