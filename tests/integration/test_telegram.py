"""A sixth channel through the whole pipeline: what a module in, a module out and a block of YAML are enough for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.system import System, system
from tests.telegram_bot_api import BotApi
from workers.sandbox.eyes import look
from workers.sandbox.scene import camera_scene

CHAT = 4711
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n%%EOF\n"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[System, BotApi]]:
    made: list[BotApi] = []

    def providers(url: str) -> dict[str, BotApi]:
        made.append(BotApi(f"{url}/webhooks/telegram/telegram"))
        return {"telegram": made[0]}

    with system(tmp_path, providers) as running:
        yield running, made[0]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(camera_scene((1600, 1200), orientation=6))
    return path


def test_a_customers_photo_and_document_show_in_the_thread(place: tuple[System, BotApi], photo: Path) -> None:
    """The photo in its largest size with its caption and a thumbnail, the document under its name."""
    running, telegram = place
    document = photo.with_name("invoice.pdf")
    document.write_bytes(PDF)
    small, large = telegram.keep(document), telegram.keep(photo)
    sizes = [{"file_id": small, "file_size": 10}, {"file_id": large, "file_size": photo.stat().st_size}]
    file = {"file_id": telegram.keep(document), "file_name": "invoice.pdf", "mime_type": "application/pdf"}

    assert telegram.customer_sends(CHAT, photo=sizes, caption="It came broken") == 200
    assert telegram.customer_sends(CHAT, document=file) == 200

    first, second = running.shown_from(str(CHAT), 2)
    assert (first["text"], first["contact_name"]) == ("It came broken", "Kim")
    assert running.helpdesk.download(first["attachments"][0]["url"]) == photo.read_bytes()
    assert look(running.helpdesk.download(first["attachments"][0]["thumbnail_url"])).bright_side == "top"
    assert [(one["file_name"], one["mime"]) for one in second["attachments"]] == [("invoice.pdf", "application/pdf")]


def test_an_agents_photo_and_document_reach_the_chat(place: tuple[System, BotApi], photo: Path) -> None:
    """One message each, the words as the first one's caption; the photo is upright and tells no place."""
    running, telegram = place
    document = photo.with_name("manual.pdf")
    document.write_bytes(PDF)

    message = running.reply("telegram", str(CHAT), "This is the part", photo, document)

    shown = running.seen(message, "sent")
    (method, caption, image), (second, words, pdf) = telegram.received[str(CHAT)]
    assert (method, caption, second, words, pdf) == ("sendPhoto", "This is the part", "sendDocument", "", PDF)
    assert image is not None
    assert (look(image).bright_side, look(image).has_metadata) == ("top", False)
    assert [part["state"] for part in shown["parts"]] == ["sent", "sent"]


def test_a_throttled_send_waits_and_a_blocked_bot_is_told(place: tuple[System, BotApi], photo: Path) -> None:
    """429 with its retry_after is tried again; 403 ends with a sentence and Telegram's own words."""
    running, telegram = place
    telegram.failures.append(
        (429, {"ok": False, "error_code": 429, "description": "slow", "parameters": {"retry_after": 1}})
    )
    running.seen(running.reply("telegram", str(CHAT), "again", photo), "sent")
    blocked = {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}
    telegram.failures.append((403, blocked))
    failed = running.seen(running.reply("telegram", str(CHAT), "hello?"), "failed")
    assert (failed["reason"]["code"], failed["reason"]["provider_text"]) == ("provider_403", blocked["description"])
    assert len(telegram.received[str(CHAT)]) == 1


def test_a_wrong_secret_reaches_no_queue_and_a_repetition_is_one_message(place: tuple[System, BotApi]) -> None:
    """Telegram tries again until it hears 200; what it says twice is shown once."""
    running, telegram = place
    update = {
        "update_id": 1,
        "message": {"message_id": 7, "date": 1_800_000_000, "chat": {"id": CHAT, "type": "private"}, "text": "hello"},
    }
    assert telegram.repeats(update, secret="wrong") == 403
    assert [telegram.repeats(update) for _ in range(2)] == [200, 200]
    assert telegram.customer_sends(CHAT, text="second") == 200
    assert [one["text"] for one in running.shown_from(str(CHAT), 2)] == ["hello", "second"]
