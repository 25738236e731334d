"""compose.yaml says what Compose understands and what Trombone understands."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from workers import roster
from workers.__main__ import app
from workers.runtime.settings import Endpoints

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "trombone"}
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def against_the_specification(path: Path) -> subprocess.CompletedProcess[str]:
    """The Compose Specification's own JSON Schema, as the package check-jsonschema ships it."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compose_knows_every_key() -> None:
    """The file is valid against the specification."""
    checked = against_the_specification(ROOT / "compose.yaml")
    assert checked.returncode == 0, checked.stdout


def test_an_unknown_key_would_be_noticed(tmp_path: Path) -> None:
    """The specification's schema refuses a misspelt key."""
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(yaml.safe_dump(COMPOSE | {"services": {"x": {"image": "x", "helthcheck": {}}}}))
    checked = against_the_specification(wrong)
    assert checked.returncode == 1
    assert "helthcheck" in checked.stdout


def test_every_worker_has_a_service() -> None:
    """Nothing of the flow is forgotten."""
    assert {*roster.NAMES, "recorder", "auditor", "notifier", "gateway", "mailroom", "migrate"} == set(OURS)


@pytest.mark.parametrize("name", OURS)
def test_a_service_runs_a_command_that_exists(name: str) -> None:
    """`trombone <command> …` parses as the service writes it, and runs what the service is named for."""
    command, *arguments = OURS[name]["command"]
    context = COMMANDS[command].make_context(command, list(arguments))
    assert name == (context.params["name"] if command == "worker" else command)
    assert command != "worker" or name in (*roster.NAMES, "recorder")


@pytest.mark.parametrize("name", OURS)
def test_a_service_sets_only_settings_that_exist(name: str) -> None:
    """Every variable is a setting, and the endpoints that have embedded defaults are all set."""
    settings = {f"TROMBONE_{field.upper()}" for field in Endpoints.model_fields} | {"TROMBONE_CONFIG"}
    given = set(OURS[name]["environment"])
    assert given <= settings
    assert {"TROMBONE_BROKER_URL", "TROMBONE_STORE_URL", "TROMBONE_DATABASE_URL", "TROMBONE_CONFIG"} <= given


def test_services_are_reached_by_names_that_exist() -> None:
    """Hosts in the endpoints are services of the file."""
    hosts = re.findall(r"@([a-z0-9]+):\d+", " ".join(OURS["gateway"]["environment"].values()))
    assert len(hosts) == 3
    assert set(hosts) <= set(COMPOSE["services"])


def test_no_service_opens_a_port_to_the_world() -> None:
    """What is published is bound to loopback."""
    published = [port for service in COMPOSE["services"].values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
