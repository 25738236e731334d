"""What operators type about webhooks."""

from datetime import UTC, datetime

import pytest
import yaml

from schemas.codec import encode
from tests import journeys
from workers.runtime.assemble import LivePorts
from workers.runtime.notices import Failure, Notices
from workers.runtime.record import RecordedDelivery
from workers.runtime.settings import load
from workers.runtime.signatures import key_of

SECRET = "whsec_" + "c2VjcmV0" * 4
HOOK = {"id": "desk", "url": "https://x.example/", "secret": {"value": SECRET}, "events": ["message.changed"]}
MINE = (journeys.ACCOUNT, "desk")


@pytest.fixture
def house(trombone, tmp_path):
    """An endpoint that has been looked at, and a message after that."""
    accounts = {journeys.ACCOUNT: {"name": "Acme", "channels": {}, "webhooks": [HOOK]}}
    (tmp_path / "accounts.yaml").write_text(yaml.safe_dump(accounts))
    ports = LivePorts(load({}, tmp_path))
    ports.database.migrate()
    Notices(ports.database, ports.clock).begin(ports.settings.subscribers()[0])
    journey = journeys.shown()
    ports.record.write([RecordedDelivery("event", encode(one), one) for one in journey.events], journeys.DEADLINES)
    yield ports
    ports.close()


def test_the_list_shows_who_is_behind(trombone, house):
    """Without a secret in it."""
    shown = trombone("webhooks", "list").stdout
    assert [line.split()[:4] for line in shown.splitlines() if "desk" in line] == [[*MINE, "well", "1"]]


def test_a_disabled_webhook_is_a_problem_until_it_is_enabled(trombone, house, tmp_path):
    """The check says what to type."""
    notices, (to,) = Notices(house.database, house.clock), house.settings.subscribers()
    notice = notices.next(to, journeys.shown().conversation)
    assert notice
    notices.failed(to, notice, Failure("status 410", outage=True, gone=True))
    told = trombone("check", config=str(tmp_path)).stderr
    assert "The webhook desk of acme is disabled since" in told
    assert "(status 410): `trombone webhooks enable acme desk` goes on" in told
    assert "disabled" in trombone("webhooks", "list").stdout

    assert trombone("webhooks", "enable", *MINE).exit_code == 0

    assert "webhook" not in trombone("check", config=str(tmp_path)).stderr


def test_a_replay_counts_the_conversations_that_it_concerns(trombone, house):
    """From a day, or a moment, on."""
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert trombone("webhooks", "replay", *MINE, "--since", today).stdout.startswith("1 conversations")
    assert trombone("webhooks", "replay", *MINE, "--since", "2999-01-01").stdout.startswith("0 conversations")


@pytest.mark.parametrize("words", [["enable", "acme", "nobody"], ["replay", "acme", "nobody", "--since", "2026-01-01"]])
def test_a_webhook_that_nobody_knows_is_told(trombone, house, words):
    """With code 1."""
    result = trombone("webhooks", *words)
    assert (result.exit_code, result.stderr) == (1, "The notifier has not met a webhook nobody of acme yet.\n")


def test_a_secret_is_made(trombone):
    """As accounts.yaml wants it."""
    assert len(key_of(trombone("webhooks", "secret").stdout.strip())) == 32
