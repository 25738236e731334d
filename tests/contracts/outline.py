"""What a type allows and what a schema allows, in the same words, so that they can be compared."""

import re
from typing import Any

from msgspec import inspect

Outline = dict[str, Any]

SAID_ELSEWHERE = ("description", "title", "default", "oneOf", "$schema", "$id", "$defs", "format")
"""What is compared by another test, or what a struct cannot say in its type."""
NO_NUL = r"^[^\u0000]*$"
WORDS = re.compile(r"\^\(([a-z|]+)\)\\Z")


def of_struct(kind: inspect.Type) -> Outline:
    match kind:
        case inspect.UnionType(types=types):
            return next(of_struct(one) for one in types if not isinstance(one, inspect.NoneType)) | {"nullable": True}
        case inspect.StrType(pattern=str() as pattern) if words := WORDS.fullmatch(pattern):
            return {"type": "string", "enum": words[1].split("|")}
        case inspect.StrType():
            limits = {"minLength": kind.min_length, "maxLength": kind.max_length}
            return _present(type="string", pattern=kind.pattern and kind.pattern.replace(r"\Z", "$"), **limits)
        case inspect.LiteralType(values=values):
            return {"type": "string", "enum": list(values)}
        case inspect.DateTimeType(tz=True):
            return {"type": "string", "time": True}
        case inspect.BoolType():
            return {"type": "boolean"}
        case inspect.IntType() | inspect.FloatType():
            number = "integer" if isinstance(kind, inspect.IntType) else "number"
            return _present(type=number, minimum=kind.ge, maximum=kind.le)
        case inspect.ListType(item_type=item):
            return {"type": "array", "items": of_struct(item)}
        case inspect.DictType(value_type=value):
            return {"type": "object", "additionalProperties": of_struct(value)}
        case inspect.AnyType():
            return {}
        case inspect.StructType():
            return _of_fields([field for field in kind.fields if field.name != "extra"])
    raise TypeError(f"No outline of {kind}")


def _of_fields(fields: list[inspect.Field]) -> Outline:
    parts = {field.name: of_struct(field.type) | ({} if field.required else {"nullable": True}) for field in fields}
    return {
        "type": "object",
        "required": sorted(field.name for field in fields if field.required),
        "properties": parts,
    }


def _present(**limits: Any) -> Outline:
    return {name: limit for name, limit in limits.items() if limit is not None}


def of_schema(schema: Outline, defs: Outline) -> Outline:
    if "$ref" in schema:
        return of_schema(defs[schema["$ref"].rsplit("/", 1)[1]], defs)
    if "anyOf" in schema:
        return of_schema(schema["anyOf"][0], defs) | {"nullable": True}
    outline = {keyword: value for keyword, value in schema.items() if keyword not in SAID_ELSEWHERE}
    if isinstance(outline["type"], list):
        outline |= {"type": outline["type"][0], "nullable": True}
    if "const" in outline:
        outline["enum"] = [outline.pop("const")]
    if outline.get("pattern") == NO_NUL:
        del outline["pattern"]
    if schema.get("format") == "date-time":
        return {keyword: value for keyword, value in outline.items() if keyword != "pattern"} | {"time": True}
    return outline | _inner(outline, defs)


def _inner(outline: Outline, defs: Outline) -> Outline:
    inner: Outline = {}
    if "enum" in outline:
        inner["enum"] = [word for word in outline["enum"] if word is not None]
    for keyword in ("items", "additionalProperties"):
        if keyword in outline:
            inner[keyword] = of_schema(outline[keyword], defs)
    if "properties" in outline:
        inner["properties"] = {name: of_schema(part, defs) for name, part in outline["properties"].items()}
        inner["required"] = sorted(outline["required"])
    return inner
