"""Mail through our own doors: an SMTP or LMTP receiver, an IMAP mailbox."""

from collections.abc import Sequence

from ingest.email import mail, webhooks
from ingest.email.envelope import FROM, LEFT_OUT, TO
from ingest.incoming import Answer, ChannelAccount, Request

CREDENTIALS: Sequence[str] = ("thread_key",)
SIGNED_HEADERS: Sequence[str] = (FROM, TO, LEFT_OUT)
UNPACKER = "ingest.email.jobs:unpack"
download, parse, proves = mail.download, mail.parse, mail.proves
challenge = webhooks.challenge


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:  # noqa: ARG001
    """No webhook brings such mail."""
    return []


def verify(request: Request, account: ChannelAccount) -> bool:  # noqa: ARG001 - there is nothing to verify
    return False


def answer(request: Request) -> Answer:  # noqa: ARG001 - nobody is answered
    return Answer(status=404, media_type="text/plain", body=b"")
