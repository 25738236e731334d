"""
compose.yaml says what Compose understands and what Trombone understands.

`compose-spec.json` is the Compose Specification's schema (https://github.com/compose-spec/compose-spec, Apache-2.0), as
the npm package dclint 3.1.0 ships it.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError
from typer.main import get_command

from workers import roster
from workers.__main__ import app
from workers.runtime.settings import Endpoints

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SCHEMA = Draft7Validator(json.loads((Path(__file__).parent / "compose-spec.json").read_text()))
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "trombone"}
COMMANDS = get_command(app).commands  # type: ignore[attr-defined]


def test_compose_knows_every_key() -> None:
    """The file is valid against the specification."""
    SCHEMA.validate(COMPOSE)


def test_an_unknown_key_would_be_noticed() -> None:
    """The specification's schema refuses a misspelt key."""
    with pytest.raises(ValidationError, match="helthcheck"):
        SCHEMA.validate(COMPOSE | {"services": {"x": {"image": "x", "helthcheck": {}}}})


def test_every_worker_has_a_service() -> None:
    """Nothing of the flow is forgotten."""
    assert {*roster.NAMES, "recorder", "auditor", "gateway", "migrate"} == set(OURS)


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
