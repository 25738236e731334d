"""`/openapi.json`: OpenAPI 3.1, made from the table in `contract.py`."""

import json
import re
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from workers.gateway import shapes
from workers.gateway.contract import HELPDESK, KEY, OPERATIONS, PARAMETERS, VISITOR, Operation

_REF = "#/components/schemas/{name}"


async def openapi(_: Request) -> Response:
    return Response(_encoded(), media_type="application/json")


def document() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Trombone",
            "version": version("trombone"),
            "description": "Images and files between customers and agents, both ways. Every error has a `code` for "
            "programs and a `sentence` for people. Events over AMQP: `/asyncapi.yaml`.",
        },
        "paths": paths,
        "webhooks": {"message.changed": {"post": _notice()}},
        "components": {
            "schemas": _components(),
            "securitySchemes": {
                KEY: {"type": "http", "scheme": "bearer", "description": "An API key (`tb_…`) or a session (`ts_…`)."},
                VISITOR: {"type": "http", "scheme": "bearer", "description": "The token of a visitor's session."},
            },
        },
    }


@cache
def _encoded() -> bytes:
    return json.dumps(document()).encode()


def _structs() -> list[type[Struct]]:
    mentioned = [one.body for one in OPERATIONS] + [answer for one in OPERATIONS for answer in one.answers.values()]
    described = [*mentioned, shapes.MessageChanged, shapes.ProblemShown]
    return [*dict.fromkeys(one for one in described if isinstance(one, type))]


def _components() -> dict[str, Any]:
    r"""Python's end of a text (`\Z`) is `$` in JSON Schema."""
    _, components = msgspec.json.schema_components(_structs(), ref_template=_REF)
    found: dict[str, Any] = json.loads(json.dumps(components).replace("\\\\Z", "$"))
    return found


def _operation(one: Operation) -> dict[str, Any]:
    answers = {str(status): _answer(shown) for status, shown in one.answers.items()}
    problems = {str(status): _problem() for status in one.problems}
    parts = {
        "summary": one.summary + (f" (scope `{one.scope}`)" if one.scope else ""),
        "tags": [one.tag],
        "operationId": re.sub(r"\W+", "_", f"{one.method.lower()}{one.path}").strip("_"),
        "parameters": _parameters(one),
        "responses": answers | problems,
        "security": [{one.permission: []}] if one.permission else [],
    }
    return parts | ({"requestBody": {"required": True, "content": _body(one)}} if one.body else {})


def _notice() -> dict[str, Any]:
    """What we send to a webhook of the helpdesk."""
    told = "The same for the same change", "Unix time of this attempt", "`v1,` and Base64; one for each secret"
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "summary": "A message came or changed (to the webhooks in accounts.yaml, signed)",
        "tags": [HELPDESK],
        "operationId": "message_changed",
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": words}
            for name, words in zip(names, told, strict=True)
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(shapes.MessageChanged)}}},
        "responses": {"2XX": {"description": "Taken"}, "410": {"description": "Do not call again"}},
    }


def _parameters(one: Operation) -> list[dict[str, Any]]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", one.path)
    ]
    named = [(name, "query") for name in one.query] + [(name, "header") for name in one.headers]
    return in_path + [
        {"name": name, "in": place, "schema": {"type": PARAMETERS[name][0]}, "description": PARAMETERS[name][1]}
        for name, place in named
    ]


def _body(one: Operation) -> dict[str, Any]:
    if isinstance(one.body, type):
        return {"application/json": {"schema": _ref(one.body)}}
    return {media_type: {} for media_type in one.body or ()}


def _answer(shown: type[Struct] | str) -> dict[str, Any]:
    if isinstance(shown, str):
        return {"description": "OK", "content": {shown: {}}}
    description = (shown.__doc__ or "OK").strip().splitlines()[0]
    return {"description": description, "content": {"application/json": {"schema": _ref(shown)}}}


def _problem() -> dict[str, Any]:
    return {"description": "Why not", "content": {"application/json": {"schema": _ref(shapes.ProblemShown)}}}


def _ref(struct: type[Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=struct.__name__)}
