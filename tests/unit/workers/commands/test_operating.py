"""What operators type: the books, a message's life, checks, keys, dead letters."""

from hashlib import sha256
from pathlib import Path

import pytest

from schemas.codec import encode
from tests import journeys
from workers.commands.terminal import harmless, print_table
from workers.runtime.assemble import LivePorts
from workers.runtime.record import RecordedDelivery
from workers.runtime.settings import load


def record(journey: journeys.Journey) -> None:
    """What the recorder would have written at the journey's own time, in the embedded default's place."""
    ports = LivePorts(load({}), journeys.StoppedClock())
    ports.database.migrate()
    deliveries = [RecordedDelivery("event", encode(event), event) for event in journey.events]
    ports.record.write(deliveries, journeys.DEADLINES)
    ports.close()


def test_settings_that_make_no_sense_are_told_at_once(trombone):
    """Code 2, every problem, before anything is opened."""
    result = trombone("audit", broker_url="http://broker", brokerurl="x", log_level="loud")
    assert result.exit_code == 2
    assert "TROMBONE_BROKERURL" in result.stderr
    assert "TROMBONE_LOG_LEVEL" in result.stderr
    assert not Path("trombone-data").exists()


@pytest.mark.parametrize(
    "variables",
    [
        {"media_keys": "too-short"},
        {"store_url": "s3://no-bucket"},
        {"config": "/nowhere"},
    ],
)
def test_what_only_its_part_can_judge_is_told_as_early(trombone, variables):
    """A wrong key or store must not wait for the first message."""
    result = trombone("audit", **variables)
    assert result.exit_code == 2
    assert result.stderr.startswith("The settings are not valid:\n")


def test_a_fresh_place_has_empty_books(trombone):
    """After `migrate`, which may be repeated."""
    assert [trombone("migrate").exit_code for _ in range(2)] == [0, 0]
    result = trombone("audit")
    assert result.exit_code == 0
    assert "Gap 0" in result.stdout


def test_the_books_show_what_came_in(trombone):
    """One row per account, channel and direction."""
    record(journeys.shown())
    result = trombone("audit", "--account", journeys.ACCOUNT)
    assert (result.exit_code, "Gap 0" in result.stdout) == (0, True)
    assert "acme sms in" in result.stdout
    assert "acme" not in trombone("audit", "--account", "rival").stdout


def test_what_is_overdue_fails_the_audit(trombone):
    """A reply that was planned long ago and never ended: code 1, for whoever watches."""
    record(journeys.planned())
    result = trombone("audit")
    assert result.exit_code == 1
    assert "2 attachments are overdue without an end" in result.stdout
    assert "deliverer" in result.stdout
    assert result.stdout.count(journeys.planned().message) == 2


def test_the_books_tell_why_and_since_when(trombone):
    """Reasons by channel; what is yet to come has empty books."""
    refused = journeys.Journey("inbound", files=1)
    refused.rejected(*refused.announced(refused.begun()))
    record(refused)

    told = [trombone("audit", "--since", day).stdout for day in ("2026-11-22", "2999-01-01")]

    assert ["type_not_allowed" in one for one in told] == [True, False]
    assert trombone("audit", "--since", "yesterday").exit_code == 2


def test_a_message_is_explained(trombone):
    """Its whole life, event by event."""
    journey = journeys.delivered()
    record(journey)
    result = trombone("explain", journey.message)
    assert result.exit_code == 0
    for event in ("reply_requested", "media_stored", "media_fitted", "delivery_completed", "delivery_reported"):
        assert event in result.stdout


def test_a_message_of_which_nobody_heard(trombone):
    """Code 1, so that a script can tell."""
    trombone("migrate")
    result = trombone("explain", "m-nobody")
    assert (result.exit_code, result.stdout) == (1, "Nobody has heard of message m-nobody.\n")


