"""The broker dies, restarts, has an alarm, or loses its disk."""

import shutil
import time

import pytest

from tests.chaos.figures import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World
from tests.polling import eventually

pytestmark = pytest.mark.services

BACK_SECONDS = 10
"""After the port is open, everybody consumes again within so long."""


def test_the_broker_is_killed_and_restarted_under_load(chaos: World, figures: Figures) -> None:
    """Kill -9, and a graceful restart; what a door answered for meanwhile is published when it is back."""
    traffic = chaos.traffic()
    back = []
    with traffic.flowing(SIZES.few * 3, SIZES.per_second):
        for stop in (*[chaos.rabbit.kill] * SIZES.broker_kills, chaos.rabbit.stop):
            stop()
            while_away = chaos.traffic()
            while_away.send(2)
            assert len(while_away.answered) == 2
            chaos.rabbit.start()
            began = time.monotonic()
            eventually(chaos.is_consumed, BACK_SECONDS)
            back.append(round(time.monotonic() - began, 1))
            assert chaos.settled(while_away).wrong == {}
    counts = chaos.settled(traffic)
    figures.tell(counts, consuming_again_after=back)

    assert counts.wrong == {}
    assert chaos.dead_letters() == {}


def test_the_broker_loses_its_disk(chaos: World, figures: Figures) -> None:
    """Nobody is restarted: the queues are made anew, and all that a door had answered for is finished."""
    traffic = chaos.traffic()
    chaos.cluster.stop("validator")
    traffic.send(SIZES.few)
    eventually(lambda: chaos.busy_queues().get("validate", 0) >= len(traffic.answered), within=20)
    chaos.rabbit.kill()
    shutil.rmtree(chaos.rabbit.folder / "mnesia")
    chaos.rabbit.start()
    chaos.cluster.start("validator")
    counts = chaos.settled(traffic)
    figures.tell(counts)

    assert counts.wrong == {}
    assert chaos.dead_letters() == {}


def test_the_broker_has_a_memory_alarm(chaos: World, figures: Figures) -> None:
    """Publishing stops and resumes; the consuming connections live, and nothing has an effect twice."""
    traffic = chaos.traffic()
    lives = {name: len(program.said("consuming.started")) for name, program in chaos.cluster.programs.items()}
    with traffic.flowing(SIZES.few, SIZES.per_second):
        chaos.rabbit.ctl("set_vm_memory_high_watermark", "absolute", "1MiB")
        time.sleep(SIZES.outage / 2)
        chaos.rabbit.ctl("set_vm_memory_high_watermark", "0.4")
    counts = chaos.settled(traffic)
    figures.tell(counts)

    assert counts.wrong == {}
    assert lives == {name: len(one.said("consuming.started")) for name, one in chaos.cluster.programs.items()}
