"""Meta's payloads with any one value replaced: what comes out is an event that can be kept, or a plain no."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from ingest.incoming import Unparsable
from ingest.modules import ingest_module
from schemas.delivery_reported import DeliveryReported
from schemas.message_received import MessageReceived
from schemas.message_withdrawn import MessageWithdrawn
from tests.unit.ingest.payloads import FOLDER, payload
from workers.ingestor import received, reported, withdrawn

JUNK = [None, "", "x" * 600, "\x00", 0, -1, 10**30, 1.5, True, [], [[]], {}, {"id": 7}]
ADDRESSES = {"whatsapp": "+15550783881", "instagram": "17841405309211844"}
SAMPLES = [pytest.param(path.parent.name, path, id=f"{path.parent.name}-{path.stem}")
           for channel in ADDRESSES for path in sorted((FOLDER / channel).glob("*.json"))]  # fmt: skip


def spoiled(value: Any) -> Iterator[Any]:
    """The value with one place inside it replaced by junk, for every place and all of the junk."""
    yield from JUNK
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        for other in spoiled(inner):
            copy = value.copy()
            copy[key] = other
            yield copy


def kept(event: Any, kind: type[Any]) -> None:
    msgspec.json.decode(msgspec.json.encode(event), type=kind)


@pytest.mark.parametrize(("channel", "path"), SAMPLES)
def test_whatever_stands_in_a_payload_the_outcome_is_an_event_or_a_plain_no(channel, path):
    """Nothing else is raised, and every event is within the limits of its schema."""
    module = ingest_module(channel, "meta")
    written = msgspec.structs.replace(
        payload(channel, "meta", "https://door.example/hook", "application/json"), address=ADDRESSES[channel]
    )
    for document in spoiled(json.loads(path.read_bytes())):
        try:
            parsed = module.parse(written, json.dumps(document).encode())
        except Unparsable:
            continue
        for message in parsed.messages:
            kept(received(message, written), MessageReceived)
        for report in parsed.reports:
            kept(reported(report, written), DeliveryReported)
        for one in parsed.withdrawals:
            kept(withdrawn(one, written), MessageWithdrawn)
