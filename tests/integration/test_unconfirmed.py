"""Sent, unconfirmed, through the whole system: a page that is closed tells nothing until it is opened again."""

from pathlib import Path

import yaml

from tests.integration.system import JOURNEY_SECONDS, system
from tests.polling import eventually
from workers.runtime.books import Page, audit
from workers.sandbox.scene import camera_scene
from workers.sandbox.visitor import Visitor
from workers.sandbox.webchat import SandboxWebchat

SHOP = "demo-shop"
CHANNELS = Path(__file__).parents[2] / "config" / "channels.yaml"


def impatient(folder: Path) -> Path:
    """A folder of settings in which a page has a second to tell."""
    channels = yaml.safe_load(CHANNELS.read_text())
    channels["webchat"]["webchat"]["outbound"]["receipt_within_seconds"]["value"] = 1
    folder.mkdir()
    (folder / "channels.yaml").write_text(yaml.safe_dump(channels))
    return folder


def test_a_reply_without_its_receipt_is_seen_and_a_late_one_still_counts(tmp_path: Path):
    """In the thread, in the ticket's list and in the books; then the customer comes back, and it is delivered."""
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(camera_scene((320, 240)))
    config = impatient(tmp_path / "config")
    with system(
        tmp_path, lambda url: {"webchat": SandboxWebchat(url, tmp_path, address=SHOP)}, config=config, sweep_seconds=0.2
    ) as place:
        visitor = Visitor(place.url, SHOP, tmp_path / "visitor")
        visitor.send("Is it in stock?")
        message = place.reply("webchat", visitor.contact, "It is.", photo)

        def page() -> Page:
            return next(
                one for one in audit(place.ports.database, place.ports.clock).pages if one.direction == "outbound"
            )

        missed = place.seen(message, "unconfirmed")
        [listed] = [one for one in place.helpdesk.conversations() if one["contact"] == visitor.contact]
        assert {one["state"] for one in (*missed["parts"], *missed["attachments"], listed["last"])} == {"unconfirmed"}
        assert missed["reason"]["code"] == "receipt_overdue"
        assert (page().received, page().unconfirmed, page().gap) == (1, 1, 0)

        [shown] = [one for one in visitor.look() if one.sender == "agent"]
        assert shown.text == "It is."
        place.seen(message, "delivered")
        eventually(lambda: (page().unconfirmed, page().delivered) == (0, 1), within=JOURNEY_SECONDS)
        visitor.close()
