"""The schema files: complete, consistent among themselves, and the same contract as the structs."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import schemas
from schemas.codec import schema_id, wire_type
from schemas.document import Document
from schemas.registry import Contract, Registry
from tests.contracts.files import SCHEMA_FILES, SCHEMAS, name_of, read
from tests.contracts.outline import of_schema, of_struct

CONTRACTS = Registry.found_in(schemas).contracts()


def fields(schema: dict[str, Any], path: str = "$") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(path, name, schema) of every field, nested ones and `$defs` included."""
    for name, part in schema.get("properties", {}).items():
        yield f"{path}.{name}", name, part
        yield from fields(part, f"{path}.{name}")
    yield from fields(schema["items"], f"{path}[]") if "items" in schema else ()
    for name, part in schema.get("$defs", {}).items():
        yield from fields(part, name)


def newest_schema(contract: Contract) -> dict[str, Any]:
    found: dict[str, Any] = read(SCHEMAS / contract.newest.event_type / f"v{contract.version}.json")
    return found


def event_of(contract: Contract) -> str:
    return contract.newest.event_type


def test_every_folder_with_a_schema_is_an_event_of_the_registry() -> None:
    """A schema without a struct, or a struct without a schema, is half a contract."""
    assert {path.parent.name for path in SCHEMA_FILES} == {event_of(contract) for contract in CONTRACTS}


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=name_of)
def test_a_schema_is_a_valid_json_schema_that_names_itself(path: Path) -> None:
    """`$id`, title and the `type` that it demands all follow from where the file lies."""
    schema, event, version = read(path), path.parent.name, int(path.stem[1:])
    jsonschema.Draft202012Validator.check_schema(schema)

    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["$id"], schema["title"]) == (schema_id(event, version), event)
    assert schema["properties"]["type"]["const"] == wire_type(event, version)


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=name_of)
def test_every_field_has_a_description(path: Path) -> None:
    """A field without a sentence is one that an integrator must guess."""
    schema = read(path)
    nameless = [where for where, _, part in fields(schema) if not part.get("description", "").endswith((".", "…"))]

    assert nameless == []
    assert all(part.get("description") for part in schema.get("$defs", {}).values())


@pytest.mark.parametrize("path", SCHEMA_FILES, ids=name_of)
def test_a_schema_stands_alone(path: Path) -> None:
    """An integrator can take a single file."""
    schema = read(path)
    wanted = {f"#/$defs/{name}" for name in schema.get("$defs", {})}

    assert set(_references(schema)) == wanted


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from [node["$ref"]] if "$ref" in node else []
        yield from (found for part in node.values() for found in _references(part))
    if isinstance(node, list):
        yield from (found for part in node for found in _references(part))


def test_a_field_of_an_attachment_means_the_same_in_all_schemas() -> None:
    """What one stage calls `size_bytes` is what the next one calls so, in the same words."""
    meanings: dict[str, list[Any]] = defaultdict(list)
    for contract in CONTRACTS:
        defs = newest_schema(contract).get("$defs", {})
        for name, part in defs.get("attachment", {}).get("properties", {}).items():
            # Whether a field must be there is each stage's own affair.
            meaning = of_schema(part, defs) | {"nullable": None, "description": part["description"]}
            if meaning not in meanings[name]:
                meanings[name].append(meaning)
    # Why a file ends here is not why it has no picture.
    assert {name for name, found in meanings.items() if len(found) > 1} == {"reason"}


def test_a_shared_part_is_the_same_in_all_schemas() -> None:
    """`reason`, `reply`, `source` … are one structure each, however many files repeat it."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for contract in CONTRACTS:
        for name, part in newest_schema(contract).get("$defs", {}).items():
            if name != "attachment" and part not in parts[name]:
                parts[name].append(part)

    assert {name for name, found in parts.items() if len(found) > 1} == set()


@pytest.mark.parametrize("contract", CONTRACTS, ids=event_of)
def test_struct_and_schema_allow_the_same(contract: Contract) -> None:
    """Fields, what is required, what may be null, and every limit: the two views of the data cannot drift apart."""
    schema = newest_schema(contract)

    assert of_struct(msgspec.inspect.type_info(contract.newest)) == of_schema(
        schema["properties"]["data"], schema.get("$defs", {})
    )


@pytest.mark.parametrize("contract", CONTRACTS, ids=event_of)
def test_the_envelope_is_the_same_in_struct_and_schema(contract: Contract) -> None:
    """`type` and `data` are each event's own; all else is the same for all."""
    ours = of_struct(msgspec.inspect.type_info(Document))
    theirs = of_schema(newest_schema(contract), newest_schema(contract).get("$defs", {}))
    for own in ("type", "data"):
        del ours["properties"][own], theirs["properties"][own]

    assert ours == theirs
