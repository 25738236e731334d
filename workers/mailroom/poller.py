"""A mailbox of somebody else's server: every mail at least once, in order, nothing deleted."""

from datetime import timedelta
from threading import Event as Flag

import structlog

from ingest.email.envelope import LEFT_OUT
from ingest.incoming import ChannelAccount
from workers.mailroom.keeping import keep
from workers.mailroom.services import MailroomServices
from workers.runtime.imap import Login, Mailbox, MailboxUnavailable, open_mailbox
from workers.runtime.threshold import publish

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
    """Bring what is new: how many. The position moves only past what the intake holds."""
    found = _new(services, account, mailbox)
    for uid in found:
        _bring(services, account, mailbox, uid)
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


def _bring(services: MailroomServices, account: ChannelAccount, mailbox: Mailbox, uid: int) -> None:
    size = mailbox.size_of(uid)
    is_too_large = size is not None and size > services.max_mail_bytes
    raw = mailbox.read(uid, headers_only=is_too_large) if size is not None else None
    if raw is None:
        return  # somebody deleted it meanwhile
    admitted = keep(services, account, {LEFT_OUT: str(size)} if is_too_large else {}, raw)
    log.info("mail.kept", size_bytes=size)
    if admitted.fresh:
        publish(services.intake, services.publisher, admitted)
    if account.options.get("imap_mark") == "seen":
        mailbox.mark_seen(uid)
