"""Mail through our own doors: an SMTP or LMTP receiver, an IMAP mailbox."""

from collections.abc import Sequence

from ingest.email.envelope import FROM, LEFT_OUT, TO
from ingest.email.mail import download, parse, proves
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

CREDENTIALS: Sequence[str] = ("thread_key",)
SIGNED_HEADERS: Sequence[str] = (FROM, TO, LEFT_OUT)
UNPACKER = "ingest.email.jobs:unpack"


def candidates(request: Request, accounts: Sequence[ChannelAccount]) -> Sequence[ChannelAccount]:  # noqa: ARG001
    """No webhook brings such mail."""
    return []


def verify(request: Request, account: ChannelAccount) -> bool:  # noqa: ARG001 - there is nothing to verify
    return False


def challenge(request: Request, account: ChannelAccount) -> Answer | None:  # noqa: ARG001 - mail has none
    return None


def answer(request: Request) -> Answer:  # noqa: ARG001 - nobody is answered
    return Answer(status=404, media_type="text/plain", body=b"")
