"""The SMTP and LMTP door: taken is what the intake holds."""

import re
import resource
import smtplib
import socket
import ssl
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from tests.integration.mailroom_kit import RIVAL, SUPPORT, mailroom_bench
from workers.mailroom import door as mail_door
from workers.mailroom.door import MAX_RECIPIENTS, Door
from workers.runtime.database import DatabaseUnavailable

MAIL = (Path(__file__).parents[1] / "payloads" / "email" / "photo_attached.eml").read_bytes()
KIM = "kim@customer.example"


@contextmanager
def door(bench, **options):
    with Door(bench.services, "127.0.0.1", 0, **options) as listening:
        yield listening.address


@pytest.fixture
def bench(tmp_path):
    with mailroom_bench(tmp_path) as bench:
        yield bench


def send(address, *recipients, raw=MAIL, sender=KIM, kind=smtplib.SMTP):
    with kind(*address) as smtp:
        return smtp.sendmail(sender, list(recipients), raw)


def test_a_mail_is_kept_as_it_came_with_its_envelope(bench):
    """Its bytes lie in the store; the event says for whom and from whom."""
    with door(bench) as address:
        send(address, "Support+tag@acme.example")
        (event,) = bench.events(1)
    assert (event.account, event.data.address, event.data.body) == ("acme", SUPPORT, None)
    assert event.data.headers == {"x-envelope-from": KIM, "x-envelope-to": "Support+tag@acme.example"}
    assert bench.body(event) == MAIL


def test_each_mailbox_gets_its_own_event_and_no_others_address(bench):
    """Two accounts in one transaction; a Bcc is nobody else's business."""
    with door(bench) as address:
        send(address, SUPPORT, RIVAL, "help+x@rival.example")
        events = bench.events(2)
    assert {event.account: event.data.headers["x-envelope-to"] for event in events} == {
        "acme": SUPPORT,
        "rival": f"{RIVAL},help+x@rival.example",
    }


def test_the_same_mail_again_is_the_same_event(bench):
    """A server that lost our answer tries again."""
    with door(bench) as address:
        for _ in range(3):
            send(address, SUPPORT)
        bench.events(1)
    assert len(bench.intake_rows()) == 1


@pytest.mark.parametrize("recipient", ["nobody@acme.example", "support@other.example", "supportx@acme.example"])
def test_an_unknown_mailbox_is_refused(bench, recipient):
    """We relay for nobody."""
    with door(bench) as address, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(address, recipient)
    assert refused.value.recipients[recipient][0] == 550
    assert bench.intake_rows() == []


def test_too_many_recipients_are_asked_to_wait(bench):
    """452: the sender splits them (RFC 5321 section 4.5.3.1.10)."""
    many = [f"support+{number}@acme.example" for number in range(MAX_RECIPIENTS + 1)]
    with door(bench) as address:
        refused = send(address, *many)
    assert {code for code, _ in refused.values()} == {452}
    assert len(refused) == 1


def test_too_many_mails_at_once_are_asked_to_wait(bench, monkeypatch):
    """Each takes room on the disk while it comes; one that is done makes room."""
    monkeypatch.setattr(mail_door, "MAX_MAILS_AT_ONCE", 1)
    with door(bench) as address, smtplib.SMTP(*address) as first, smtplib.SMTP(*address) as second:
        first.ehlo()
        second.ehlo()
        codes = [first.mail(KIM)[0], second.mail(KIM)[0]]
        first.rset()
        codes.append(second.mail(KIM)[0])
    assert codes == [250, 451, 250]


class Away:
    def __getattr__(self, name):
        raise DatabaseUnavailable("database_unavailable", "away")


@pytest.mark.parametrize("part", ["intake", "store"])
def test_what_cannot_be_kept_is_not_taken(tmp_path, part):
    """4xx: the sender keeps it and tries again."""
    with mailroom_bench(tmp_path) as bench:
        broken = replace(bench, services=replace(bench.services, **{part: Away()}))
        with door(broken) as address, pytest.raises(smtplib.SMTPDataError) as refused:
            send(address, SUPPORT)
        assert refused.value.smtp_code == 451
        assert bench.intake_rows() == []


def test_size_is_advertised_and_enforced(bench):
    """At MAIL FROM where it is said, at DATA where it is not."""
    limit = bench.services.max_mail_bytes
    with door(bench) as address, smtplib.SMTP(*address) as smtp:
        smtp.ehlo()
        assert smtp.esmtp_features["size"] == str(limit)
        assert smtp.docmd(f"MAIL FROM:<{KIM}> SIZE={limit + 1}")[0] == 552


def test_a_mail_that_grows_beyond_the_size_is_refused(bench, monkeypatch):
    """Although it promised nothing."""
    monkeypatch.setattr(type(bench.services), "max_mail_bytes", 1000)
    with door(bench) as address, smtplib.SMTP(*address) as smtp:
        smtp.ehlo()
        smtp.docmd(f"MAIL FROM:<{KIM}>")
        smtp.docmd(f"RCPT TO:<{SUPPORT}>")
        assert smtp.data(b"x\r\n" * 1000)[0] == 552
    assert bench.intake_rows() == []


