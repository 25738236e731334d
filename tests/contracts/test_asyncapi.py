"""The generated description and the README: complete, consistent, up to date, and true to the runtime's names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import pytest
import yaml

from schemas import asyncapi, generate, identity, object_keys
from schemas.flow import stations
from tests.contracts.files import SCHEMA_FILES, SCHEMAS, name_of
from workers.runtime import topology

TREE = yaml.safe_load((SCHEMAS / "asyncapi.yaml").read_text(encoding="utf-8"))
README = (SCHEMAS / "README.md").read_text(encoding="utf-8")


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        yield from (found for part in node.values() for found in references(part))
    if isinstance(node, list):
        yield from (found for part in node for found in references(part))


def resolve(reference: str) -> Any:
    node = TREE
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


def test_generated_files_are_up_to_date() -> None:
    """Otherwise: python -m schemas.generate."""
    assert generate.main(["--check"]) == 0


@pytest.mark.parametrize("reference", sorted(set(references(TREE))))
def test_every_reference_leads_somewhere(reference: str) -> None:
    """Inside the document, or to a schema file beside it."""
    found = resolve(reference) if reference.startswith("#/") else (SCHEMAS / reference).is_file()

    assert found


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=name_of)
def test_every_event_is_described(path: Path) -> None:
    """A message, a channel to find it on, and somebody who publishes it."""
    key = f"{path.parent.name}_{path.stem}"
    message = TREE["components"]["messages"][key]
    publishers = [one for one in TREE["operations"].values() if one["channel"]["$ref"] == f"#/channels/{key}"]

    assert message["name"] == f"trombone.{path.parent.name}.{path.stem}"
    assert message["payload"]["schema"]["$ref"] == f"./{name_of(path)}"
    assert "send" in {one["action"] for one in publishers}


def test_the_skeleton_is_asyncapi_3() -> None:
    """What the specification demands, as far as it can be told offline."""
    assert (TREE["asyncapi"], set(TREE["info"]) >= {"title", "version"}) == ("3.0.0", True)
    for operation in TREE["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert resolve(operation["channel"]["$ref"])["messages"]
    for channel in TREE["channels"].values():
        assert set(re.findall(r"{(\w+)}", channel["address"])) == set(channel["parameters"])


def test_upstream_systems_publish_to_their_own_exchange_only() -> None:
    """The three events that they may bring, each under its account."""
    inbox = {one["address"] for one in TREE["channels"].values() if _exchange(one) == "trombone.in"}

    events = ("message_received", "reply_requested", "doubt_resolved")
    assert inbox == {f"{{account}}.{event}.v1.{{channel}}" for event in events}


def _exchange(channel: dict[str, Any]) -> str:
    name: str = channel["bindings"]["amqp"]["exchange"]["name"]
    return name


def test_names_are_those_that_the_runtime_computes() -> None:
    """The description cannot import the runtime; this test can."""
    assert (asyncapi.EVENTS, asyncapi.INBOX) == (topology.EVENTS, topology.UPSTREAM)
    assert TREE["channels"]["media_stored_v1"]["address"] == topology.event_key(
        "media_stored", 1, "{direction}", "{channel}", "{lane}"
    )
    assert TREE["channels"]["reply_requested_v1_in"]["address"] == topology.upstream_key(
        "{account}", "reply_requested", 1, "{channel}"
    )


def test_the_flow_is_read_from_the_workers_docstrings(tmp_path: Path) -> None:
    """Text in, table out; a file that says nothing about events is no station."""
    (tmp_path / "painter.py").write_text(
        '"""\nPaint.\n\nconsumes  a_b, c_d\nemits     e_f\n"""\nWORKER = Worker(queues="paint.<lane>")\n'
    )
    (tmp_path / "brushes.py").write_text('"""Brushes."""\n')

    (station,) = stations(tmp_path)

    assert (station.name, station.queues, station.consumes, station.emits) == (
        "painter", "paint.<lane>", ("a_b", "c_d"), ("e_f",)
    )  # fmt: skip


@pytest.mark.parametrize(
    "key",
    [
        object_keys.payload("<account>", "<event>"),
        object_keys.upload("<account>", "<id>"),
        object_keys.quarantine("<account>", "<conversation>", "<attachment>", "<attempt>"),
        object_keys.original("<account>", "<conversation>", "<sha256>"),
        object_keys.derived(object_keys.original("<account>", "<conversation>", "<sha256>"), "<name>"),
        object_keys.plan("<account>", "<conversation>", "<message>"),
        object_keys.dead_letter("<account>", "<event>"),
    ],
)
def test_the_readme_shows_the_layout_of_object_keys(key: str) -> None:
    """Operators' policies and integrators' uploads are written by this table."""
    assert f"`{key}`" in README


def test_the_readmes_recipe_for_ids_gives_our_ids() -> None:
    """An integrator can compute the message's id from the README alone."""
    namespace = re.search(r"namespace is\s+`([0-9a-f-]{36})`", README)
    recipe = re.search(r'uuid5\(namespace, "(4:root[^"]+)"\)', README)
    assert namespace
    assert recipe

    assert str(uuid5(UUID(namespace[1]), recipe[1])) == identity.root_id(
        "acme", "https://helpdesk.example/eu", "reply-48213"
    )
