"""
SendGrid Inbound Parse with "POST the raw, full MIME message": a form with the fields `email` and `envelope`.

Its requests bear no signature: the URL that is configured there holds a user and a password of ours.
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook, read 2026-11-22.
"""

from collections.abc import Sequence

import msgspec

from ingest.email import forms
from ingest.email.mail import download, parse, proves
from ingest.email.webhooks import addressed, has_password
from ingest.incoming import Answer, ChannelAccount, Request
from schemas.decoders import decoder

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
SIGNED_HEADERS: Sequence[str] = ("content-type",)
UNPACKER = "ingest.email.jobs:unpack_sendgrid"


class _Envelope(msgspec.Struct):
    to: list[str] = []


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    try:
        form = forms.fields(request.headers.get("content-type", ""), request.body)
        envelope = decoder(_Envelope).decode(form.get("envelope", b""))
    except (forms.FormBroken, msgspec.MsgspecError):
        return []
    return addressed(envelope.to, accounts)


def verify(request: Request, account: ChannelAccount) -> bool:
    return has_password(request, account)


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - SendGrid has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    """Anything of 5xx would be tried again for three days."""
    return Answer(status=200, media_type="text/plain", body=b"")
