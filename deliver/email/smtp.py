"""
Mail over SMTP: words and files travel in one mail.

The Message-ID follows from the part, so that the same mail twice is one mail to the customer's program; a send in doubt
is simply made again. RFC 5321, read 2026-11-22.
"""

from collections.abc import Sequence

from deliver.email.composing import NoAddress, compose
from deliver.email.outcomes import outcome
from deliver.outgoing import (
    Client,
    Limits,
    Mail,
    MailServer,
    NoAnswer,
    NotSent,
    OutgoingPart,
    PlannedFile,
    PlannedPart,
    Receipt,
)
from deliver.splitting import split
from ingest.incoming import ChannelAccount
from schemas.message import Reply
from schemas.reason import Reason

NO_ADDRESS = Reason(code="recipient_invalid", sentence="The customer's mail address is not valid. Check it.")


def plan(reply: Reply, files: Sequence[PlannedFile], limits: Limits) -> Sequence[PlannedPart]:
    return split(reply.text, files, limits)


def send(part: OutgoingPart, account: ChannelAccount, client: Client) -> Receipt:
    try:
        composed = compose(part, account)
    except NoAddress:
        return Receipt("refused", reason=NO_ADDRESS)
    mail = Mail(composed.sender, part.contact, composed.size_bytes, composed.pieces)
    try:
        answer = client.mail(server_of(account), mail)
    except NotSent as error:
        return Receipt(
            "not_accepted", reason=_reason("provider_unreachable", "Our mail server is not reachable.", error)
        )
    except NoAnswer as error:
        return Receipt(
            "ambiguous", reason=_reason("provider_silent", "Our mail server did not answer the send.", error)
        )
    return outcome(answer, part.id)


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


def _reason(code: str, sentence: str, error: Exception) -> Reason:
    return Reason(code=code, sentence=sentence, provider_text=str(error)[:1024] or None)
