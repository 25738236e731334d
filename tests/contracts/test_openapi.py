"""The HTTP API's description is what the gateway does: every route, every struct, and nothing else."""

from collections.abc import Iterator

import pytest
from jsonschema import Draft202012Validator
from starlette.routing import BaseRoute, Mount, Route

from workers.gateway.app import ROUTES
from workers.gateway.contract import OPERATIONS, PARAMETERS
from workers.gateway.openapi import document

OUR_PAGES = {"/", "/docs", "/openapi.json", "/asyncapi.yaml", "/page/{name}"}


def served(routes: list[BaseRoute], before: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from served(route.routes, before + route.path)
        elif isinstance(route, Route):
            yield from ((method, before + route.path) for method in (route.methods or set()) - {"HEAD"})


def test_every_route_is_described_and_every_description_is_served():
    """Whoever adds a route adds a row."""
    described = {(one.method, one.path) for one in OPERATIONS}
    assert described == {(method, path) for method, path in served(ROUTES) if path not in OUR_PAGES}


def test_every_schema_is_a_schema():
    """JSON Schema 2020-12, as OpenAPI 3.1 wants it; every reference leads somewhere."""
    made = document()
    schemas = made["components"]["schemas"]
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert {ref.rpartition("/")[2] for ref in refs(made)} <= set(schemas)


def test_patterns_are_of_json_schema():
    """Python's spelling of an end means the letter Z elsewhere."""
    assert "\\\\Z" not in repr(document())


@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: f"{one.method} {one.path}")
def test_every_parameter_is_explained(one):
    """In words, with a type."""
    assert {*one.query, *one.headers} <= set(PARAMETERS)


def test_the_webhook_is_described():
    """With its three headers and the message as the API shows it."""
    notice = document()["webhooks"]["message.changed"]["post"]
    assert [one["name"] for one in notice["parameters"]] == ["webhook-id", "webhook-timestamp", "webhook-signature"]
    assert list(refs(notice)) == ["#/components/schemas/MessageChanged"]
    body = document()["components"]["schemas"]["MessageChanged"]
    assert list(refs(body)) == ["#/components/schemas/MessageShown"]
    assert body["required"] == ["timestamp", "data"]


def test_operations_have_names_of_their_own():
    """Programs that are generated from the document call them by these."""
    names = [operation["operationId"] for path in document()["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def refs(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from refs(child)
