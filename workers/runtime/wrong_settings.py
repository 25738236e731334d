"""What is wrong with settings, in the names that an operator knows: variables, and the keys of YAML files."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import ErrorDetails

PREFIX = "TROMBONE_"
FILES = {
    "channels": "channels.yaml",
    "queues": "queues.yaml",
    "media": "renditions.yaml",
    "accounts": "accounts.yaml",
}
WORDS = {"extra_forbidden": "there is no such setting", "missing": "is missing"}
"""In place of the validator's own."""


def named(section: str, *steps: object) -> str:
    """Where an operator finds it: `TROMBONE_STORE_URL`, or `accounts.yaml, acme.channels.sms.0.address`."""
    if section not in FILES:
        return PREFIX + ".".join(map(str, steps)).upper()
    return ", ".join([FILES[section], *([".".join(map(str, steps))] if steps else [])])


def told(errors: Sequence[ErrorDetails]) -> list[str]:
    return [f"{named(*map(str, one['loc']))}: {WORDS.get(one['type'], one['msg'])}" for one in errors]


def without(given: Mapping[str, Any], errors: Sequence[ErrorDetails], ours: Mapping[str, Any]) -> dict[str, Any]:
    """
    What is left once the wrong is taken out, so that the rest can be checked as well: an unknown key by itself, a
    variable, an account as a whole, and in the place of any other file `ours`.
    """
    left = dict(given)
    for one in errors:
        section, *steps = one["loc"]
        if one["type"] == "extra_forbidden":
            left = _dropped(left, one["loc"])
        elif steps and section in ("endpoints", "accounts"):
            left = _dropped(left, (section, steps[0]))
        else:
            left[str(section)] = ours.get(str(section), {})
        if section == "channels":
            left["accounts"] = {}  # what its connections may say stands in the file that is wrong
    return left


def _dropped(given: Any, path: Sequence[int | str]) -> Any:
    """A copy without what lies at the path; one that is gone already is given back as it is."""
    first, *rest = path
    if isinstance(given, list):
        return [_dropped(one, rest) if number == first else one for number, one in enumerate(given)]
    if not isinstance(given, Mapping) or first not in given:
        return given
    if not rest:
        return {name: value for name, value in given.items() if name != first}
    return {**given, first: _dropped(given[first], rest)}


def unset_variables(given: Any, variables: Mapping[str, Any], where: tuple[object, ...]) -> Iterator[str]:
    """Secrets that a file names and nobody gave; also in what is otherwise wrong."""
    if isinstance(given, Mapping):
        name = given.get("env")
        if isinstance(name, str) and name not in variables:
            yield f"{named(*map(str, where))}: environment variable {name} is not set"
        for key, value in given.items():
            yield from unset_variables(value, variables, (*where, key))
    elif isinstance(given, list):
        for number, value in enumerate(given):
            yield from unset_variables(value, variables, (*where, number))
