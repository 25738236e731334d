"""What customers' mail programs write, and what their servers say back."""

import mimetypes
from collections.abc import Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import HeaderParser
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from html import escape
from pathlib import Path

from workers.sandbox.mail_inbox import ReceivedMail


def letter(  # noqa: PLR0913, PLR0917 - all that a mail program asks for
    sender: str,
    recipient: str,
    text: str,
    files: Sequence[Path],
    subject: str,
    answering: ReceivedMail | None,
    inline: Sequence[Path] = (),
) -> bytes:
    """
    A mail as a customer's program sends it; an answer quotes what it answers and refers to it.

    `inline` are pictures that its HTML shows below the words.
    """
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, recipient, subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
    if answering:
        mail["In-Reply-To"] = mail["References"] = answering.message_id
        text += "".join(f"\n> {line}" for line in answering.text.splitlines())
    mail.set_content(text)
    if inline:
        _show(mail, text, inline)
    for path in files:
        main, _, sub = _type_of(path)
        mail.add_attachment(path.read_bytes(), maintype=main, subtype=sub, filename=path.name)
    return mail.as_bytes()


def _show(mail: EmailMessage, text: str, pictures: Sequence[Path]) -> None:
    """As HTML beside the plain text, with the pictures that it refers to."""
    shown = "".join(f'<img src="cid:{number}@inline">' for number, _ in enumerate(pictures))
    mail.add_alternative(f"<p>{escape(text)}</p>{shown}", subtype="html")
    page = mail.get_body(preferencelist=("html",))
    assert isinstance(page, EmailMessage)
    for number, path in enumerate(pictures):
        main, _, sub = _type_of(path)
        content, cid = path.read_bytes(), f"<{number}@inline>"
        page.add_related(content, main, sub, cid=cid, filename=path.name, disposition="inline")


def _type_of(path: Path) -> tuple[str, str, str]:
    return (mimetypes.guess_type(path.name)[0] or "application/octet-stream").partition("/")


def bounce(of: ReceivedMail, customer: str, action: str, status: str, diagnostic: str) -> bytes:
    """A delivery status notification as RFC 3464 has it, to the return path."""
    report = MIMEMultipart("report", report_type="delivery-status", policy=SMTP)
    report["From"] = f"Mail Delivery System <mailer-daemon@{customer.rpartition('@')[2]}>"
    report["To"] = of.envelope_from
    report["Subject"], report["Date"] = "Delivery Status Notification", format_datetime(datetime.now(UTC))
    report["Message-ID"] = make_msgid(domain=customer.rpartition("@")[2])
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText(f"Your mail to {customer}: {action}.\n"))
    about_it = "Reporting-MTA: dns; mx.customer.example"
    about_them = f"Final-Recipient: rfc822; {customer}\nAction: {action}\nStatus: {status}\n"
    about_them += f"Diagnostic-Code: smtp; {diagnostic}"
    notice = MIMEBase("message", "delivery-status")
    notice.set_payload([HeaderParser().parsestr(fields) for fields in (about_it, about_them)])
    report.attach(notice)
    head = HeaderParser().parsestr(of.raw.partition(b"\r\n\r\n")[0].decode("ascii", "replace"))
    for name in ("Content-Type", "MIME-Version"):
        del head[name]
    report.attach(MIMEMessage(head))
    return report.as_bytes(policy=SMTP)
