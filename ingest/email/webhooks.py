"""What the webhooks of mail providers have in common: who a mail is for, and a password in the URL."""

from collections.abc import Iterable, Sequence
from hmac import compare_digest

from ingest.email.forms import basic_of
from ingest.email.tokens import untagged
from ingest.incoming import ChannelAccount, Request


def addressed(recipients: Iterable[str], accounts: Sequence[ChannelAccount]) -> list[ChannelAccount]:
    """The connections whose mailbox is among the recipients, tagged with a plus or not."""
    mailboxes = {untagged(recipient.strip().strip("<>")) for recipient in recipients}
    return [one for one in accounts if one.address.lower() in mailboxes]


def has_password(request: Request, account: ChannelAccount) -> bool:
    """`https://trombone:<webhook_password>@…` in the provider's settings; the user may be anything."""
    given = basic_of(request.headers.get("authorization", ""))
    wanted = account.credentials.get("webhook_password", "")
    return bool(given and wanted) and compare_digest((given or ("", ""))[1].encode(), wanted.encode())
