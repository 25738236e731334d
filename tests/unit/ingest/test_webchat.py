"""What the gateway writes down for a visitor, and what it becomes."""

import msgspec
import pytest

from ingest import webchat
from ingest.incoming import ChannelAccount, InboundMessage, Report, Request, Unparsable
from ingest.webchat import VisitorFile, VisitorMessage, VisitorReceipt
from schemas.attachment import Source
from schemas.message_received import FileAnnounced
from tests.unit.ingest.payloads import payload

PAYLOAD = payload("webchat", "webchat", "https://door.example/webchat/messages", "application/json")


def parse(document):
    return webchat.parse(PAYLOAD, msgspec.json.encode(document))


def test_a_message_with_a_file():
    """Uploads become object keys of the payload's own account."""
    document = VisitorMessage(
        address="acme-shop",
        contact="visitor1",
        client_message_id="c1",
        text="It is broken",
        files=[VisitorFile(upload="u1", file_name="a.jpg", media_type="image/jpeg", alt_text="a crack")],
    )
    assert parse(document).messages == [
        InboundMessage(
            external_id="visitor1:c1",
            address="acme-shop",
            contact="visitor1",
            text="It is broken",
            files=[
                FileAnnounced(
                    source=Source(object_key="quarantine/acme/uploads/u1"),
                    file_name="a.jpg",
                    declared_media_type="image/jpeg",
                    alt_text="a crack",
                )
            ],
        )
    ]


def test_two_visitors_may_choose_the_same_id():
    """A browser's id counts for its own visitor alone."""
    first, second = (
        parse(VisitorMessage(address="a", contact=contact, client_message_id="1", text="hi")).messages[0].external_id
        for contact in ("v1", "v2")
    )
    assert first != second


def test_a_receipt_reports_on_our_part():
    """What the visitor's page showed becomes a report on the part by our own token."""
    document = VisitorReceipt(address="a", contact="v1", conversation="c1", message="m1", part="p1", status="read")
    assert parse(document).reports == [
        Report(external_id="p1", status="read", conversation="c1", message="m1", part="p1")
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"kind":"message"}', b'{"kind":"order"}', b"\xff"])
def test_nonsense_is_unparsable(body):
    """Nothing but the two documents is understood."""
    with pytest.raises(Unparsable):
        webchat.parse(PAYLOAD, body)


def test_no_webhook_ever_speaks_for_a_visitor():
    """Webchat has no provider: a call of its webhook is for nobody and proves nothing."""
    account = ChannelAccount("acme", "webchat", "webchat", "acme-shop", "", {})
    request = Request("POST", "https://door.example/webhooks/webchat/webchat", {}, b"{}")
    assert (webchat.candidates(request, [account]), webchat.verify(request, account)) == ([], False)
