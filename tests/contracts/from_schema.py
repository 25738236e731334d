"""Values that a JSON Schema allows, for the subset of keywords that our schemas use."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
Values = st.SearchStrategy[Any]

TEXT = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(TEXT)
LONGEST = 300
"""A few characters more than all patterns allow; the limits themselves are tested by example."""


def _unknown(inner: Values) -> Values:
    names = st.sampled_from(["extra", "x", "attachments "]) | st.text(TEXT, max_size=9)
    return st.dictionaries(names, inner, max_size=2)


ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=2) | _unknown(inner), max_leaves=4)


def values(schema: Schema, defs: Schema) -> Values:
    if "$ref" in schema:
        return values(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return st.one_of(values(_merged(schema, several, option), defs) for option in schema[several])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.one_of(BY_TYPE[one](schema, defs) for one in types)


def _merged(schema: Schema, several: str, option: Schema) -> Schema:
    """The schema with one of its alternatives made part of it."""
    if "properties" not in option:
        return option
    rest = {keyword: value for keyword, value in schema.items() if keyword != several}
    properties = {
        name: part | option["properties"].get(name, {}) for name, part in schema.get("properties", {}).items()
    }
    return rest | {"properties": properties, "required": [*schema.get("required", []), *option["required"]]}


def _strings(schema: Schema, _: Schema) -> Values:
    if schema.get("format") == "date-time":
        return times()
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength", LONGEST)
    pattern = schema.get("pattern", r"^[^\u0000]*$")
    if pattern == r"^[^\u0000]*$":
        return st.text(TEXT, min_size=shortest, max_size=min(longest, 40))
    return st.from_regex(re.compile(re.sub(r"\$$", r"\\Z", pattern)), fullmatch=True).filter(
        lambda text: shortest <= len(text) <= longest
    )


def times() -> Values:
    offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
    moments = st.datetimes(datetime(1970, 1, 2), datetime(2199, 1, 1), timezones=offsets | st.just(UTC))  # noqa: DTZ001
    spellings = st.sampled_from([lambda text: text, lambda text: text.replace("+00:00", "Z"), str.lower])
    return st.builds(lambda moment, spell: spell(moment.isoformat()), moments, spellings)


def _integers(schema: Schema, _: Schema) -> Values:
    whole = st.integers(schema["minimum"], schema["maximum"])
    return whole | whole.map(float)


def _numbers(schema: Schema, defs: Schema) -> Values:
    return _integers(schema, defs) | st.floats(schema["minimum"], schema["maximum"])


def _arrays(schema: Schema, defs: Schema) -> Values:
    return st.lists(values(schema["items"], defs), max_size=2)


def _objects(schema: Schema, defs: Schema) -> Values:
    if isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(st.text(TEXT), values(schema["additionalProperties"], defs), max_size=3)
    known = {name: values(part, defs) for name, part in schema["properties"].items()}
    required = {name: known.pop(name) for name in schema["required"] if name in known}
    return st.builds(
        lambda more, said: more | said, _unknown(ANYTHING), st.fixed_dictionaries(required, optional=known)
    )


BY_TYPE = {
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda _, __: st.booleans(),
    "null": lambda _, __: st.none(),
    "array": _arrays,
    "object": _objects,
}


def documents(schema: Schema) -> Values:
    """Whole events. What no JSON Schema can say is added: the account stands twice, and is the same."""
    return values(schema, schema.get("$defs", {})).map(_same_account)


def _same_account(document: Any) -> Any:
    return document | {"data": document["data"] | {"account": document["account"]}}
