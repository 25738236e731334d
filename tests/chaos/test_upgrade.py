"""A rolling upgrade: for a while there are two versions of every worker, and of an event."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import select

from tests.chaos.figures import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World, new_world
from tests.integration.cluster import STAGES
from tests.integration.program import Program
from tests.polling import eventually
from workers.runtime.tables import events

pytestmark = pytest.mark.services

NEWER = (sys.executable, "-m", "tests.chaos.newer")
START_SECONDS = 60.0


@pytest.fixture
def upgrading(s3_url: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A world of its own: its record cannot be read by old workers any more."""
    with new_world(s3_url, postgres_url, tmp_path_factory.mktemp("upgrading")) as made:
        yield made


def test_workers_are_upgraded_while_messages_flow(upgrading: World, figures: Figures) -> None:
    """What an old worker cannot read yet waits for a new one; then the old ones are stopped, and nothing is left."""
    before, meanwhile = upgrading.traffic(), upgrading.traffic()
    newer = [newer_program(upgrading, name) for name in STAGES]
    with before.flowing(SIZES.few, SIZES.per_second):
        for program in newer:
            program.start()
        eventually(lambda: all(one.said("consuming.started") for one in newer), within=START_SECONDS)
    with meanwhile.flowing(SIZES.few * 2, SIZES.few * 2 / SIZES.mixed):
        time.sleep(SIZES.mixed)
        codes = upgrading.cluster.stop(*STAGES)
    counts = [upgrading.settled(traffic) for traffic in (before, meanwhile)]
    written, waited = versions(upgrading), upgrading.cluster.logs().count("newer_version")
    figures.tell(counts[1], held=upgrading.held(), versions=dict(written), waited_for_a_newer_worker=waited)

    assert [one.wrong for one in counts] == [{}, {}]
    assert upgrading.dead_letters() == {}
    assert set(codes.values()) == {0}
    assert written.keys() == {"trombone.media_stored.v1", "trombone.media_stored.v2"}
    assert waited > 0


def newer_program(world: World, name: str) -> Program:
    log = world.cluster.folder / "logs" / f"newer-{name}.jsonl"
    program = Program(name, ["worker", name], world.cluster.environ, log, NEWER)
    world.cluster.programs[f"newer {name}"] = program
    return program


def versions(world: World) -> Counter[str]:
    """How often each version of the event that has two was recorded."""
    query = select(events.c.body).where(events.c.type == "media_stored", events.c.how == "event")
    with world.record.read() as connection:
        return Counter(json.loads(body)["type"] for body in connection.execute(query).scalars())