def test_a_healthy_place_passes_the_check(trombone):
    """Every event has its queue; store and database answer; the decoders of this place are named."""
    trombone("migrate")
    result = trombone("check")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "All is well.")
    decoders = next(line for line in result.stdout.splitlines() if line.startswith("Decoders: "))
    assert [name for name in ("AVIF", "HEIC", "PDF", "HEVC video", "AMR sound") if name not in decoders] == []


def test_a_check_tells_who_does_not_answer(trombone):
    """Each part in its own sentence."""
    result = trombone(
        "check",
        broker_url="amqp://127.0.0.1:1/",
        media_keys="k1:0123456789abcdef",
        database_url="postgresql://u:secret-password@127.0.0.1:1/x",
        store_url="s3://key:secret-password@127.0.0.1:1/bucket?tls=0",
    )
    assert result.exit_code == 1
    assert [line.partition(" does not answer")[0] for line in result.stderr.splitlines() if line] == [
        "The object store",
        "The database",
        "The broker",
    ]
    assert "secret-password" not in result.output


def test_a_check_tells_whether_files_are_scanned(trombone):
    """Not to scan is no fault; a scanner that does not answer is one."""
    trombone("migrate")
    assert "Files are not scanned for viruses" in trombone("check").stdout
    away = trombone("check", clamd_url="tcp://127.0.0.1:1")
    assert (away.exit_code, away.stderr.startswith("The virus scanner does not answer")) == (1, True)


@pytest.mark.parametrize("url", ["clamd:3310", "tcp://clamd", "http://clamd:3310", "unix:"])
def test_a_scanner_has_a_place(trombone, url):
    """A URL that names none must not wait for the first file."""
    result = trombone("check", clamd_url=url)
    assert (result.exit_code, "TROMBONE_CLAMD_URL" in result.stderr) == (2, True)


def test_a_key_is_made_with_its_digest(trombone):
    """Shown once; only the digest is kept."""
    shown = trombone("key", "helpdesk").stdout.split()
    assert (shown[0], shown[2]) == ("key", "sha256")
    assert shown[1].startswith("tb_helpdesk_")
    assert shown[3] == sha256(shown[1].encode()).hexdigest()
    assert trombone("key", "helpdesk").stdout.split()[1] != shown[1]


def test_a_system_in_one_process_tells_where_its_dead_letters_are(trombone):
    """Asking for the list is no mistake: the answer is where to look."""
    result = trombone("dead", "list")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "`trombone audit` counts it as failed" in result.stdout


@pytest.mark.parametrize("words", [["show", "q", "m"], ["replay", "q"], ["purge", "q", "--yes"]], ids=str)
def test_a_system_in_one_process_has_no_dead_letters_to_operate(trombone, words):
    """What needs a broker ends like every other command that has none."""
    result = trombone("dead", *words)
    assert result.exit_code == 2
    assert "trombone explain" in result.stderr


def test_in_a_pipe_a_row_is_one_line(capsys):
    """However long, and whatever a stranger wrote into it: what reads it counts lines."""
    print_table(("id", "error"), [("a" * 90, "one\ntwo"), ("b", "c" * 90)])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines] == [["id", "error"], ["a" * 90, "one", "two"], ["b", "c" * 90]]


def test_purging_asks_first(trombone):
    """Nothing is thrown away by a slip of the hand."""
    result = trombone("dead", "purge", "fetch.sms")
    assert result.exit_code == 1
    assert "Throw away dead letters of fetch.sms?" in result.output


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("plain é\n", "plain é\n"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x1b]0;pwn\x07", "\\x1b]0;pwn\\x07"),
        ("\u202e", "\\u202e"),
    ],
)
def test_what_strangers_wrote_is_shown_and_not_obeyed(written, shown):
    """A dead letter may hold anything; a terminal must survive it."""
    assert harmless(written) == shown


@pytest.mark.parametrize("words", [["worker", "fetcher"], ["gateway"], ["auditor"]], ids=" ".join)
def test_a_part_of_the_system_needs_a_broker_that_reaches_the_others(trombone, words):
    """In memory it would wait for ever for nobody."""
    result = trombone(*words)
    assert result.exit_code == 2
    assert "trombone all" in result.stderr
