"""What the loopback Instagram says no to."""

import pytest

from workers.sandbox.instagram_rules import Asked, Attached, checked
from workers.sandbox.meta_rules import GraphNo

CUSTOMER = "1378293643217"


def attached(kind, url="https://x.example/a"):
    return {"type": kind, "payload": {"url": url}}


def asked(message, **more):
    return {"recipient": {"id": CUSTOMER}, "message": message} | more


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (asked({"text": "ä" * 500}), Asked(CUSTOMER, "ä" * 500, (), False)),
        (
            asked({"attachments": [attached("image")]}),
            Asked(CUSTOMER, "", (Attached("image", "https://x.example/a"),), False),
        ),
        (
            asked({"attachment": attached("video")}),
            Asked(CUSTOMER, "", (Attached("video", "https://x.example/a"),), False),
        ),
        (
            asked({"text": "hi"}, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT"),
            Asked(CUSTOMER, "hi", (), True),
        ),
    ],
)
def test_a_send_by_the_book_passes(document, expected):
    """Words or files."""
    assert checked(document) == expected


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        asked(None),
        asked({}),
        asked({"text": ""}),
        asked({"text": "ä" * 501}),
        asked({"text": "hi", "attachment": attached("image")}),
        asked({"attachments": []}),
        asked({"attachments": 7}),
        asked({"attachments": [attached("image")] * 11}),
        asked({"attachments": [attached("video")]}),
        asked({"attachment": attached("hologram")}),
        asked({"attachment": attached("image", "https://x.example/größe")}),
        asked({"attachment": {"type": "image", "payload": {"attachment_id": "1"}}}),
        asked({"text": "hi"}, recipient={"id": CUSTOMER, "name": "Kim"}),
        asked({"text": "hi"}, messaging_type="UPDATE"),
        asked({"text": "hi"}, tag="HUMAN_AGENT"),
        asked({"text": "hi"}, colour="blue"),
    ],
)
def test_a_send_that_breaks_a_rule_is_refused(document):
    """As a parameter that is wrong."""
    with pytest.raises(GraphNo) as no:
        checked(document)
    assert no.value.code == 100
