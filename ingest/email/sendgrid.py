"""
SendGrid Inbound Parse with "POST the raw, full MIME message": a form with the fields `email` and `envelope`.

Its requests bear no signature: the URL that is configured there holds a user and a password of ours.
https://www.twilio.com/docs/sendgrid/for-developers/parsing-email/setting-up-the-inbound-parse-webhook, read 2026-11-22.
"""

from collections.abc import Sequence

import msgspec

from ingest.email import forms, mail, webhooks
from ingest.incoming import ChannelAccount, Request
from schemas.decoders import decoder

CREDENTIALS: Sequence[str] = ("thread_key", "webhook_password")
SIGNED_HEADERS: Sequence[str] = ("content-type",)
UNPACKER = "ingest.email.jobs:unpack_sendgrid"
download, parse, proves = mail.download, mail.parse, mail.proves
answer, challenge, verify = webhooks.answer, webhooks.challenge, webhooks.has_password


class _Envelope(msgspec.Struct):
    to: list[str] = []


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    try:
        form = forms.fields(request.headers.get("content-type", ""), request.body)
        envelope = decoder(_Envelope).decode(form.get("envelope", b""))
    except (forms.FormBroken, msgspec.MsgspecError):
        return []
    return webhooks.addressed(envelope.to, accounts)
