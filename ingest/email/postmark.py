"""
Postmark inbound with "Include raw email content": a JSON document with `RawEmail` and `OriginalRecipient`.

Its requests bear no signature: the URL that is configured there holds a user and a password of ours.
https://postmarkapp.com/developer/webhooks/inbound-webhook, read 2026-11-22.
"""

from collections.abc import Sequence

from ingest.email import forms, mail, webhooks
from ingest.incoming import ChannelAccount, Request

CREDENTIALS: Sequence[str] = ("thread_key", "webhook_password")
SIGNED_HEADERS: Sequence[str] = ()
UNPACKER = "ingest.email.jobs:unpack_postmark"
download, parse, proves = mail.download, mail.parse, mail.proves
answer, challenge, verify = webhooks.answer, webhooks.challenge, webhooks.has_password


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:
    try:
        document = forms.postmarked(request.body)
    except forms.FormBroken:
        return []
    return webhooks.addressed([document.original_recipient], accounts)
