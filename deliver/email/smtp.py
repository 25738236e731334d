"""
Mail over SMTP: words and files travel in one mail.

The Message-ID follows from the part, so that the same mail twice is one mail to the customer's program; a send in doubt
is simply made again. RFC 5321, read 2026-11-22.
"""

from collections.abc import Sequence

from deliver.answers import NEVER, ask
from deliver.email.composing import NoAddress, compose
from deliver.email.outcomes import outcome
from deliver.outgoing import (
    Client,
    Limits,
    Mail,
    MailServer,
    OutgoingPart,
    PlannedFile,
    PlannedPart,
    Receipt,
)
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.message import Reply
from schemas.reason import Reason

WHO = "Our mail server"
NO_ADDRESS = Reason(code="recipient_invalid", sentence="The customer's mail address is not valid. Check it.")


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    try:
        composed = compose(part, account)
    except NoAddress:
        return Receipt(NEVER, reason=NO_ADDRESS)
    mail = Mail(composed.sender, part.contact, composed.size_bytes, composed.pieces)
    answer = ask(lambda: client.mail(server_of(account), mail), WHO)
    return answer if isinstance(answer, Receipt) else outcome(answer, part.id)


def reconcile(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt | None:
    """Nobody can be asked; sending again is harmless."""
    return send(part, account, client)


def server_of(account: ChannelAccount) -> MailServer:
    """
    `api_url` is `smtps://host:465` (TLS from the start) or `smtp://host:587` (STARTTLS).

    The option `tls: none` waives it, for a server on the allow-list alone.
    """
    return MailServer(
        url=account.api_url,
        user=account.credentials.get("user", ""),
        password=account.credentials.get("password", ""),
        plain=account.options.get("tls") == "none",
    )
