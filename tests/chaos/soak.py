"""
Half an hour at a steady rate. Only `make chaos` names this file: a short form of it would tell nothing.

Queues go back to 0, memory does not grow after the warm-up, descriptors stay as many.
"""

import time
from pathlib import Path

import pytest

from tests.chaos.figures import Figures
from tests.chaos.world import World
from tests.integration.cluster import EVERYONE
from tests.integration.program import memory_mib

pytestmark = pytest.mark.services

SOAK_SECONDS = 1800.0
WARM_UP_SECONDS = 600.0
SAMPLE_SECONDS = 60.0
PER_SECOND = 2.0
MAX_MIB_PER_TEN_MINUTES = 1.0
SPARE_DESCRIPTORS = 4
"""Connections of a pool come and go."""


def test_a_steady_rate_leaves_no_trace(chaos: World, figures: Figures) -> None:
    """Each process is measured once a minute; a line through its samples must be flat."""
    traffic = chaos.traffic()
    memory: dict[str, list[tuple[float, float]]] = {name: [] for name in EVERYONE}
    descriptors: dict[str, list[int]] = {name: [] for name in EVERYONE}
    began = time.monotonic()
    with traffic.flowing(int(SOAK_SECONDS * PER_SECOND), PER_SECOND) as sent:
        while not sent.wait(SAMPLE_SECONDS):
            passed = time.monotonic() - began
            if passed < WARM_UP_SECONDS:
                continue
            for name in EVERYONE:
                pid = chaos.cluster.programs[name].pid
                memory[name].append((passed / 600, memory_mib(pid)))
                descriptors[name].append(len(list(Path(f"/proc/{pid}/fd").iterdir())))
    counts = chaos.settled(traffic)
    growth = {name: round(slope(samples), 2) for name, samples in memory.items()}
    spread = {name: max(samples) - min(samples) for name, samples in descriptors.items()}
    figures.tell(counts, mib_per_ten_minutes=growth, descriptors=spread)

    assert counts.wrong == {}
    assert chaos.busy_queues() == {}
    assert {name: one for name, one in growth.items() if one >= MAX_MIB_PER_TEN_MINUTES} == {}
    assert {name: one for name, one in spread.items() if one > SPARE_DESCRIPTORS} == {}


def slope(samples: list[tuple[float, float]]) -> float:
    """Of the least squares through them."""
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    spread = sum((x - mean_x) ** 2 for x, _ in samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / spread if spread else 0.0
