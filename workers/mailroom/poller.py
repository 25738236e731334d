"""A mailbox of somebody else's server: every mail at least once, in order, nothing deleted."""

from datetime import timedelta
from threading import Event as Flag
from typing import BinaryIO

import structlog

from ingest.email.envelope import LEFT_OUT
from ingest.incoming import ChannelAccount
from workers.mailroom.keeping import keep
from workers.mailroom.services import MailroomServices
from workers.runtime.imap import Login, Mailbox, MailboxUnavailable, open_mailbox
from workers.runtime.spool import spool
from workers.runtime.threshold import Admitted, publish

log = structlog.get_logger()

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 1.0, 300.0
OVERLAP = timedelta(days=2)
"""How far back to look when the server has numbered its mails anew; what was here before is known by its content."""


def login_of(account: ChannelAccount) -> Login | None:
    """
    The options `imap` (`imaps://host`), `imap_mailbox`; the credentials `imap_user`, `imap_password`.

    None: this connection's mail comes by SMTP.
    """
    if not account.options.get("imap"):
        return None
    return Login(
        url=account.options["imap"],
        user=account.credentials.get("imap_user", account.address),
        password=account.credentials.get("imap_password", ""),
        mailbox=account.options.get("imap_mailbox", "INBOX"),
        plain=account.options.get("tls") == "none",
    )


def poll(services: MailroomServices, account: ChannelAccount, login: Login, stop: Flag) -> None:
    """Until `stop`. Whatever fails is tried again, ever less often."""
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            with open_mailbox(login, services.gate) as mailbox:
                log.info("mailbox.opened", account=account.account)
                while not stop.is_set():
                    # What came while others were brought was told in between: only after an empty look is it quiet.
                    if not catch_up(services, account, mailbox):
                        pause = FIRST_PAUSE_SECONDS
                        mailbox.wait(stop)
        except Exception as error:  # noqa: BLE001 - a mailbox, store or database that is away comes back
            expected = isinstance(error, MailboxUnavailable) or getattr(error, "retryable", False)
            tell = log.warning if expected else log.exception
            tell("mailbox.lost", account=account.account, error_type=type(error).__name__, detail=str(error)[:200])
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def catch_up(services: MailroomServices, account: ChannelAccount, mailbox: Mailbox) -> int:
    """
    Bring what is new: how many. The position moves only past what the intake holds.

    Once the broker has not answered, the rest of them wait in the intake for the sweep, instead of one after the other
    for the broker.
    """
    found, broker_answers = _new(services, account, mailbox), True
    for uid in found:
        admitted = _bring(services, account, mailbox, uid)
        if admitted and admitted.fresh and broker_answers:
            broker_answers = publish(services.intake, services.publisher, admitted)
        services.positions.put(account.account, account.address, mailbox.uidvalidity, uid)
    return len(found)


def _new(services: MailroomServices, account: ChannelAccount, mailbox: Mailbox) -> list[int]:
    position = services.positions.get(account.account, account.address)
    if position is None:
        start = 0 if account.options.get("imap_from") == "all" else mailbox.uidnext - 1
        services.positions.put(account.account, account.address, mailbox.uidvalidity, start)
        return mailbox.after(start)
    if position.uidvalidity != mailbox.uidvalidity:
        log.warning("mailbox.renumbered", account=account.account)
        return mailbox.since((position.at - OVERLAP).date())
    return mailbox.after(position.uid)


def _bring(services: MailroomServices, account: ChannelAccount, mailbox: Mailbox, uid: int) -> Admitted | None:
    """None: somebody deleted it meanwhile."""
    with spool() as mail:
        headers = _read(services, mailbox, uid, mail)
        if headers is None:
            return None
        admitted = keep(services, account, headers, mail)
        log.info("mail.kept", size_bytes=mail.tell())
    if account.options.get("imap_mark") == "seen":
        mailbox.mark_seen(uid)
    return admitted


def _read(services: MailroomServices, mailbox: Mailbox, uid: int, mail: BinaryIO) -> dict[str, str] | None:
    """The headers of its payload; of a mail that is too large only its own headers come. None: it is gone."""
    size = mailbox.size_of(uid)
    if size is None:
        return None
    if size <= services.max_mail_bytes:
        return {} if mailbox.read(uid, mail) else None
    own = mailbox.headers(uid)
    mail.write(own or b"")
    return None if own is None else {LEFT_OUT: str(size)}
