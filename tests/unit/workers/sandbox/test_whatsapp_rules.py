"""What the loopback WhatsApp says no to."""

import pytest

from tests.clips import clip
from tests.images import encoded
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.phone import Fetched
from workers.sandbox.scene import paint
from workers.sandbox.whatsapp_rules import Asked, checked, checked_upload

JPEG = encoded(paint((64, 48)), "JPEG")


def asked(**changes):
    """A text; `changes` replace fields, and None takes one away."""
    whole = {"messaging_product": "whatsapp", "to": "14155550100", "type": "text", "text": {"body": "hi"}} | changes
    return {name: value for name, value in whole.items() if value is not None}


def test_a_send_by_the_book_passes():
    """Numbers get their plus back."""
    document = asked(type="image", text=None, image={"id": "7", "caption": "look"}, context={"message_id": "w"})
    assert checked(document) == Asked("+14155550100", "image", "look", "7", None, "w", None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"messaging_product": None}, 100),
        ({"to": None}, 131008),
        ({"recipient": "US.1"}, 131008),
        ({"to": "Kim"}, 131009),
        ({"recipient_type": "group"}, 131009),
        ({"type": "hologram"}, 131009),
        ({"text": None}, 100),
        ({"text": {"body": ""}}, 100),
        ({"text": {"body": "w" * 4097}}, 100),
        ({"colour": "blue"}, 100),
        ({"context": {"id": "w"}}, 100),
        ({"biz_opaque_callback_data": "x" * 513}, 100),
        ({"type": "image", "text": None, "image": {"link": "https://x"}}, 100),
        ({"type": "audio", "text": None, "audio": {"id": "1", "caption": "no"}}, 100),
        ({"type": "image", "text": None, "image": {"id": "1", "caption": "w" * 1025}}, 100),
        ({"type": "image", "text": None, "image": {"id": "1", "filename": "no"}}, 100),
        ({"type": "image", "image": {"id": "1"}}, 100),
    ],
)
def test_a_send_that_breaks_a_rule_is_refused(changes, code):
    """With the code that Meta gives."""
    with pytest.raises(GraphNo) as no:
        checked(asked(**changes))
    assert no.value.code == code


@pytest.mark.parametrize("document", [None, [], "text", 7, {}])
def test_nonsense_is_refused(document):
    """Whatever is posted."""
    with pytest.raises(GraphNo):
        checked(document)


@pytest.mark.parametrize(
    ("content", "media_type", "name", "code"),
    [
        (JPEG, "image/webp", "a.webp", 131053),
        (JPEG, "application/zip", "a.zip", 100),
        (JPEG, "image/png", "a.png", 131053),
        (JPEG, "image/jpeg", "a.pdf", 131053),
        (JPEG.ljust(5_000_001, b"\0"), "image/jpeg", "a.jpg", 131053),
        (clip("video/mp4").replace(b"avc1", b"mp4v"), "video/mp4", "a.mp4", 131053),
        (clip("audio/ogg").replace(b"OpusHead", b"vorbis??"), "audio/ogg", "a.ogg", 131053),
    ],
)
def test_an_upload_must_be_what_it_says(content, media_type, name, code):
    """Type, name, bytes and size."""
    form = {"messaging_product": "whatsapp", "type": media_type}
    with pytest.raises(GraphNo) as no:
        checked_upload(form, Fetched(media_type, content), name)
    assert no.value.code == code


@pytest.mark.parametrize(
    ("content", "media_type", "name"),
    [
        (JPEG, "image/jpeg", "a.jpg"),
        (b"plain words", "text/plain", "a.txt"),
        (clip("video/mp4"), "video/mp4", "a.mp4"),
        (clip("audio/ogg"), "audio/ogg", "a.ogg"),
    ],
)
def test_an_honest_upload_passes(content, media_type, name):
    """As it came."""
    file = Fetched(media_type, content)
    assert checked_upload({"messaging_product": "whatsapp", "type": media_type}, file, name) == file


@pytest.mark.parametrize("form", [{"type": "image/jpeg"}, {"messaging_product": "whatsapp"}])
def test_an_upload_needs_all_of_its_fields(form):
    """Also the type, which Meta's own sample leaves out."""
    with pytest.raises(GraphNo):
        checked_upload(form, Fetched("image/jpeg", JPEG), "a.jpg")
