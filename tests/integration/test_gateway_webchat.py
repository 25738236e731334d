"""A webchat visitor speaks to the gateway."""

import msgspec
import pytest

from ingest.webchat import VisitorFile, VisitorMessage, VisitorReceipt
from schemas import identity
from tests.integration.gateway_door import ACME, open_door


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    with open_door(tmp_path_factory.mktemp("door")) as door:
        yield door


def visit(door, address="acme-shop"):
    return door.ask("POST", f"/webchat/{address}/sessions").json()


def say(door, visitor, **content):
    return door.ask("POST", "/webchat/messages", key=visitor["token"], json=content)


def last_document(door, kind):
    return msgspec.json.decode(door.heard.events[-1].data.body, type=kind)


def test_a_visitor_gets_a_conversation_of_its_own(door):
    """Each session is another contact, and the token names none in a way that can be changed."""
    first, second = visit(door), visit(door)
    assert first["conversation"] == identity.conversation_id("acme", "webchat", "acme-shop", first["contact"])
    assert first["conversation"] != second["conversation"]


def test_a_visitor_who_comes_back_stays_the_same(door):
    """A session can be renewed before it ends."""
    first = visit(door)
    again = door.ask("POST", "/webchat/acme-shop/sessions", key=first["token"]).json()
    assert again["conversation"] == first["conversation"]


def test_a_session_belongs_to_one_webchat(door):
    """Brought to another, it is refused."""
    answer = door.ask("POST", "/webchat/rival-shop/sessions", key=visit(door)["token"])
    assert (answer.status, answer.error) == (403, "session_elsewhere")


def test_a_message_with_a_file(tmp_path):
    """Upload first, then say what belongs to it: the event holds who spoke, proven."""
    with open_door(tmp_path) as door:
        visitor = visit(door)
        upload = door.ask(
            "POST",
            "/webchat/uploads?file_name=crack.jpg",
            key=visitor["token"],
            body=b"photo",
            headers={"Content-Type": "image/jpeg"},
        ).json()["upload"]
        answer = say(
            door, visitor, client_message_id="1", text="It broke", files=[{"upload": upload, "alt_text": "a crack"}]
        )
        (event,) = door.events(1)
    assert (answer.status, answer.json()["conversation"]) == (202, visitor["conversation"])
    assert answer.json()["message"] == identity.inbound_message_id("acme", "webchat", f"{visitor['contact']}:1")
    assert (event.data.channel, event.data.provider, event.data.account) == ("webchat", "webchat", "acme")
    assert msgspec.json.decode(event.data.body, type=VisitorMessage) == VisitorMessage(
        address="acme-shop",
        contact=visitor["contact"],
        client_message_id="1",
        text="It broke",
        files=[VisitorFile(upload=upload, file_name="crack.jpg", media_type="image/jpeg", alt_text="a crack")],
    )


def test_the_same_message_again(door):
    """A browser that tries again says the same thing once; with other words it is refused."""
    visitor = visit(door)
    answers = [say(door, visitor, client_message_id="1", text=text) for text in ("a", "a", "b")]
    assert [answer.status for answer in answers] == [202, 202, 409]
    assert answers[0].json() == answers[1].json()


def test_two_visitors_may_choose_the_same_id(door):
    """Nobody can take another's message id."""
    messages = {say(door, visit(door), client_message_id="1", text="hi").json()["message"] for _ in range(2)}
    assert len(messages) == 2


def test_a_receipt(tmp_path):
    """The page says what it showed; the conversation is the visitor's own whatever the page says."""
    with open_door(tmp_path) as door:
        visitor = visit(door)
        answer = door.ask(
            "POST",
            "/webchat/receipts",
            key=visitor["token"],
            json={"message": "m1", "part": "p1", "status": "read"},
        )
        door.events(1)
        document = last_document(door, VisitorReceipt)
    assert answer.status == 202
    assert document == VisitorReceipt(
        address="acme-shop",
        contact=visitor["contact"],
        conversation=visitor["conversation"],
        message="m1",
        part="p1",
        status="read",
    )


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ({"client_message_id": "1"}, 422, "message_empty"),
        ({"client_message_id": "1", "text": "  "}, 422, "message_empty"),
        ({"text": "x"}, 422, "wrong_field"),
        ({"client_message_id": "a b", "text": "x"}, 422, "wrong_field"),
        ({"client_message_id": "1", "text": "x", "contact": "somebody"}, 422, "wrong_field"),
        ({"client_message_id": "1", "files": [{"upload": "../x"}]}, 422, "wrong_field"),
        ({"client_message_id": "1", "files": [{"upload": "0" * 32}]}, 404, "upload_unknown"),
        ({"client_message_id": "1", "files": [{"upload": "0" * 32}] * 11}, 422, "too_many_files"),
    ],
)
def test_an_impossible_message_is_refused(door, content, status, code):
    """Each with its own reason."""
    answer = say(door, visit(door), **content)
    assert (answer.status, answer.error) == (status, code)


def test_another_visitors_upload_does_not_exist(door):
    """Neither another visitor's file nor an agent's can be claimed."""
    other = visit(door)
    theirs = door.ask("POST", "/webchat/uploads", key=other["token"], body=b"x").json()["upload"]
    agents = door.upload(b"x", key=ACME)
    answers = [say(door, visit(door), client_message_id="1", files=[{"upload": upload}]) for upload in (theirs, agents)]
    assert [(answer.status, answer.error) for answer in answers] == [(404, "upload_unknown")] * 2


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: token[:-3] + "xyz",
        lambda token: token.partition(".")[2],
        lambda token: "cml2YWwtc2hvcA==." + token.partition(".")[2],
        lambda _: "x",
        lambda _: "!!!.x.y",
        lambda _: ACME,
    ],
)
def test_a_forged_session_is_nobody(door, forge):
    """Changed, moved to another webchat, made up, or an API key."""
    answer = door.ask("GET", "/webchat/messages", key=forge(visit(door)["token"]))
    assert (answer.status, answer.error) == (401, "session_invalid")


def test_a_session_is_no_api_key(door):
    """A visitor does not reach the agents' side."""
    answer = door.ask("GET", "/v1/conversations", key=visit(door)["token"])
    assert (answer.status, answer.error) == (401, "key_invalid")


def test_no_session_no_door(door):
    """Every visitor route but the first asks for one."""
    paths = [
        ("POST", "/webchat/messages"),
        ("GET", "/webchat/messages"),
        ("POST", "/webchat/uploads"),
        ("POST", "/webchat/receipts"),
    ]
    assert {door.ask(method, path).status for method, path in paths} == {401}


def test_an_unknown_webchat(door):
    """No address, no session."""
    answer = door.ask("POST", "/webchat/nobody/sessions")
    assert (answer.status, answer.error) == (404, "webchat_unknown")


def test_a_new_visitor_sees_an_empty_thread(door):
    """Before the first message there is nothing to see, and nothing is wrong."""
    answer = door.ask("GET", "/webchat/messages", key=visit(door)["token"])
    assert (answer.status, answer.json()) == (200, {"messages": [], "cursor": 0, "earlier": None})


def test_a_page_on_the_shops_own_site_may_talk_to_us(door):
    """A browser asks first; the API for agents is not for pages."""
    asking = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    allowed = door.http.request("OPTIONS", f"{door.url}/webchat/acme-shop/sessions", headers=asking)
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, "*")
    refused = door.http.request("OPTIONS", f"{door.url}/v1/replies", headers=asking)
    assert "access-control-allow-origin" not in refused.headers
