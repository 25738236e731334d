"""The process itself: exit codes, one sentence for what was foreseen, a traceback for a bug."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers import __main__ as command
from workers.runtime.objects import StoreUnavailable

ROOT = Path(__file__).parents[4]


def run(folder: Path, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    environ = {name: value for name, value in os.environ.items() if not name.startswith("TROMBONE_")}
    environ |= {f"TROMBONE_{name.upper()}": value for name, value in variables.items()}
    return subprocess.run(
        [sys.executable, "-m", "workers", *words],
        cwd=folder,
        env=environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["worker", "trumpeter"], "There is no worker 'trumpeter'; there are ingestor, fetcher, validator, "),
        (["worker", "fetcher", "--channel", "fax"], "There is no channel 'fax'; there are sms, webchat, "),
        (["worker", "storer", "--channel", "sms"], "The storer has no queue of its own for each channel."),
        (["worker", "recorder", "--channel", "sms"], "The recorder has no queue of its own for each channel."),
        (["audit"], "database_not_migrated: "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_was_foreseen_is_one_sentence(tmp_path, words, sentence):
    """No traceback, code 1."""
    ran = run(tmp_path, *words)
    assert ran.returncode == 1
    assert ran.stderr.startswith(sentence)
    assert ran.stderr.count("\n") == 1


def test_a_broker_that_is_away_is_one_sentence(tmp_path):
    """Whatever the client library would have logged about it."""
    ran = run(tmp_path, "dead", "list", broker_url="amqp://127.0.0.1:1/", media_keys="k1:0123456789abcdef")
    assert ran.returncode == 1
    assert ran.stderr.startswith("the broker does not answer")
    assert ran.stderr.count("\n") == 1


def test_a_check_writes_no_log_beside_its_answer(tmp_path):
    """Its decoders start and stop in silence."""
    assert run(tmp_path, "migrate").returncode == 0
    ran = run(tmp_path, "check")
    assert (ran.returncode, ran.stderr) == (0, "")


def test_invalid_settings_end_every_command_with_2(tmp_path):
    """A supervisor can tell it from a crash."""
    ran = run(tmp_path, "worker", "fetcher", broker_url="carrier-pigeon:")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("The settings are not valid:\nTROMBONE_BROKER_URL")


def test_a_demo_refuses_a_folder_that_is_not_its_own(tmp_path):
    """It empties what it uses, so it must have made it."""
    (tmp_path / "thesis.txt").write_text("years of work")
    ran = run(tmp_path, "demo", "--keep", str(tmp_path))
    assert ran.returncode == 2
    assert "please name another folder" in ran.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def raising(error: Exception):
    def app() -> None:
        raise error

    return app


def test_an_error_that_says_whether_it_is_retryable_was_foreseen(monkeypatch, capsys):
    """Its own words are the sentence."""
    monkeypatch.setattr(command, "app", raising(StoreUnavailable("The store is away.")))
    with pytest.raises(SystemExit) as left:
        command.main()
    assert (left.value.code, capsys.readouterr().err) == (1, "The store is away.\n")


def test_a_bug_shows_where_it_is(monkeypatch):
    """Hiding it would help nobody."""
    monkeypatch.setattr(command, "app", raising(KeyError("bug")))
    with pytest.raises(KeyError):
        command.main()


def test_a_connection_without_its_credentials_is_told_at_the_start(tmp_path):
    """The first message is too late to learn that a channel cannot work; every missing one is named at once."""
    (tmp_path / "accounts.yaml").write_text(
        "acme:\n  name: Acme\n  channels:\n    sms:\n      - {provider: twilio, address: '+15005550006'}\n"
        "    webchat:\n      - {provider: webchat, address: shop}\n"
    )
    ran = run(tmp_path, "check", config=str(tmp_path))
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[1:] == [
        "accounts.yaml, acme.channels.sms (+15005550006): the credential 'account_sid' is missing",
        "accounts.yaml, acme.channels.sms (+15005550006): the credential 'auth_token' is missing",
        "accounts.yaml, acme.channels.webchat (shop): the credential 'visitor_key' is missing",
    ]
