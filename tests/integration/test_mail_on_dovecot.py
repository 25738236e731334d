"""The whole circle on a real mail server: an IMAP mailbox of ours, a customer's mailbox, LMTP between them."""

import smtplib
from collections.abc import Sequence
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.images import camera_scene
from tests.integration.system import system
from tests.polling import eventually
from tests.services import Dovecot
from tests.services.dovecot import PASSWORD
from tests.services.process import LOOPBACK
from workers.runtime.smtp_server import SmtpServer
from workers.sandbox.mail_rules import problems
from workers.sandbox.mail_writing import letter

SHOP, KIM = "shop@acme.example", "kim.dovecot@customer.example"


class Front:
    """An SMTP server in front of Dovecot's LMTP; has the shape of a provider for `system`."""

    def __init__(self, dovecot: Dovecot) -> None:
        self._dovecot = dovecot
        self._server = SmtpServer(self, LOOPBACK, 0, {})
        self.relayed: list[bytes] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.content.read()
        self.relayed.append(raw)
        with smtplib.LMTP(LOOPBACK, self._dovecot.lmtp_port) as lmtp:
            lmtp.sendmail(envelope.mail_from or "", envelope.rcpt_tos, raw)
        return "250 2.0.0 relayed"

    @property
    def fetch_allow(self) -> list[str]:
        return [f"{LOOPBACK}:{self._server.address[1]}", f"{LOOPBACK}:{self._dovecot.imap_port}"]

    def connection(self) -> dict[str, object]:
        credentials = {"thread_key": "a-key", "imap_user": SHOP, "imap_password": PASSWORD}
        imap = f"imap://{LOOPBACK}:{self._dovecot.imap_port}"
        return {
            "provider": "smtp",
            "address": SHOP,
            "api_url": f"smtp://{LOOPBACK}:{self._server.address[1]}",
            "credentials": {name: {"value": value} for name, value in credentials.items()},
            "options": {"tls": "none", "imap": imap, "imap_from": "all"},
        }

    def start(self) -> None:
        self._server.__enter__()

    def stop(self) -> None:
        self._server.__exit__(None, None, None)


def mailbox(dovecot: Dovecot, user: str) -> Sequence[bytes]:
    client = dovecot.login(user)
    client.select("INBOX", readonly=True)
    numbers = client.search(None, "ALL")[1][0].split()
    mails = [client.fetch(number, "(RFC822)")[1][0][1] for number in numbers]
    client.logout()
    return mails


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = {"photo.jpg": camera_scene((640, 480)), "Größe.pdf": b"%PDF-1.4\n%%EOF\n"}
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in made]


def test_a_conversation_goes_round(dovecot: Dovecot, tmp_path: Path, files: list[Path]) -> None:
    """In by IMAP, out by SMTP into a real mailbox, and the answer to Reply-To is in the thread."""
    front, folder = Front(dovecot), tmp_path / "system"
    folder.mkdir()
    with system(folder, lambda _: {"email": front}) as running:
        dovecot.deliver(SHOP, letter(KIM, SHOP, "It broke", files, "Help", None))
        (first,) = running.shown_from(KIM)
        sent = running.helpdesk.reply(
            "email", KIM, text="We look", uploads=[(running.helpdesk.upload(path), path.name) for path in files]
        )
        running.seen(sent["message"], "sent")
        (raw,) = eventually(lambda: mailbox(dovecot, KIM), 10)
        mail = message_from_bytes(raw, policy=default)
        answer_to = mail["Reply-To"].addresses[0].addr_spec
        dovecot.deliver(answer_to, letter("kim@home.example", SHOP, "Thanks", [], "Re", None))
        thread = eventually(lambda: all_of(running, sent["conversation"], 3), 30)

    assert [(one["file_name"], one["state"]) for one in first["attachments"]] == [
        ("photo.jpg", "shown"),
        ("Größe.pdf", "shown"),
    ]
    assert [part.get_filename() for part in mail.walk() if part.get_filename()] == ["photo.jpg", "Größe.pdf"]
    assert [part.get_content() for part in mail.walk() if part.get_content_type() == "application/pdf"] == [
        files[1].read_bytes()
    ]
    assert list(problems(front.relayed[0])) == []
    assert [one["text"] for one in thread] == ["It broke", "We look", "Thanks"]


def all_of(running, conversation: str, count: int) -> list[dict]:
    messages = running.helpdesk.thread(conversation)["messages"]
    return messages if len(messages) == count else []
