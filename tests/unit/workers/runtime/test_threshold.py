"""The threshold: written down before anybody is told, published or left for the sweep."""

from dataclasses import dataclass, field

import pytest

from schemas.lineage import begin
from schemas.reply_requested import ReplyRequested
from tests.workbench import ACCOUNT, NOW, StandingClock
from workers.runtime.broker import PublishFailed
from workers.runtime.database import Database
from workers.runtime.intake import Intake
from workers.runtime.threshold import IdUsedBefore, admit, publish


@dataclass
class Publisher:
    """Keeps what it is given, or is away."""

    is_away: bool = False
    published: list[str] = field(default_factory=list)

    def publish(self, message):
        if self.is_away:
            raise PublishFailed("away")
        self.published.append(message.message_id)


@pytest.fixture
def intake(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/trombone.db")
    database.migrate()
    yield Intake(database, StandingClock())
    database.close()


def reply(text="hello"):
    data = ReplyRequested(channel="sms", account=ACCOUNT, contact="+14155550100", text=text)
    return begin(data, id="r1", source="helpdesk", now=NOW)


def test_what_is_new_is_published_and_known_as_published(intake):
    """Nothing is left for the sweep."""
    publisher = Publisher()
    admitted = admit(intake, reply())
    publish(intake, publisher, admitted)
    assert (admitted.fresh, publisher.published, intake.unpublished(NOW)) == (True, ["r1"], [])


def test_a_second_time_is_nothing_new(intake):
    """Whoever tries again hears the same answer."""
    assert [admit(intake, reply()).fresh for _ in range(2)] == [True, False]


def test_an_id_stands_for_one_thing(intake):
    """Two different requests under one id cannot both be meant."""
    admit(intake, reply())
    with pytest.raises(IdUsedBefore):
        admit(intake, reply("something else"))


def test_what_cannot_be_published_waits_for_the_sweep(intake):
    """The broker is away; nobody is told no."""
    publish(intake, Publisher(is_away=True), admit(intake, reply()))
    assert [entry.id for entry in intake.unpublished(NOW)] == ["r1"]
