"""Instagram through the whole pipeline, against a loopback Graph API."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from tests.clips import clip
from tests.integration.system import System, system
from tests.polling import eventually
from workers.sandbox.eyes import look
from workers.sandbox.instagram import SandboxInstagram
from workers.sandbox.scene import camera_scene

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"
TOKEN, SECRET = token_hex(16), token_hex(16)


@pytest.fixture(scope="module", params=["instagram login", "facebook login"])
def place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[System, SandboxInstagram]]:
    """One system for all tests of a login; each test has a customer of its own."""
    folder = tmp_path_factory.mktemp("instagram")
    page = "110304258111852" if request.param == "facebook login" else None
    made: list[SandboxInstagram] = []

    def providers(url: str) -> dict[str, SandboxInstagram]:
        hook = f"{url}/webhooks/instagram/meta"
        made.append(SandboxInstagram(TOKEN, SECRET, hook, folder / "customers", page_id=page))
        return {"instagram": made[0]}

    with system(folder, providers) as running:
        yield running, made[0]
        assert made[0].alerts == ()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    contents = {
        "photo.jpg": camera_scene((1600, 1200), orientation=6),
        "größe.jpg": camera_scene((800, 600), seed=2),
        "film.mp4": clip("video/mp4"),
        "voice.m4a": clip("audio/mp4"),
        "manual.pdf": PDF,
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents}


def thread(running: System, contact: str) -> list[dict[str, Any]]:
    for conversation in running.helpdesk.conversations():
        if conversation["contact"] == contact:
            return list(running.helpdesk.thread(conversation["conversation"])["messages"])
    return []


def test_what_a_customer_sends_shows_in_the_thread(
    place: tuple[System, SandboxInstagram], files: dict[str, Path]
) -> None:
    """Image, video, audio and file in one message with its words, in order; types are found out."""
    running, instagram = place
    sent = [files[name] for name in ("photo.jpg", "film.mp4", "voice.m4a", "manual.pdf")]
    instagram.network.webhook.copies = 2
    instagram.customer_sends("1001", "It came broken", sent)
    instagram.network.webhook.copies = 1

    (message,) = running.shown_from("1001")
    assert message["text"] == "It came broken"
    assert [one["mime"].partition("/")[0] for one in message["attachments"]] == [
        "image",
        "video",
        "audio",
        "application",
    ]
    assert [running.helpdesk.download(one["url"]) for one in message["attachments"]] == [
        path.read_bytes() for path in sent
    ]
    assert look(running.helpdesk.download(message["attachments"][0]["thumbnail_url"])).bright_side == "top"


def test_what_an_agent_sends_arrives_and_is_seen(
    place: tuple[System, SandboxInstagram], files: dict[str, Path]
) -> None:
    """Both pictures together, video, audio and file alone, the words last; the echo is not a customer's message."""
    running, instagram = place
    instagram.customer_sends("1002", "hello")
    names = ("photo.jpg", "größe.jpg", "film.mp4", "voice.m4a", "manual.pdf")
    message = running.seen(running.reply("instagram", "1002", "Here they are", *[files[n] for n in names]), "read")

    received = instagram.customer("1002").received
    assert [(one.text, len(one.files)) for one in received] == [
        ("", 2),
        ("", 1),
        ("", 1),
        ("", 1),
        ("Here they are", 0),
    ]
    assert all(look(file.path.read_bytes()).bright_side == "top" for file in received[0].files)
    assert {part["state"] for part in message["parts"]} == {"read"}
    assert (len(thread(running, "1002")), instagram.rejections) == (2, ())


def test_a_story_is_a_link_and_nothing_of_it_is_kept(
    place: tuple[System, SandboxInstagram], files: dict[str, Path]
) -> None:
    """The agent sees where to look at it."""
    running, instagram = place
    instagram.customer_mentions_us("1003", files["photo.jpg"])

    def reason() -> dict[str, Any] | None:
        messages = thread(running, "1003")
        found = messages[0]["attachments"][0].get("reason") if messages and messages[0]["attachments"] else None
        return dict(found) if found else None

    told = eventually(reason, within=20)
    assert told is not None
    assert told["code"] == "story_not_kept"
    assert "/ig_messaging_cdn/" in told["sentence"]


def test_a_closed_window_is_told_to_the_agent(place: tuple[System, SandboxInstagram]) -> None:
    """Nobody can be written to who has not written."""
    running, _ = place
    message = running.seen(running.reply("instagram", "1004", "still there?"), "failed")
    assert message["reason"]["code"] == "provider_10_2534022"


def test_a_message_that_was_unsent_is_marked(place: tuple[System, SandboxInstagram]) -> None:
    """The agent knows that the customer took it back."""
    running, instagram = place
    mid = instagram.customer_sends("1005", "by mistake")
    running.shown_from("1005")
    instagram.customer_does("1005", message={"mid": mid, "is_deleted": True})
    assert eventually(lambda: thread(running, "1005")[0]["state"] == "withdrawn", within=20)


def test_only_meta_itself_is_heard(place: tuple[System, SandboxInstagram]) -> None:
    """The handshake works."""
    _, instagram = place
    assert instagram.subscribe()
