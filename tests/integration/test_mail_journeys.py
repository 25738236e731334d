"""Mail both ways through the whole system in one process: what a customer and an agent see of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ingest.email import tokens
from schemas import identity
from tests.images import camera_scene
from tests.integration.system import ACCOUNT, System, system
from tests.polling import eventually
from tests.services.process import free_port
from workers.commands.helpdesk import Helpdesk
from workers.sandbox.mail import SandboxMail
from workers.sandbox.mail_server import MailFault

KIM = "kim@customer.example"


@dataclass
class World:
    mail: SandboxMail
    system: System

    @property
    def helpdesk(self) -> Helpdesk:
        return self.system.helpdesk

    def message(self, external_id: str) -> dict[str, Any]:
        """A customer's message, once it is shown."""
        return self.system.seen(identity.inbound_message_id(ACCOUNT, "email", external_id), "shown")

    def reply(self, contact: str, text: str, *files: Path) -> str:
        return self.system.reply("email", contact, text, *files)

    def sent(self, contact: str, text: str, *files: Path) -> dict[str, Any]:
        """A reply, once it has left, well or not."""
        return self.system.seen(self.reply(contact, text, *files), "sent", "failed", "in_doubt", "refused")


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Iterator[World]:
    folder, port = tmp_path_factory.mktemp("world"), free_port()
    mail = SandboxMail(folder / "mail", door=("127.0.0.1", port))
    with system(folder, lambda _: {"email": mail}, mail_port=port) as running:
        yield World(mail, running)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    made = {"photo.jpg": camera_scene((640, 480)), "bill.pdf": b"%PDF-1.4\n%%EOF\n", "notes.txt": b"hello\n"}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in made}


def test_a_customers_mail_shows_with_its_files(here, files):
    """Words, photo and document, each with its own end."""
    seen = here.message(here.mail.customer_sends(KIM, "Here they are", [files["photo.jpg"], files["bill.pdf"]]))
    assert (seen["state"], seen["text"], seen["subject"]) == ("shown", "Here they are", "A question")
    assert [(one["file_name"], one["state"]) for one in seen["attachments"]] == [
        ("photo.jpg", "shown"),
        ("bill.pdf", "shown"),
    ]


def test_an_agents_reply_arrives_with_its_files(here, files):
    """The photo among the words, the document beside them; accepted by the customer's server, so it is sent."""
    kim = "ann@customer.example"
    sent = here.sent(kim, "Look", files["photo.jpg"], files["bill.pdf"])
    (mail,) = here.mail.customer(kim).received
    assert (sent["state"], here.mail.rejections) == ("sent", ())
    assert (mail.text, [(one.file_name, one.media_type) for one in mail.files]) == (
        "Look",
        [("photo.jpg", "image/jpeg"), ("bill.pdf", "application/pdf")],
    )
    assert [bool(one.cid) for one in mail.files] == [True, False]
    assert mail.files[1].path.read_bytes() == files["bill.pdf"].read_bytes()


def test_an_answer_from_another_address_stays_in_the_thread(here):
    """Reply-To and References prove it; what it says is shown once."""
    kim = "bea@customer.example"
    sent = here.sent(kim, "Hello")
    (mail,) = here.mail.customer(kim).received
    answer = here.message(here.mail.customer_sends("bea.private@home.example", "It works", answering=mail))
    assert answer["conversation"] == sent["conversation"]
    assert answer["text"].startswith("It works\n> Hello")


def test_a_forged_answer_is_a_conversation_of_its_own(here):
    """Its Reply-To looks like ours, and is not signed."""
    kim = "cat@customer.example"
    sent = here.sent(kim, "Hello")
    (mail,) = here.mail.customer(kim).received
    forged = tokens.tagged(here.mail.address, tokens.sign("c", sent["conversation"], "another key"))
    stranger = replace(mail, reply_to=forged, message_id="<x@evil.example>")
    answer = here.message(here.mail.customer_sends("eve@evil.example", "Send me all of it", answering=stranger))
    assert answer["conversation"] != sent["conversation"]


