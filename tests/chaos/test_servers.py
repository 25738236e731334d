"""Store and database: down, silent, and failing half of what they are asked."""

import time

import pytest

from tests.chaos.conftest import Figures
from tests.chaos.sizes import SIZES
from tests.chaos.world import World

pytestmark = pytest.mark.services


@pytest.mark.parametrize("how", ["down", "silent", "flaky"])
@pytest.mark.parametrize("server", ["store", "database"])
def test_a_server_fails_under_load(chaos: World, figures: Figures, server: str, how: str) -> None:
    """Before, during and after: nothing is lost, nothing is sent twice, and soon after its return all is done."""
    link = {"store": chaos.store, "database": chaos.database}[server]
    traffic = chaos.traffic()
    with traffic.flowing(SIZES.few, SIZES.few / (SIZES.outage + 2)):
        time.sleep(1)
        {"down": link.reset, "silent": link.black_hole, "flaky": lambda: link.flaky(0.5)}[how]()
        time.sleep(SIZES.outage)
        link.heal()
    counts = chaos.settled(traffic)
    figures.tell(counts)

    # A provider that comes for a file while the store fails reports that: a visible end, and not our loss.
    assert counts.wrong.keys() <= ({"failed"} if server == "store" else set())
    assert chaos.dead_letters() == {}
