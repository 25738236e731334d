"""`trombone preflight`: asked on this machine, without a gateway."""

import json

import pytest
import yaml

from tests import images
from tests.workbench import CUSTOMER, SHOP

PDF = b"%PDF-1.7\n"


def told(result):
    """The last line; the runner's own log stands before it."""
    return json.loads(result.stdout.splitlines()[-1])


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "manual.pdf"
    path.write_bytes(PDF.ljust(700_000, b"%"))
    return path


@pytest.fixture
def accounts(tmp_path):
    """A folder with one account, whose number is a long code."""
    sms = {"provider": "twilio", "address": SHOP, "options": {"number_type": "long_code"}}
    (tmp_path / "accounts.yaml").write_text(yaml.safe_dump({"acme": {"name": "Acme", "channels": {"sms": [sms]}}}))
    return str(tmp_path)


def test_without_accounts_the_channel_itself_is_asked(trombone, large):
    """The sentence for people, the rest for programs."""
    result = trombone("preflight", str(large), "--channel", "sms", "--to", CUSTOMER)
    assert result.exit_code == 0
    verdict = told(result)
    assert (verdict["verdict"], verdict["reason"]["code"]) == ("link", "file_too_large")
    assert verdict["sentence"] in result.stderr


def test_an_accounts_own_number_decides(trombone, large, accounts):
    """Its kind carries more."""
    result = trombone("preflight", str(large), "--channel", "sms", "--account", "acme", config=accounts)
    assert told(result)["verdict"] == "as_is"


def test_what_cannot_be_sent_is_code_1(trombone, tmp_path):
    """So that a script can ask."""
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(images.png_of_zeros(50_000, 50_000))
    result = trombone("preflight", str(bomb), "--channel", "webchat")
    assert (result.exit_code, told(result)["verdict"]) == (1, "refused")


@pytest.mark.parametrize(
    ("words", "why"),
    [(["--channel", "fax"], "one of sms"), (["--channel", "sms", "--account", "rival"], "rival has no sms")],
)
def test_a_wrong_word_is_told(trombone, large, words, why):
    """With code 2."""
    result = trombone("preflight", str(large), *words)
    assert result.exit_code == 2
    assert why in result.stderr


def test_wrong_settings_are_told(trombone, large):
    """As for every command."""
    result = trombone("preflight", str(large), "--channel", "sms", log_level="loud")
    assert result.exit_code == 2
    assert "TROMBONE_LOG_LEVEL" in result.stderr
