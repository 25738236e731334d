"""What the webhooks of mail providers have in common: who a mail is for, a password in the URL, and what they hear."""

from collections.abc import Iterable, Sequence
from hmac import compare_digest

from ingest.email.forms import basic_of
from ingest.email.tokens import untagged
from ingest.incoming import Answer, ChannelAccount, Request


def addressed(recipients: Iterable[str], accounts: Sequence[ChannelAccount]) -> list[ChannelAccount]:
    """The connections whose mailbox is among the recipients, tagged with a plus or not."""
    mailboxes = {untagged(recipient.strip().strip("<>")) for recipient in recipients}
    return [one for one in accounts if one.address.lower() in mailboxes]


def has_password(request: Request, account: ChannelAccount) -> bool:
    """`https://trombone:<webhook_password>@…` in the provider's settings; the user may be anything."""
    given = basic_of(request.headers.get("authorization", ""))
    wanted = account.credentials.get("webhook_password", "")
    return bool(given and wanted) and compare_digest((given or ("", ""))[1].encode(), wanted.encode())


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - none of them has one
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - it is always the same
    """Nothing else: their words for "do not try again" (406 at Mailgun, 403 at Postmark) lose a mail."""
    return Answer(status=200, media_type="text/plain", body=b"")
