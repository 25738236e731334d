"""Mail to a strict server over a real socket: one connection for many, sizes told and believed, faults told apart."""

import ssl
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from deliver.outgoing import Mail, MailAnswer, MailServer, NoAnswer, NotSent
from workers.runtime.addresses import Gate
from workers.runtime.clock import SystemClock
from workers.runtime.http import HttpClient
from workers.runtime.smtp import Mailer
from workers.runtime.smtp_server import SmtpServer
from workers.sandbox.mail import SandboxMail
from workers.sandbox.mail_server import MailFault
from workers.sandbox.mail_server import MailServer as Handler

KIM = "kim@customer.example"
HEAD = (
    b"From: support@shop.example\r\nTo: kim@customer.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"
    b"Message-ID: <%d@shop.example>\r\nContent-Type: text/plain\r\n\r\n"
)


@pytest.fixture
def sandbox(tmp_path):
    with SandboxMail(tmp_path / "mail", size_bytes=100_000) as sandbox:
        yield sandbox


@pytest.fixture
def client(sandbox):
    return HttpClient(sandbox.fetch_allow)


def server(sandbox, **others):
    given = {"user": "trombone", "password": "sandbox-password", "plain": True} | others
    return MailServer(sandbox.api_url, **given)


def mail(number=1, *pieces, recipient=KIM, size=None):
    whole = [HEAD % number, *(pieces or (b"hello\r\n",))]
    size = sum(map(len, whole)) if size is None else size
    return Mail("support+token@shop.example", recipient, size, lambda: iter(whole))


def test_one_connection_serves_many_mails(sandbox, client):
    """Each in a transaction of its own."""
    answers = [client.mail(server(sandbox), mail(number)).code for number in range(5)]
    assert (answers, sandbox.connections, sandbox.rejections) == ([250] * 5, 1, ())
    assert len(sandbox.customer(KIM).received) == 5


def test_the_same_message_id_again_is_the_same_mail(sandbox, client):
    """To the customer's mail program."""
    for _ in range(2):
        client.mail(server(sandbox), mail())
    assert len(sandbox.customer(KIM).received) == 1


@pytest.mark.parametrize(
    "pieces", [(b".\r\n..\r\n",), (b"a\r\n", b".", b"\r\n.b\r\n"), (b"a\r", b"\n.c\r", b"\n"), (b"x",)]
)
def test_dots_at_the_beginning_of_lines_arrive(sandbox, client, pieces):
    """Also where a line begins in another piece."""
    assert client.mail(server(sandbox), mail(1, *pieces)).code == 250
    (received,) = sandbox.customer(KIM).received
    sent = b"".join(pieces)
    assert received.raw.endswith(b"\r\n\r\n" + sent + (b"" if sent.endswith(b"\r\n") else b"\r\n"))


def test_what_is_larger_than_size_is_not_even_begun(sandbox, client):
    """RFC 1870: the answer is the one that the server would give."""
    answer = client.mail(server(sandbox), mail(size=100_001))
    assert (answer.code, answer.enhanced) == (552, "5.3.4")
    assert sandbox.customer(KIM).received == []


@pytest.mark.parametrize(
    ("fault", "code", "enhanced"),
    [
        (MailFault.THROTTLED, 451, "4.7.1"),
        (MailFault.OUTAGE, 421, "4.3.2"),
        (MailFault.UNKNOWN, 550, "5.1.1"),
        (MailFault.TOO_LARGE, 552, "5.3.4"),
        (MailFault.FULL, 452, "4.3.1"),
    ],
)
def test_a_no_is_told_and_the_next_mail_goes_through(sandbox, client, fault, code, enhanced):
    """Whatever became of the connection."""
    sandbox.fault(fault)
    answer = client.mail(server(sandbox), mail())
    assert (answer.code, answer.enhanced) == (code, enhanced)
    assert client.mail(server(sandbox), mail()).code == 250
    assert len(sandbox.customer(KIM).received) == 1


