"""Derived ids: the same cause gives the same id, and no two causes share one."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import identity

KINDS = [
    identity.inbound_message_id,
    identity.root_id,
    lambda a, b, c: identity.conversation_id(a, b, c, "x"),
    lambda a, b, c: identity.event_id(a, b, len(c)),
]


def test_ids_are_what_they_were_when_released() -> None:
    """A changed derivation would send every replayed message twice."""
    assert identity.root_id("acme", "https://helpdesk.example/eu", "1") == "7147317e-2c43-53f1-8752-46eed9e25cb4"
    assert identity.inbound_message_id("acme", "sms", "MM1") == "97f7ffc9-e843-57fe-a8fc-2b9e46d09b05"
    assert identity.conversation_id("acme", "sms", "+1", "+2") == "66b97fc3-ae8a-5304-82e5-8bee9f76540b"
    assert identity.attachment_id("m", 0) == "d36faff9-024d-52e0-9dd7-d1e2fc5e550c"
    assert identity.part_id("m", 0) == "64390df9-d1f1-58a9-8f68-350142047137"
    assert identity.event_id("p", "media_stored", 0) == "8ae8f1a9-bc1c-52c6-8633-4a75851a11bb"


def test_an_id_is_a_uuid_of_version_5() -> None:
    """Anybody can compute it with a standard library."""
    assert UUID(identity.attachment_id("m", 3)).version == 5


def test_kinds_of_ids_never_meet() -> None:
    """A message and a part of the same words are two things."""
    assert identity.attachment_id("m", 0) != identity.part_id("m", 0)
    assert identity.inbound_message_id("a", "b", "c") != identity.root_id("a", "b", "c")


@pytest.mark.parametrize("derive", KINDS)
@given(
    st.tuples(st.text("ab:1", max_size=4), st.text("ab:1", max_size=4), st.text("ab:1", max_size=4)),
    st.tuples(st.text("ab:1", max_size=4), st.text("ab:1", max_size=4), st.text("ab:1", max_size=4)),
)
def test_the_border_between_two_parts_cannot_be_moved(derive, one, other) -> None:
    """("a", "bc") and ("ab", "c") are different, whatever separators an outsider writes into them."""
    if derive is KINDS[3]:
        one, other = (*one[:2], "x" * len(one[2])), (*other[:2], "x" * len(other[2]))

    assert (derive(*one) == derive(*other)) == (one == other)
