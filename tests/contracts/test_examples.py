"""Every example is what it says: valid for everybody, or refused by everybody."""

import json
from pathlib import Path

import pytest

from schemas.codec import Unreadable, decode, encode
from tests.contracts.files import EXAMPLES, INVALID, SCHEMA_FILES, SCHEMAS, name_of, read, validator_of

ONLY_THE_CODEC_CAN_TELL = {
    "reply_requested/examples/v1/invalid/account-of-another.json": "JSON Schema cannot compare two fields",
}


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_a_valid_example_satisfies_its_schema(example: Path) -> None:
    """An integrator who copies an example starts from a valid event."""
    assert [error.message for error in validator_of(example).iter_errors(read(example))] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_an_example_of_any_version_is_read_as_todays_class(example: Path) -> None:
    """Every example of every version ever released must parse into today's class."""
    event = decode(example.read_bytes())

    assert event.data.event_type == example.relative_to(SCHEMAS).parts[0]


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_what_we_write_of_an_example_satisfies_the_schema(example: Path) -> None:
    """Reading and writing an example loses nothing that a reader may count on."""
    event = decode(example.read_bytes())
    written = encode(event)

    assert decode(written) == event
    assert [error.message for error in validator_of(example).iter_errors(json.loads(written))] == []


@pytest.mark.parametrize("example", INVALID, ids=name_of)
def test_an_invalid_example_is_refused_by_the_codec(example: Path) -> None:
    """What breaks the contract never reaches a worker."""
    with pytest.raises(Unreadable):
        decode(example.read_bytes())


@pytest.mark.parametrize("example", INVALID, ids=name_of)
def test_an_invalid_example_is_refused_by_its_schema(example: Path) -> None:
    """An integrator finds with any JSON Schema validator what we would refuse; exceptions are listed with a reason."""
    expected = name_of(example) in ONLY_THE_CODEC_CAN_TELL

    assert validator_of(example).is_valid(read(example)) == expected


@pytest.mark.parametrize("schema", SCHEMA_FILES, ids=name_of)
def test_each_version_has_examples_of_both_kinds(schema: Path) -> None:
    """Two valid and four invalid examples are the least."""
    folder = schema.parent / "examples" / schema.stem

    assert len(list(folder.glob("*.json"))) >= 2
    assert len(list((folder / "invalid").glob("*.json"))) >= 4


def test_no_file_is_an_orphan() -> None:
    """Whatever lies in an event's folder has a place in the layout, so nothing is silently unchecked."""
    folders = [path.parent for path in SCHEMAS.glob("*/v*.json")]
    found = {path for folder in folders for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    modules = {folder / name for folder in folders for name in ("__init__.py", "upcast.py", "downcast.py")}

    assert found - modules == {*SCHEMA_FILES, *EXAMPLES, *INVALID}
