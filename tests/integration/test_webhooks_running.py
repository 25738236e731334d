"""Webhooks as operators run them: a process that is killed, the whole system in one process, the commands."""

import os
from pathlib import Path

import pytest
import yaml

from schemas.codec import encode
from tests.integration.helpdesk_receiver import SECRET, documented_verify, receiver
from tests.integration.program import Program
from tests.integration.system import system
from tests.journeys import ACCOUNT, DEADLINES, Journey
from tests.polling import eventually
from workers.runtime.clock import SystemClock
from workers.runtime.database import Database
from workers.runtime.notices import Notices
from workers.runtime.record import Record, RecordedDelivery
from workers.sandbox.scene import camera_scene
from workers.sandbox.twilio import SandboxTwilio

OURS, CUSTOMER = "+15005550006", "+14155550100"


def said(program: Program) -> str:
    return program.path.read_text()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database_of(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/t.db"
    return str(request.getfixturevalue("database_url"))


def test_a_notifier_killed_between_the_answer_and_the_writing_down_tells_again_under_the_same_id(
    database_of: str, tmp_path: Path
) -> None:
    """Kill -9 while the receiver has the notice in hand; the next life tells it again, and what came meanwhile."""
    database = Database(database_of)
    database.migrate()
    record, notices = Record(database, SystemClock()), Notices(database, SystemClock())
    with receiver() as helpdesk:
        hook = {"id": "helpdesk", "url": helpdesk.url, "secret": {"value": SECRET}, "events": ["message.changed"]}
        accounts = {ACCOUNT: {"name": "Acme", "channels": {}, "webhooks": [hook]}}
        (tmp_path / "accounts.yaml").write_text(yaml.safe_dump(accounts))
        environ = {
            "PATH": os.environ["PATH"],
            "TROMBONE_CONFIG": str(tmp_path),
            "TROMBONE_BROKER_URL": "amqp://nobody:nothing@127.0.0.1:1/",
            "TROMBONE_STORE_URL": f"file:{tmp_path}/objects",
            "TROMBONE_DATABASE_URL": database_of,
            "TROMBONE_MEDIA_KEYS": "k1:0123456789abcdef0123456789abcdef",
            "TROMBONE_FETCH_ALLOW": helpdesk.origin.address,
        }
        program = Program("notifier", ["notifier"], environ, tmp_path / "notifier.log")
        program.start()
        eventually(lambda: notices.standing(ACCOUNT, "helpdesk"), within=20)
        helpdesk.before = lambda _: program.kill() and None
        for name in ("a1", "a2"):
            journey = Journey("inbound", name)
            journey.begun()
            record.write([RecordedDelivery("event", encode(one), one) for one in journey.events], DEADLINES)
        eventually(lambda: not program.is_running(), within=20)
        helpdesk.before = lambda _: None

        program.start()
        eventually(lambda: len(helpdesk.effects) == 2, within=20)
        eventually(lambda: notices.backlog(ACCOUNT, "helpdesk") == 0, within=5)

        assert helpdesk.ids[0] == helpdesk.ids[1] != helpdesk.ids[2]
        assert len(helpdesk.ids) == 3
        assert program.stop() == 0
        assert SECRET not in said(program)
    database.close()


def test_the_system_in_one_process_tells_a_replys_whole_way(tmp_path: Path) -> None:
    """From requested to delivered, in order, each change once, and at the end as the API shows it."""
    made: list[SandboxTwilio] = []

    def providers(url: str) -> dict[str, SandboxTwilio]:
        made.append(
            SandboxTwilio("AC" + "0" * 32, "t" * 32, f"{url}/webhooks/sms/twilio", tmp_path / "p", numbers=[OURS])
        )
        return {"sms": made[0]}

    photo = tmp_path / "photo.jpg"
    photo.write_bytes(camera_scene((320, 240), orientation=1))
    with receiver() as helpdesk, system(tmp_path, providers, webhook=(helpdesk.url, SECRET)) as place:
        notices = Notices(place.ports.database, place.ports.clock)
        eventually(lambda: notices.standing(ACCOUNT, "helpdesk"), within=10)
        message = place.reply("sms", CUSTOMER, "here it is", photo)
        shown = place.seen(message, "delivered")
        eventually(lambda: notices.backlog(ACCOUNT, "helpdesk") == 0, within=10)

        cursors = [one["cursor"] for one in helpdesk.told]
        assert cursors == sorted(set(cursors))
        last = helpdesk.told[-1]
        assert (last["message"], last["state"], last["cursor"]) == (message, "delivered", shown["cursor"])
        assert last.keys() == shown.keys()
        verify = documented_verify()
        for seen in helpdesk.origin.seen:
            verify(SECRET, seen.headers, seen.body)
