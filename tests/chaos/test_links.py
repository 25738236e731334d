"""The link to the broker: slow, thin, silent, cut."""

import time

import pytest

from tests.chaos.figures import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World
from tests.integration.cluster import STAGES
from tests.integration.program import STOP_SECONDS, Program
from tests.polling import eventually
from workers.runtime.rabbitmq import Patience

pytestmark = pytest.mark.services


@pytest.mark.parametrize("how", ["delay", "rate", "reset_once"])
def test_a_bad_link_loses_nothing(chaos: World, figures: Figures, how: str) -> None:
    """Every process has it at once."""
    traffic = chaos.traffic()
    with traffic.flowing(SIZES.slow_messages if how == "rate" else SIZES.few, SIZES.per_second):
        if how == "delay":
            chaos.broker.delay(0.2)
        elif how == "rate":
            chaos.broker.rate(SIZES.slow_bytes_per_second)
        else:
            chaos.broker.reset_once()
    counts = chaos.settled(traffic)
    chaos.broker.heal()
    figures.tell(counts)

    assert counts.wrong == {}


def test_a_silent_link_is_noticed_and_loses_nothing(chaos: World, figures: Figures) -> None:
    """Within two and a half heartbeats everybody knows, and what a door answered for meanwhile is finished."""
    traffic = chaos.traffic()
    chaos.broker.black_hole()
    began = time.monotonic()
    traffic.send(4)
    workers = [chaos.cluster.programs[name] for name in STAGES]
    before = {one.name: len(_losses(one)) for one in workers}
    eventually(lambda: all(len(_losses(one)) > before[one.name] for one in workers), within=3 * Patience().heartbeat)
    noticed = time.monotonic() - began
    time.sleep(max(0.0, SIZES.outage - noticed))
    chaos.broker.heal()
    counts = chaos.settled(traffic)
    figures.tell(counts, noticed_after=f"{noticed:.1f} s")

    assert noticed < 2.5 * Patience().heartbeat
    assert counts.wrong == {}


def test_a_stop_on_a_silent_link_is_honored(chaos: World, figures: Figures) -> None:
    """All workers at once, none of which gets an answer from anybody: exit within 15 seconds."""
    for link in (chaos.broker, chaos.store, chaos.database):
        link.black_hole()
    began = time.monotonic()
    codes = chaos.cluster.stop(*STAGES)
    took = time.monotonic() - began
    figures.tell(stopped_after=f"{took:.1f} s", exit_codes=sorted(set(codes.values())))

    assert set(codes.values()) == {0}
    assert took < STOP_SECONDS


def _losses(program: Program) -> list[object]:
    return [line for line in program.said("connection.lost") if line["purpose"] == "consume"]
