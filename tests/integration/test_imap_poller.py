"""A mailbox on a real Dovecot: every mail at least once, in order, left as it was."""

from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import pytest

from tests.integration.mailroom_kit import SUPPORT, mailroom_bench, read_over_imap
from tests.polling import eventually
from workers.mailroom.poller import login_of, poll
from workers.runtime import imap
from workers.runtime.broker import PublishFailed
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.imap import MailboxUnavailable, open_mailbox

MAIL = (Path(__file__).parents[1] / "payloads" / "email" / "photo_attached.eml").read_bytes()


@pytest.fixture(autouse=True)
def looks(monkeypatch):
    """So that a poller that is told to stop hears it at once."""
    monkeypatch.setattr(imap, "LOOK_SECONDS", 0.05)


@pytest.fixture
def user(dovecot, request):
    """A mailbox of the test's own: the server makes one for whoever asks."""
    return f"u{abs(hash(request.node.nodeid))}@acme.example"


def number(count):
    return MAIL.replace(b"<photo_attached@", b"<m%d@" % count)


@contextmanager
def polling(bench, user):
    account = next(one for one in bench.services.mailboxes if one.address == SUPPORT)
    account.credentials["imap_user"] = user
    stop = Flag()
    thread = Thread(target=poll, args=(bench.services, account, login_of(account), stop))
    thread.start()
    try:
        yield account
    finally:
        stop.set()
        thread.join(timeout=20)
        assert not thread.is_alive()


def flags(dovecot, user):
    client = dovecot.login(user)
    client.select("INBOX", readonly=True)
    found = client.fetch("1:*", "(FLAGS)")[1]
    client.logout()
    return b" ".join(found)


def test_mails_come_in_order_and_stay_unread_in_the_mailbox(dovecot, tmp_path, user):
    """Byte for byte; what arrives while it waits wakes it (IDLE)."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot, imap_from="all")) as bench, polling(bench, user):
        bench.events(1)
        dovecot.deliver(user, number(2))
        events = bench.events(2)
        kept = [bench.body(event) for event in events]
    # Dovecot puts headers of its own before the mail.
    assert [body.partition(b"From: Kim")[2] for body in kept] == [number(n).partition(b"From: Kim")[2] for n in (1, 2)]
    assert {event.data.address for event in events} == {SUPPORT}
    assert b"\\Seen" not in flags(dovecot, user)


def test_a_restart_goes_on_where_it_was(dovecot, tmp_path, user):
    """Nothing again, nothing left out."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot, imap_from="all")) as bench:
        with polling(bench, user):
            bench.events(1)
        dovecot.deliver(user, number(2))
        with polling(bench, user):
            bench.events(2)
        assert len(bench.intake_rows()) == 2


def test_an_old_mailbox_is_not_read_from_its_beginning(dovecot, tmp_path, user):
    """Unless asked: years of mail are not news."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot)) as bench, polling(bench, user) as account:
        eventually(lambda: bench.services.positions.get("acme", account.address), 10)
        dovecot.deliver(user, number(2))
        (event,) = bench.events(1)
        assert b"<m2@" in bench.body(event)


def test_a_mailbox_that_was_numbered_anew_loses_and_repeats_nothing(dovecot, tmp_path, user):
    """UIDVALIDITY changed: what was here before is known by its content."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot, imap_from="all")) as bench:
        with polling(bench, user):
            bench.events(1)
        position = bench.services.positions.get("acme", SUPPORT)
        bench.services.positions.put("acme", SUPPORT, position.uidvalidity - 1, 77)
        dovecot.deliver(user, number(2))
        with polling(bench, user):
            bench.events(2)
            eventually(lambda: position_of(bench) == 2, 10)
        assert bench.services.positions.get("acme", SUPPORT).uidvalidity == position.uidvalidity


