"""Within a version only optional fields may be added: the comparison, and our schemas against the last release."""

import re
from pathlib import Path
from typing import Any

import pytest

from schemas.compatibility import breaks
from tests.contracts.files import SCHEMAS, read

RELEASED = Path(__file__).parent / "released"
"""One folder per release with a copy of its schemas, `<event>.v<N>.json`: copied when a release is made."""
CHANGELOG = SCHEMAS.parent / "CHANGELOG.md"

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {
        "id": {"type": "string", "maxLength": 9, "description": "An id."},
        "files": {"type": "array", "items": {"$ref": "#/$defs/file"}},
    },
    "$defs": {"file": {"type": "object", "required": [], "properties": {"name": {"type": ["string", "null"]}}}},
}


def changed(**parts: Any) -> dict[str, Any]:
    return SCHEMA | parts


def with_property(name: str, schema: dict[str, Any] | None) -> dict[str, Any]:
    properties = SCHEMA["properties"] | {name: schema}
    return changed(properties={name: part for name, part in properties.items() if part is not None})


@pytest.mark.parametrize(
    "current",
    [
        SCHEMA,
        with_property("note", {"type": ["string", "null"]}),
        with_property("id", {"type": "string", "maxLength": 9, "description": "Better words."}),
        changed(**{"$defs": SCHEMA["$defs"] | {"new": {"type": "string"}}}),
    ],
    ids=["nothing", "an optional field", "a description", "a new part"],
)
def test_a_harmless_change_breaks_nothing(current: dict[str, Any]) -> None:
    """What old readers ignore and old writers need not know may come at any time."""
    assert breaks(SCHEMA, current) == []


@pytest.mark.parametrize(
    ("current", "sentence"),
    [
        (with_property("id", None), "$.id was removed"),
        (changed(required=["id", "files"]), "$: `required` changed"),
        (changed(required=[]), "$: `required` changed"),
        (with_property("id", {"type": "integer", "maxLength": 9}), "$.id: `type` changed"),
        (with_property("id", {"type": "string", "maxLength": 8}), "$.id: `maxLength` changed"),
        (with_property("id", {"type": "string", "maxLength": 10}), "$.id: `maxLength` changed"),
        (with_property("id", {"type": "string", "maxLength": 9, "pattern": "^a$"}), "$.id: `pattern` changed"),
        (with_property("files", {"type": "array", "items": {"type": "string"}}), "$.files[]: `$ref` changed"),
        (changed(additionalProperties=False), "$: `additionalProperties` changed"),
        (changed(**{"$defs": {}}), "$defs.file was removed"),
        (
            changed(**{"$defs": {"file": {"type": "object", "required": [], "properties": {}}}}),
            "$defs.file.name was removed",
        ),
    ],
)
def test_a_change_that_somebody_could_notice_is_named(current: dict[str, Any], sentence: str) -> None:
    """Old writers' events must stay valid, and new writers' events must stay readable by old readers."""
    assert sentence in breaks(SCHEMA, current)


def test_our_schemas_break_nothing_of_the_last_release() -> None:
    """Binding from release 0.1.0 on; until it stands in the changelog, version 1 may change freely."""
    releases = re.findall(r"^## \[?(\d+\.\d+\.\d+)\b", _changelog(), re.MULTILINE)
    if not releases:
        return
    last = RELEASED / releases[0]
    copies = sorted(last.glob("*.json"))

    assert copies, f"{last} holds no copy of the schemas of release {releases[0]}"
    found = {copy.name: breaks(read(copy), read(SCHEMAS / copy.name.replace(".", "/", 1))) for copy in copies}
    assert {name: sentences for name, sentences in found.items() if sentences} == {}


def _changelog() -> str:
    return CHANGELOG.read_text(encoding="utf-8") if CHANGELOG.exists() else ""
