"""The visitor of the sandbox speaks to the real gateway."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.webchat import VisitorMessage, VisitorReceipt
from schemas.codec import decode
from tests.integration.gateway_door import Door, open_door
from workers.runtime.record import RecordedDelivery
from workers.sandbox.visitor import Visitor, VisitorRefused

EXAMPLES = Path(__file__).parents[2] / "schemas"


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


@pytest.fixture
def visitor(door: Door, tmp_path: Path):
    visitor = Visitor(door.url, "acme-shop", tmp_path / "visitor")
    yield visitor
    visitor.close()


def agent_says_hello(door: Door, visitor: Visitor) -> dict[str, Any]:
    """An agent's reply as the record gets it: planned, then sent. Its message and part."""
    fitted = example("media_fitted", "webchat-text-only", visitor)
    completed = example("delivery_completed", "webchat-two-parts", visitor)
    completed["data"]["parts"] = completed["data"]["parts"][:1]
    bodies = [json.dumps(one).encode() for one in (fitted, completed)]
    door.services.record.write([RecordedDelivery("event", body, decode(body)) for body in bodies], {})
    return {"message": fitted["data"]["message"], "part": fitted["data"]["parts"][0]["id"]}


def example(event: str, name: str, visitor: Visitor) -> dict[str, Any]:
    content = json.loads((EXAMPLES / event / "examples" / "v1" / f"{name}.json").read_text())
    content["data"] |= {"contact": visitor.contact, "conversation": visitor.conversation}
    return content


def test_what_a_visitor_sends_is_heard_with_its_file(door: Door, visitor: Visitor, tmp_path: Path) -> None:
    """The file is uploaded, the message posted, and its id is the one that the gateway gave."""
    (tmp_path / "crack.jpg").write_bytes(b"photo")
    message = visitor.send("It broke", [tmp_path / "crack.jpg"], client_message_id="1")
    [event] = door.events(1)
    document = msgspec.json.decode(event.data.body, type=VisitorMessage)
    assert (document.contact, document.text) == (visitor.contact, "It broke")
    assert [file.file_name for file in document.files] == ["crack.jpg"]
    assert visitor.send("It broke", client_message_id="2") != message


def test_an_agents_message_is_shown_and_acknowledged_once(door: Door, visitor: Visitor) -> None:
    """The first look shows it and posts a receipt; the second has no news and posts none."""
    assert visitor.look() == []
    sent = agent_says_hello(door, visitor)
    [message] = visitor.look(wait_seconds=5)
    assert (message.message, message.sender, message.text) == (sent["message"], "agent", "Hello!")
    [event] = door.events(1)
    receipt = msgspec.json.decode(event.data.body, type=VisitorReceipt)
    assert (receipt.part, receipt.status) == (sent["part"], "delivered")
    assert visitor.look() == []
    assert list(visitor.messages) == [sent["message"]]
    assert len(door.intake_rows()) == 1


def test_a_refusal_is_raised_with_the_gateways_sentence(visitor: Visitor) -> None:
    """A message without anything in it is refused."""
    with pytest.raises(VisitorRefused, match="neither text nor files") as refused:
        visitor.send()
    assert (refused.value.status, refused.value.code) == (422, "message_empty")


def test_a_webchat_that_does_not_exist_opens_no_session(door: Door, tmp_path: Path) -> None:
    """An unknown address is refused at once."""
    with pytest.raises(VisitorRefused, match="webchat_unknown"):
        Visitor(door.url, "nobody", tmp_path)
