"""Sends through real queues and a real database: in order, with links where files are refused, and out of doubt."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.system import System, system
from tests.services import RabbitApi
from tests.services.postgres import database
from tests.telegram_bot_api import BotApi
from workers.runtime.journey import explain
from workers.sandbox.scene import camera_scene

pytestmark = pytest.mark.services

TOO_LARGE = (413, {"ok": False, "error_code": 413, "description": "Request Entity Too Large"})
BAD_GATEWAY = (502, {"ok": False, "error_code": 502, "description": "Bad Gateway"})


@pytest.fixture(scope="module")
def place(
    tmp_path_factory: pytest.TempPathFactory, rabbitmq_api: RabbitApi, postgres_url: str
) -> Iterator[tuple[System, BotApi]]:
    made: list[BotApi] = []

    def providers(url: str) -> dict[str, BotApi]:
        made.append(BotApi(f"{url}/webhooks/telegram/telegram"))
        return {"telegram": made[0]}

    folder = tmp_path_factory.mktemp("sends")
    with (
        rabbitmq_api.vhost() as broker_url,
        database(postgres_url) as database_url,
        system(folder, providers, broker_url=broker_url, database_url=database_url) as running,
    ):
        yield running, made[0]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """12 megapixels: a conversion that takes its time."""
    path = tmp_path_factory.mktemp("photos") / "large.jpg"
    path.write_bytes(camera_scene(orientation=6))
    return path


def test_a_quick_reply_does_not_overtake_a_slow_one(place: tuple[System, BotApi], photo: Path) -> None:
    """The photo was asked for first, so it leaves first, and the record says what the words waited for."""
    running, telegram = place
    slow = running.reply("telegram", "1", "Here is your hinge", photo)
    quick = running.reply("telegram", "1", "Tell me when you have it")

    running.seen(quick, "sent")

    assert [text for _, text, _ in telegram.received["1"]] == ["Here is your hinge", "Tell me when you have it"]
    waited = [line for line in explain(running.ports.record, quick) if line.how == "retry"]
    assert {(line.code, line.detail, line.attempt) for line in waited} == {
        ("waiting_its_turn", f"The reply {slow} was requested earlier.", 0)
    }


def test_a_file_that_the_provider_refuses_leaves_as_a_link(place: tuple[System, BotApi], photo: Path) -> None:
    """The thread shows both parts, and whoever opens the link gets the file."""
    running, telegram = place
    telegram.failures.append(TOO_LARGE)

    shown = running.seen(running.reply("telegram", "2", "Here is your hinge", photo), "sent")

    refused, link = shown["parts"]
    assert (refused["state"], link["state"], link["replaces"]) == ("failed", "sent", refused["id"])
    assert [file["state"] for file in shown["attachments"]] == ["sent"]
    [(method, text, _)] = telegram.received["2"]
    [url] = re.findall(r"http://\S+", text)
    assert (method, text.startswith("Here is your hinge\n\nlarge.jpg (")) == ("sendMessage", True)
    assert running.helpdesk.download(url).startswith(b"\xff\xd8")


@pytest.mark.parametrize(("chat", "word", "received"), [("3", "send_again", ["Are you there?"]), ("4", "arrived", [])])
def test_an_agent_ends_a_doubt(place: tuple[System, BotApi], chat: str, word: str, received: list[str]) -> None:
    """Nobody can know whether the bot took it before it failed; the agent's word settles it, once."""
    running, telegram = place
    telegram.failures.append(BAD_GATEWAY)
    message = running.reply("telegram", chat, "Are you there?")
    [part] = running.seen(message, "in_doubt")["parts"]

    for _ in range(2):
        answered = running.helpdesk.http.request(
            "POST",
            f"{running.url}/v1/messages/{message}/parts/{part['id']}/resolution",
            headers={"Authorization": f"Bearer {running.helpdesk.key}"},
            json={"answer": word},
        )
        assert answered.status in (202, 409)

    running.seen(message, "sent")
    assert [text for _, text, _ in telegram.received.get(chat, [])] == received
    told = [line.answers for line in explain(running.ports.record, message) if line.type == "doubt_resolved"]
    assert [(one.part, one.state) for answers in told for one in answers] == [(part["id"], word)]
