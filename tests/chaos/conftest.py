"""One faulty world for all rows, healed after each; and the figures, told at the end."""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.chaos.traffic import Counts
from tests.chaos.world import World, world
from tests.conftest import running
from tests.services import Rabbit
from tests.services.postgres import database
from tests.services.s3 import bucket
from workers.sandbox.scene import camera_scene

FIGURES: list[str] = []
logging.getLogger("pika").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def one_world(s3_url: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    photo = folder / "small.jpg"
    photo.write_bytes(camera_scene((640, 480), orientation=6))
    with (
        running(Rabbit) as rabbit,
        bucket(s3_url) as store_url,
        database(postgres_url) as database_url,
        world(rabbit, store_url, database_url, folder, photo) as made,
    ):
        yield made


@pytest.fixture
def chaos(one_world: World) -> Iterator[World]:
    yield one_world
    one_world.heal()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> "Figures":
    return Figures(request.node.name)


class Figures:
    """What a row found, for the table at the end."""

    def __init__(self, row: str) -> None:
        self._row = row

    def tell(self, counts: Counts | None = None, **more: Any) -> None:
        found = (asdict(counts) if counts else {}) | more
        FIGURES.append(f"{self._row}: " + ", ".join(f"{name} {value}" for name, value in found.items()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if FIGURES:
        terminalreporter.section("what was broken, and what came of it")
        for line in FIGURES:
            terminalreporter.line(line)
