"""One faulty world for all rows, healed after each; and the figures, told at the end."""

import logging
from collections.abc import Iterator

import pytest

from tests.chaos.figures import Figures, write_table
from tests.chaos.world import World, new_world

logging.getLogger("pika").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def one_world(s3_url: str, postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with new_world(s3_url, postgres_url, tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def chaos(one_world: World) -> Iterator[World]:
    one_world.begin()
    yield one_world
    one_world.heal()


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    return Figures(request.node)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [one for outcome in ("passed", "failed", "error") for one in terminalreporter.stats.get(outcome, [])]
    reports = [one for one in told if "tests/chaos/" in one.nodeid and (one.when == "call" or one.failed)]
    if lines := write_table(reports):
        terminalreporter.section("what was broken, and what came of it")
        for line in lines:
            terminalreporter.line(line)