@pytest.mark.parametrize(("fault", "taken"), [(MailFault.RESET, 0), (MailFault.ACCEPT_THEN_RESET, 1)])
def test_a_broken_connection_after_the_mail_is_a_doubt(sandbox, client, fault, taken):
    """It may have been taken or not; the next one is sent over a new connection."""
    sandbox.fault(fault)
    with pytest.raises(NoAnswer):
        client.mail(server(sandbox), mail())
    assert len(sandbox.customer(KIM).received) == taken
    assert client.mail(server(sandbox), mail()).code == 250
    assert (len(sandbox.customer(KIM).received), sandbox.connections) == (1, 2)


def test_a_wrong_password_is_told(sandbox, client):
    """535, and nothing of the mail is shown to the server."""
    assert client.mail(server(sandbox, password="wrong"), mail()).code == 535


def test_another_login_is_another_connection(sandbox, client):
    """Two accounts may use one server: nobody sends in another's name."""
    assert client.mail(server(sandbox), mail(1)).code == 250
    assert client.mail(server(sandbox, password="wrong"), mail(2)).code == 535
    assert client.mail(server(sandbox), mail(3)).code == 250
    assert sandbox.connections == 2


def test_a_private_address_is_not_contacted(sandbox):
    """Unless the operator allows it, with TLS or without."""
    for plain in (True, False):
        with pytest.raises(NotSent):
            HttpClient().mail(server(sandbox, plain=plain), mail())
    assert sandbox.connections == 0


def test_a_server_without_tls_gets_nothing(sandbox, client):
    """STARTTLS is not offered, and a password must not be heard."""
    with pytest.raises(NotSent):
        client.mail(server(sandbox, plain=False), mail())
    assert sandbox.customer(KIM).received == []


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:1", "http://127.0.0.1:80", "smtp://", "nonsense"])
def test_nobody_there_is_safe_to_try_again(url):
    """Nothing was sent."""
    with pytest.raises(NotSent):
        HttpClient(["127.0.0.1:1", "127.0.0.1:80"]).mail(MailServer(url, plain=True), mail())


def test_a_recipient_with_other_letters_needs_a_server_that_knows_them(sandbox, client):
    """RFC 6531; this one does not."""
    answer = client.mail(server(sandbox), mail(recipient="käthe@customer.example"))
    assert (answer.code, answer.enhanced) == (553, "5.6.7")


def test_an_idle_connection_is_not_kept_for_ever(sandbox):
    """After half a minute a server may have hung up; a new one is certain."""

    class Clock(SystemClock):
        shift = 0.0

        def monotonic(self):
            return super().monotonic() + self.shift

    clock = Clock()
    mailer = Mailer(Gate(sandbox.fetch_allow), clock=clock)
    mailer.mail(server(sandbox), mail(1))
    clock.shift = 31.0
    mailer.mail(server(sandbox), mail(2))
    assert sandbox.connections == 2


@contextmanager
def tls_server(folder: Path, context: ssl.SSLContext):
    handler = Handler(folder, "u", "p")
    options = {"tls_context": context, "require_starttls": True, "authenticator": handler.authenticate}
    with SmtpServer(handler, "127.0.0.1", 0, options) as listening:
        yield handler, MailServer(f"smtp://localhost:{listening.address[1]}", "u", "p"), listening.address[1]


def test_starttls_protects_login_and_mail(tmp_path):
    """With a certificate that holds; one of a stranger's gets neither."""
    authority, served, trusting = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(served)
    authority.configure_trust(trusting)
    with tls_server(tmp_path, served) as (handler, asked, port):
        allow = [f"localhost:{port}"]
        assert HttpClient(allow, context=trusting).mail(asked, mail()) == MailAnswer(250, "2.0.0", "taken")
        with pytest.raises(NotSent):
            HttpClient(allow).mail(asked, mail(2))
        assert len(handler.inbox(KIM).received) == 1
