"""The committed schemas and examples, and a validator that reads patterns as JSON Schema does."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.protocols import Validator

SCHEMAS = Path(__file__).parents[2] / "schemas"
SCHEMA_FILES = sorted(SCHEMAS.glob("*/v*.json"))
EXAMPLES = sorted(SCHEMAS.glob("*/examples/v*/*.json"))
INVALID = sorted(SCHEMAS.glob("*/examples/v*/invalid/*.json"))


def name_of(path: Path) -> str:
    """A test's id: where the file lies below `schemas/`."""
    return path.relative_to(SCHEMAS).as_posix()


def read(path: Path) -> Any:
    return json.loads(path.read_bytes())


def schema_file_of(example: Path) -> Path:
    event = SCHEMAS / example.relative_to(SCHEMAS).parts[0]
    return event / f"{example.relative_to(SCHEMAS).parts[2]}.json"


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[jsonschema.ValidationError]:
    """`$` is the very end of the text (ECMA 262); Python's also matches before a last newline."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


_Ecma = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": _pattern})


def validator(schema: dict[str, Any]) -> Validator:
    return _Ecma(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def validator_of(example: Path) -> Validator:
    return validator(read(schema_file_of(example)))