def test_a_line_that_is_too_long_for_the_standard_is_taken(bench):
    """Careless programs write a paragraph into one."""
    raw = MAIL + b"x" * 5000 + b"\r\n"
    with door(bench) as address:
        send(address, SUPPORT, raw=raw)
        (event,) = bench.events(1)
    assert bench.body(event) == raw


def resident_bytes():
    return 1024 * int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1])


def begun(address):
    """A client in the middle of DATA."""
    smtp = smtplib.SMTP(*address)
    smtp.ehlo()
    smtp.mail(KIM)
    smtp.rcpt(SUPPORT)
    smtp.docmd("DATA")
    return smtp


def test_a_burst_of_large_mails_needs_no_memory(bench):
    """Sixteen at once, 160 MB in all, lie on the disk while they come; one of them goes on into the store."""
    lines = (b"x" * 76 + b"\r\n") * 13_000
    with door(bench) as address, ExitStack() as stack:
        clients = [begun(address) for _ in range(mail_door.MAX_MAILS_AT_ONCE)]
        for client in clients:
            stack.callback(client.close)
        before = resident_bytes()
        for _ in range(10):
            for client in clients:
                client.send(lines)
        clients[0].send(b".\r\n")
        assert clients[0].getreply()[0] == 250
        grown = resident_bytes() - before
        (event,) = bench.events(1)
        assert bench.body(event) == lines * 10
    assert grown < 40_000_000


@contextmanager
def files_end_at(size_bytes):
    """As on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size_bytes", [1_000_001, 3_000_000])
def test_a_mail_that_finds_no_room_is_sent_again_later(bench, size_bytes):
    """452, when all of it was heard: the sender keeps it, and the next mail is welcome."""
    with door(bench) as address:
        with files_end_at(1_000_000), pytest.raises(smtplib.SMTPDataError) as refused:
            send(address, SUPPORT, raw=b"x" * (size_bytes - 2) + b"\r\n")
        assert bench.intake_rows() == []
        send(address, SUPPORT)
        bench.events(1)
    assert refused.value.smtp_code == 452


def test_dots_and_strange_bytes_come_as_they_are(bench):
    """8-bit, NUL, lines that begin with a dot."""
    raw = MAIL + b"\r\n.\r\n..x\r\n\xff\x00\r\n"
    with door(bench) as address:
        send(address, SUPPORT, raw=raw)
        (event,) = bench.events(1)
    assert bench.body(event) == raw


def test_lmtp_answers_once_for_each_recipient(bench):
    """RFC 2033: a mail server in front of us counts."""
    with door(bench, lmtp=True) as address, socket.create_connection(address, 10) as connection:
        stream = connection.makefile("rwb", buffering=0)
        answers = []
        for line in (
            b"LHLO x",
            b"MAIL FROM:<>",
            b"RCPT TO:<support@acme.example>",
            b"RCPT TO:<help@rival.example>",
            b"DATA",
        ):
            if line == b"LHLO x":
                stream.readline()
            stream.write(line + b"\r\n")
            while (answer := stream.readline())[3:4] == b"-":
                pass
            answers.append(answer[:3])
        stream.write(MAIL + b"\r\n.\r\n")
        after = [stream.readline()[:3] for _ in range(2)]
        stream.write(b"NOOP\r\n")
        assert stream.readline()[:3] == b"250"
    assert (answers[-1], after) == (b"354", [b"250", b"250"])
    assert len(bench.events(2)) == 2


def test_lmtp_refuses_once_for_each_recipient(bench, monkeypatch):
    """Or the mail server in front of us would wait for the rest of the answers."""
    monkeypatch.setattr(type(bench.services), "max_mail_bytes", 1000)
    with door(bench, lmtp=True) as address, smtplib.LMTP(*address) as lmtp:
        lmtp.ehlo()
        lmtp.mail(KIM)
        lmtp.rcpt(SUPPORT)
        lmtp.rcpt(RIVAL)
        assert [lmtp.data(MAIL)[0], lmtp.getreply()[0], lmtp.noop()[0]] == [552, 552, 250]


def test_an_empty_sender_is_kept_as_such(bench):
    """Bounces have none."""
    with door(bench) as address:
        send(address, SUPPORT, sender="")
        (event,) = bench.events(1)
    assert event.data.headers["x-envelope-from"] == ""


def test_starttls_is_offered_with_a_certificate(bench):
    """And works."""
    authority, served, trusting = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(served)
    authority.configure_trust(trusting)
    with door(bench, tls=served) as address, smtplib.SMTP(*address) as smtp:
        smtp.starttls(context=trusting)
        smtp.sendmail(KIM, [SUPPORT], MAIL)
        bench.events(1)
