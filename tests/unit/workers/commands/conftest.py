"""`trombone` as it is typed, in a folder of its own and with no variable of the machine's."""

import os
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from workers.__main__ import app
from workers.runtime import telemetry

Trombone = Callable[..., Result]


@pytest.fixture
def trombone(tmp_path, monkeypatch) -> Trombone:
    for name in [name for name in os.environ if name.startswith("TROMBONE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    # Loggers keep the first stream that they are given, and the runner closes its own.
    monkeypatch.setattr(telemetry, "configure", lambda *_args, **_kwargs: None)

    def run(*words: str, **variables: str) -> Result:
        """`variables` are the environment's, without their prefix."""
        environ = {f"TROMBONE_{name.upper()}": value for name, value in variables.items()}
        return CliRunner(env={"COLUMNS": "120"}).invoke(app, words, env=environ)

    return run
