"""Telegram's updates, from `tests/payloads/telegram/`."""

import msgspec
import pytest

from ingest import telegram
from ingest.incoming import ChannelAccount, Get, Got, Request, Unparsable
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from schemas.reason import Refused
from tests.unit.ingest.payloads import payload, read

URL = "https://door.example/webhooks/telegram/telegram"
CREDENTIALS = {"bot_token": "1:abc", "secret_token": "hush"}
BOT = ChannelAccount("acme", "telegram", "telegram", "acme_help_bot", "https://api.telegram.org", CREDENTIALS)


def parse(name):
    addressed = msgspec.structs.replace(payload("telegram", "telegram", URL, "application/json"), address=BOT.address)
    return telegram.parse(addressed, read("telegram", f"{name}.json"))


def only(name):
    (message,) = parse(name).messages
    return message


def told(secret):
    return Request("POST", URL, {"x-telegram-bot-api-secret-token": secret} if secret is not None else {}, b"{}")


def test_a_text_names_its_chat_and_who_wrote():
    """The chat is the contact: that is where answers go. Telegram counts messages per chat."""
    message = only("text")
    assert (message.external_id, message.contact, message.contact_name) == ("4711:7", "4711", "Kim Doe")
    assert (message.text, message.address, message.files) == ("Grüße 👋", "acme_help_bot", [])
    assert message.sent_at is not None


def test_of_a_photo_the_largest_size_is_taken():
    """Telegram offers several of the same picture."""
    message = only("photo_with_caption")
    assert (message.text, message.files) == ("look", [FileAnnounced(source=Source(reference="large"))])


@pytest.mark.parametrize(
    ("name", "reference", "role"),
    [("voice_note", "v", "voice"), ("sticker", "s", "sticker"), ("animation_comes_as_a_document_too", "a", None)],
)
def test_each_kind_of_file_is_one_file(name, reference, role):
    """An animation comes under two names and is still one file."""
    (file,) = only(name).files
    assert (file.source.reference, file.role) == (reference, role)


def test_what_telegram_does_not_hand_out_is_told_before_anybody_asks_for_it():
    """Bots get 20 MB at most; the card says what to do."""
    message = only("document_over_20_mb")
    (missing,) = message.missing
    assert message.files == []
    assert (missing.file_name, missing.reason.code) == ("film.zip", "too_large_for_provider")
    assert (missing.reason.actual, missing.reason.limit) == (20_000_001, 20_000_000)


@pytest.mark.parametrize(("name", "text"), [("location", "48.858300, 2.294500"), ("contact", "Lou: +33123456789")])
def test_what_is_no_file_is_said_in_words(name, text):
    """An agent reads it in the thread."""
    assert only(name).text == text


def test_an_answer_names_what_it_answers():
    """In the same spelling as that message's own id."""
    assert only("reply_to_another_message").in_reply_to == "4711:5"


def test_a_date_that_no_calendar_has_costs_nothing():
    """The message is shown without it."""
    assert (only("a_date_far_away").text, only("a_date_far_away").sent_at) == ("hi", None)


def test_other_updates_are_nothing_to_show():
    """Edits and reactions come too."""
    assert parse("edited_message").messages == ()


def test_what_is_no_update_is_said_to_be_none():
    """A dead letter with a reason, not a crash."""
    with pytest.raises(Unparsable):
        parse("not_an_update")


@pytest.mark.parametrize(
    ("secret", "proven"), [("hush", True), ("wrong", False), ("", False), (None, False), ("h\u00fcsh", False)]
)
def test_only_the_secret_proves_the_sender(secret, proven):
    """Telegram signs nothing: the secret of setWebhook comes back as it was given."""
    assert telegram.verify(told(secret), BOT) == proven


def test_without_a_secret_of_our_own_nobody_is_believed():
    """An empty secret must not match an empty header."""
    bare = ChannelAccount("acme", "telegram", "telegram", BOT.address, BOT.api_url, {"bot_token": "1:abc"})
    assert not telegram.verify(told(""), bare)


def test_a_get_is_for_nobody():
    """Telegram posts."""
    assert telegram.candidates(Request("GET", URL, {}, b""), [BOT]) == []


def test_a_file_is_asked_for_and_fetched_in_one_go():
    """The path lives an hour, so it is never kept."""
    steps = telegram.download(Source(reference="id/1"), BOT)
    assert next(steps) == Get("https://api.telegram.org/bot1:abc/getFile?file_id=id%2F1")
    with pytest.raises(StopIteration) as end:
        steps.send(Got(200, {}, b'{"ok":true,"result":{"file_path":"photos/a b.jpg"}}'))
    assert end.value.value == Get("https://api.telegram.org/file/bot1:abc/photos/a%20b.jpg")


def test_a_file_that_telegram_lost_is_refused_with_a_sentence():
    """`ok` without a path, or no JSON at all."""
    steps = telegram.download(Source(reference="x"), BOT)
    next(steps)
    with pytest.raises(Refused):
        steps.send(Got(200, {}, b'{"ok":false}'))
