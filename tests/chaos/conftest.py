"""One faulty world for all rows, healed after each; and the figures, told at the end."""

import logging
from collections.abc import Iterator

import pytest

from tests.chaos.figures import Figures, head, keep, line_of
from tests.chaos.world import World, new_world

LINES: list[str] = []
for chatty in ("pika", "urllib3.connectionpool"):
    logging.getLogger(chatty).setLevel(logging.CRITICAL)


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


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """At once, so that a run that is cut short tells what it found."""
    if "tests/chaos/" in report.nodeid and (report.when == "call" or report.failed):
        LINES.append(line_of(report))
        keep(LINES[-1])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LINES:
        terminalreporter.section("what was broken, and what came of it")
        for line in (*head(), *LINES):
            terminalreporter.line(line)