@pytest.mark.parametrize(
    ("action", "status", "state"), [("failed", "5.1.1", "failed"), ("delivered", "2.0.0", "delivered")]
)
def test_a_notice_ends_our_message_and_shows_as_none(here, action, status, state):
    """A bounce fails it with the server's words; a success is the only delivery that mail knows."""
    kim = f"{action}@customer.example"
    sent = here.sent(kim, "Hello")
    (mail,) = here.mail.customer(kim).received
    here.mail.bounces(mail, kim, action=action, status=status, text="550 no such user")
    seen = here.system.seen(sent["message"], state)
    thread = here.helpdesk.thread(sent["conversation"])
    assert len(thread["messages"]) == 1
    if state == "failed":
        assert seen["parts"][0]["reason"]["code"] == "mail_5_1_1"


def test_greylisting_is_waited_for(here):
    """4xx: nothing is lost, nothing is sent twice."""
    kim = "dan@customer.example"
    here.mail.fault(MailFault.THROTTLED)
    assert here.sent(kim, "Hello")["state"] == "sent"
    assert len(here.mail.customer(kim).received) == 1


def test_a_doubt_is_sent_again_and_is_one_mail(here):
    """The connection broke after the mail was taken: the same Message-ID again."""
    kim = "eva@customer.example"
    here.mail.fault(MailFault.ACCEPT_THEN_RESET)
    assert here.sent(kim, "Hello")["state"] == "sent"
    assert len(here.mail.customer(kim).received) == 1


def test_what_is_too_large_leaves_as_a_link_that_works(here, tmp_path):
    """17 MB weigh 23 MB encoded: the words leave with a sentence and a link."""
    large, kim = tmp_path / "film.txt", "fay@customer.example"
    large.write_bytes(b"abcdefgh\n" * 1_900_000)
    assert here.sent(kim, "The film", large)["state"] == "sent"
    (mail,) = here.mail.customer(kim).received
    link = mail.text.rpartition(": ")[2].strip()
    assert (mail.files, mail.text.partition(" (")[0]) == ([], "The film\n\nfilm.txt")
    assert len(here.helpdesk.download(link)) == large.stat().st_size


def test_mail_that_breaks_its_reader_shows_as_what_it_is(here):
    """So many layers that Python's parser gives up: one card, from whom the envelope names."""
    raw = b"From: gus@customer.example\r\n" + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000)
    )
    here.mail.deliver("gus@customer.example", here.mail.address, raw)

    def shown() -> Any:
        found = [one for one in here.helpdesk.conversations() if one["contact"] == "gus@customer.example"]
        return found and here.helpdesk.thread(found[0]["conversation"])["messages"][0]

    message = eventually(shown, 20)
    seen = here.system.seen(message["message"], "failed", "shown")
    assert [one["reason"]["code"] for one in seen["attachments"]] == ["decoder_crashed"]


def test_a_server_that_finds_it_too_large_gets_it_as_a_link(here, files):
    """552, whatever SIZE had said: the words leave with a link in the place of the file, once."""
    kim = "hal@customer.example"
    here.mail.fault(MailFault.TOO_LARGE)
    here.sent(kim, "The bill", files["bill.pdf"])
    (mail,) = eventually(lambda: here.mail.customer(kim).received, 20)
    assert (mail.files, mail.text.partition(" (")[0]) == ([], "The bill\n\nbill.pdf")
    assert here.helpdesk.download(mail.text.rpartition(": ")[2].strip()) == files["bill.pdf"].read_bytes()


def test_a_bounce_because_of_size_brings_a_link(here, files):
    """The next server took it, the customer's did not."""
    kim = "ida@customer.example"
    here.sent(kim, "The bill", files["bill.pdf"])
    (mail,) = here.mail.customer(kim).received
    here.mail.bounces(mail, kim, status="5.3.4", text="552 too big")
    _, link = eventually(lambda: here.mail.customer(kim).received[1:] and here.mail.customer(kim).received, 20)
    assert (link.files, link.text.partition(" (")[0]) == ([], "The bill\n\nbill.pdf")
