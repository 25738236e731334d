"""Finding events by folder."""

from typing import ClassVar

import schemas
from schemas.event import EventData
from schemas.registry import Contract, Registry


class Third(EventData, frozen=True, kw_only=True):
    event_type: ClassVar[str] = "third"
    version: ClassVar[int] = 3


def test_the_products_events_are_found_by_folder() -> None:
    """Adding an event is adding a folder."""
    found = Registry.found_in(schemas)

    assert len(found.contracts()) == 17
    assert found["media_stored"].newest.__name__ == "MediaStored"
    assert "media_lost" not in found


def test_only_an_unbroken_chain_of_casts_counts() -> None:
    """A version from which no way leads to today is not live."""
    same = dict
    gap = Contract(Third, upcasts={1: same}, downcasts={2: same})
    whole = Contract(Third, upcasts={1: same, 2: same}, downcasts={3: same})

    assert (list(gap.readable()), list(gap.writable())) == ([3], [3])
    assert (list(whole.readable()), list(whole.writable())) == ([1, 2, 3], [2, 3])


def test_casts_are_applied_one_version_at_a_time() -> None:
    """Nobody writes a cast over two versions."""
    contract = Contract(
        Third,
        upcasts={1: lambda data: data | {"way": "1"}, 2: lambda data: data | {"way": data["way"] + "2"}},
        downcasts={3: lambda data: data | {"back": "3"}, 2: lambda data: data | {"back": data["back"] + "2"}},
    )

    assert contract.upcast({}, 1) == {"way": "12"}
    assert contract.downcast({}, 1) == {"back": "32"}
    assert contract.upcast({}, 3) == {}


def test_only_lists_of_attachments_carry_unknown_fields() -> None:
    """An event's `attachments` may also be mere ids, or missing."""
    found = Registry.found_in(schemas)

    assert found["payload_received"].attachment_fields is None
    assert {"id", "etag"} <= (found["media_stored"].attachment_fields or set())
    assert "extra" not in (found["media_stored"].attachment_fields or set())
