"""The pages' files over HTTP, and answers that are what the API's description says."""

import gzip

import pytest
from jsonschema import Draft202012Validator

from tests.integration.gateway_door import ACME, open_door
from tests.integration.test_gateway_threads import Message, inbound


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


def test_a_file_is_fetched_once(door):
    """Whoever has it already is told that it is still the same; gzipped for whoever can read that."""
    first = door.ask("GET", "/page/agent.js")
    again = door.ask("GET", "/page/agent.js", headers={"If-None-Match": first.headers["etag"]})
    packed = door.http.request(
        "GET", door.url + "/page/agent.js", headers={"Accept-Encoding": "gzip"}, decode_content=False
    )
    assert (first.status, again.status, again.body) == (200, 304, b"")
    assert first.headers["content-type"] == "text/javascript; charset=utf-8"
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.data) == first.body


@pytest.mark.parametrize("path", ["/page/nothing.js", "/page/..%2fapp.py", "/page/__init__.py", "/page/"])
def test_only_the_pages_files_are_served(door, path):
    """Not the program beside them."""
    assert door.ask("GET", path).status == 404


@pytest.mark.parametrize("path", ["/", "/docs", "/webchat/acme-shop/chat"])
def test_every_page_forbids_inline_scripts(door, path):
    """Media may also come from the public address, since that is where our links point."""
    policy = door.ask("GET", path).headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "img-src 'self' https://door.example blob:;" in policy
    assert "unsafe" not in policy


def test_answers_are_as_described(door):
    """Each against the schema that `/openapi.json` gives for it."""
    message = inbound(door)
    message.announce()
    message.store()
    visitor = door.ask("POST", "/webchat/acme-shop/sessions").json()
    reply = Message(door, "outbound", "webchat", "acme-shop", visitor["contact"], "Here", "2")
    reply.announce()
    reply.store()
    reply.fit()
    reply.deliver()
    asked = {
        ("get", "/v1/conversations"): door.ask("GET", "/v1/conversations", key=ACME),
        ("get", "/v1/conversations/{conversation}"): door.ask(
            "GET", f"/v1/conversations/{reply.conversation}?limit=1", key=ACME
        ),
        ("get", "/v1/messages/{message}"): door.ask("GET", f"/v1/messages/{reply.id}", key=ACME),
        ("get", "/v1/channels"): door.ask("GET", "/v1/channels", key=ACME),
        ("post", "/v1/sessions"): door.ask("POST", "/v1/sessions", key=ACME, json={}),
        ("post", "/v1/uploads"): door.ask("POST", "/v1/uploads", key=ACME, body=b"x"),
        ("post", "/v1/replies"): door.ask(
            "POST", "/v1/replies", key=ACME, json={"channel": "sms", "contact": "+14155550100", "text": "hi"}
        ),
        ("post", "/webchat/{address}/sessions"): door.ask("POST", "/webchat/acme-shop/sessions"),
        ("get", "/webchat/messages"): door.ask("GET", "/webchat/messages", key=visitor["token"]),
    }
    api = door.ask("GET", "/openapi.json").json()
    wrong = door.ask("GET", "/v1/channels")
    for (method, path), answer in asked.items():
        described = api["paths"][path][method]["responses"][str(answer.status)]["content"]["application/json"]["schema"]
        assert problems(api, described, answer.json()) == [], path
    assert problems(api, {"$ref": "#/components/schemas/ProblemShown"}, wrong.json()) == []


def problems(api, schema, document):
    whole = {"components": api["components"], **schema}
    return [error.message for error in Draft202012Validator(whole).iter_errors(document)]
