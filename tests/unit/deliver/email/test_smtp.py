"""What a mail server's answers mean, and what we ask of it."""

from dataclasses import replace

import pytest

from deliver.email import smtp
from deliver.email.outcomes import BASIC, ENHANCED
from deliver.outgoing import Limits, MailAnswer, MailServer, NoAnswer, NotSent, PlannedFile, PlannedPart
from schemas.message import Reply
from tests.unit.deliver.email.test_composing import ACCOUNT, PART
from tests.unit.ingest.payloads import RECEIVED_AT


class Server:
    """Answers what it was told to and keeps what it was handed."""

    def __init__(self, answer):
        self.answer = answer
        self.mails = []

    def mail(self, server, mail):
        self.mails.append((server, mail))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def send(code, enhanced="", text="because"):
    return smtp.send(PART, ACCOUNT, Server(MailAnswer(code, enhanced, text)))


def test_an_accepted_mail_is_known_by_its_part():
    """The Message-ID and every report lead to it."""
    assert (send(250).state, send(250).external_id) == ("accepted", PART.id)


@pytest.mark.parametrize(
    ("code", "enhanced", "state", "falls_back"),
    [
        (251, "", "accepted", False),
        (421, "", "not_accepted", False),
        (450, "", "not_accepted", False),
        (451, "4.7.1", "not_accepted", False),
        (452, "4.3.1", "not_accepted", False),
        (454, "", "not_accepted", False),
        (499, "", "not_accepted", False),
        (530, "", "refused", False),
        (534, "5.7.9", "refused", False),
        (535, "5.7.8", "refused", False),
        (550, "5.1.1", "refused", False),
        (550, "", "refused", False),
        (551, "", "refused", False),
        (552, "", "refused", True),
        (552, "5.2.2", "refused", False),
        (550, "5.2.3", "refused", True),
        (554, "5.3.4", "refused", True),
        (553, "5.1.3", "refused", False),
        (554, "", "refused", False),
        (599, "5.9.9", "refused", False),
    ],
)
def test_what_an_answer_means(code, enhanced, state, falls_back):
    """Retry, refuse, or let the words leave with links; the enhanced code knows better than the basic one."""
    receipt = send(code, enhanced)
    assert (receipt.state, receipt.falls_back) == (state, falls_back)
    if state != "accepted":
        assert receipt.reason.code == f"provider_{code}"
        assert receipt.reason.provider_text == f"{enhanced} because".strip()


@pytest.mark.parametrize("meaning", [*ENHANCED.items(), *BASIC.items()], ids=lambda row: str(row[0]))
def test_every_row_of_the_table_can_be_met(meaning):
    """And says what it says."""
    code, row = meaning
    receipt = send(code) if isinstance(code, int) else send(int(code[0]) * 100 + 50, code)
    assert (receipt.state, receipt.reason.sentence, receipt.falls_back) == (row.state, row.sentence, row.falls_back)


@pytest.mark.parametrize(
    ("code", "enhanced", "alarms"),
    [(535, "5.7.8", True), (534, "5.7.9", True), (535, "", True), (530, "", True), (550, "5.1.1", False)],
)
def test_an_administrator_hears_of_a_login_that_fails(code, enhanced, alarms):
    """No mail at all will leave until somebody has looked."""
    assert send(code, enhanced).alarms == alarms


@pytest.mark.parametrize(("error", "state"), [(NotSent("x"), "not_accepted"), (NoAnswer("x"), "ambiguous")])
def test_no_answer_is_no_refusal(error, state):
    """Before anything was sent it is safe to try again; after it nobody knows."""
    assert smtp.send(PART, ACCOUNT, Server(error)).state == state


def test_a_doubt_is_resolved_by_sending_again():
    """The same Message-ID is the same mail."""
    answers = [MailAnswer(250, "", ""), MailAnswer(550, "", ""), MailAnswer(451, "", ""), NoAnswer("x"), NotSent("x")]
    receipts = [smtp.reconcile(PART, ACCOUNT, Server(answer)) for answer in answers]
    assert [receipt and receipt.state for receipt in receipts] == [
        "accepted",
        "refused",
        "not_accepted",
        "ambiguous",
        "not_accepted",
    ]


def test_a_contact_that_is_no_address_is_refused_before_anybody_is_asked():
    """Header injection ends here."""
    server = Server(MailAnswer(250, "", ""))
    receipt = smtp.send(replace(PART, contact="a@b.example\r\nDATA"), ACCOUNT, server)
    assert (receipt.state, receipt.reason.code, server.mails) == ("refused", "recipient_invalid", [])


def test_the_server_and_its_login_come_from_the_connection():
    """TLS unless the connection says otherwise."""
    server = Server(MailAnswer(250, "", ""))
    account = replace(
        ACCOUNT, credentials={**ACCOUNT.credentials, "user": "u", "password": "p"}, options={"tls": "none"}
    )
    smtp.send(PART, account, server)
    smtp.send(PART, ACCOUNT, server)
    assert [asked for asked, _ in server.mails] == [
        MailServer("smtps://mail.example:465", "u", "p", plain=True),
        MailServer("smtps://mail.example:465"),
    ]


def test_words_and_all_files_are_one_mail():
    """Whatever kinds they are."""
    limits = Limits({}, 20_000_000, 50, 10_000, 10_000, links=True, overhead=1.368)
    files = [PlannedFile("1", "image/png", 10, "image"), PlannedFile("2", "application/pdf", 10, "file")]
    assert smtp.plan(Reply(text="hello", expires_at=RECEIVED_AT), files, limits) == [PlannedPart("hello", ("1", "2"))]