def test_mails_are_marked_where_that_is_wanted(dovecot, tmp_path, user):
    """By an option alone."""
    dovecot.deliver(user, number(1))
    used = read_over_imap(dovecot, imap_from="all", imap_mark="seen")
    with mailroom_bench(tmp_path, used) as bench, polling(bench, user):
        bench.events(1)
        eventually(lambda: b"\\Seen" in flags(dovecot, user), 10)


def test_of_a_mail_that_is_too_large_the_headers_come(dovecot, tmp_path, user, monkeypatch):
    """Somebody sees that it is there."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot, imap_from="all")) as bench:
        monkeypatch.setattr(type(bench.services), "max_mail_bytes", 2000)
        with polling(bench, user):
            (event,) = bench.events(1)
        assert int(event.data.headers["x-mail-left-out"]) > len(MAIL)
        assert b"Subject: photo attached" in bench.body(event)
        assert b"Here is the photo" not in bench.body(event)


def test_an_intake_that_is_away_leaves_the_position_where_it_was(dovecot, tmp_path, user):
    """When it is back, the mail comes."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot, imap_from="all")) as bench:
        accept, away = bench.services.intake.accept, [DatabaseUnavailable("database_slow", "away")]

        def first_away(*args):
            if away:
                raise away.pop()
            return accept(*args)

        bench.services.intake.accept = first_away
        with polling(bench, user):
            bench.events(1)
        assert away == []


def test_a_large_mail_comes_in_pieces(dovecot, tmp_path, user, monkeypatch):
    """Byte for byte; also when its end is the end of a piece."""
    dovecot.deliver(user, number(1))
    with mailroom_bench(tmp_path, read_over_imap(dovecot, imap_from="all")) as bench:
        login = replace(login_of(bench.services.mailboxes[0]), user=user)
        with open_mailbox(login, bench.services.gate) as mailbox:
            size, read = mailbox.size_of(1), {}
            for piece_bytes in (size, size // 2 + 1, 1000, size * 2):
                monkeypatch.setattr(imap, "PIECE_BYTES", piece_bytes)
                into = read[piece_bytes] = BytesIO()
                assert mailbox.read(1, into)
            assert not mailbox.read(2, BytesIO())
    assert {len(one.getvalue()) for one in read.values()} == {size}
    assert len({one.getvalue() for one in read.values()}) == 1


class Unheard:
    """A broker that confirms nothing."""

    def __init__(self):
        self.asked = []

    def publish(self, message):
        self.asked.append(message.message_id)
        raise PublishFailed("away")

    def close(self):
        pass


def test_a_broker_that_is_away_loses_no_mail_and_holds_up_none(dovecot, tmp_path, user):
    """Asked once for all that is there; the intake holds them for the sweep, and a restart brings none again."""
    for count in (1, 2, 3):
        dovecot.deliver(user, number(count))
    used = read_over_imap(dovecot, imap_from="all")
    with mailroom_bench(tmp_path, used) as bench:
        unheard = Unheard()
        away = replace(bench, services=replace(bench.services, publisher=unheard))
        with polling(away, user):
            eventually(lambda: position_of(bench) == 3, 10)
        left = bench.services.intake.unpublished(bench.services.clock.now())
        with polling(bench, user):
            dovecot.deliver(user, number(4))
            (event,) = bench.events(1)
        assert b"<m4@" in bench.body(event)
        assert len(bench.intake_rows()) == 4
    assert (len(left), len(unheard.asked)) == (3, 1)


def position_of(bench):
    position = bench.services.positions.get("acme", SUPPORT)
    return position and position.uid


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"url": "imap://127.0.0.1:1"}, {"url": "http://x"}, {"plain": False}]
)
def test_a_mailbox_that_cannot_be_read_is_a_matter_of_trying_again(dovecot, tmp_path, user, change):
    """Wrong password, nobody there, a private address that is not allowed: one error that says so."""
    with mailroom_bench(tmp_path, read_over_imap(dovecot)) as bench:
        account = bench.services.mailboxes[0]
        account.credentials["imap_user"] = user
        login = replace(login_of(account), **change)
        with pytest.raises(MailboxUnavailable), open_mailbox(login, bench.services.gate):
            pass
