"""Kill -9 of random workers under load, again and again."""

import random
import time

import pytest

from tests.chaos.figures import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World
from tests.integration.cluster import STAGES

pytestmark = pytest.mark.services

VICTIMS = (*STAGES, "auditor")
"""Not the gateway: a provider that is fetching a file from it has nobody else to ask, and does not ask twice."""


def test_random_workers_are_killed_under_load(chaos: World, figures: Figures) -> None:
    """Every worker and the auditor: nothing is lost, no phone gets anything twice."""
    chance = random.Random(20261122)
    traffic = chaos.traffic()
    kills = 0
    with traffic.flowing(SIZES.messages, SIZES.per_second) as sent:
        while not sent.wait(SIZES.kill_every):
            program = chaos.cluster.programs[chance.choice(VICTIMS)]
            program.kill()
            program.start()
            kills += 1
    began = time.monotonic()
    counts = chaos.settled(traffic)
    figures.tell(counts, kills=kills, settled_after=f"{time.monotonic() - began:.0f} s", dead=chaos.dead_letters())

    assert counts.wrong == {}
    assert kills > 0
    assert chaos.dead_letters() == {}
    assert chaos.cluster.trombone("audit").returncode == 0
