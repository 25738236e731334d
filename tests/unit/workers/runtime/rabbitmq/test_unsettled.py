"""Which acks may cover more than one delivery."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.runtime.broker import Delivery
from workers.runtime.rabbitmq.unsettled import Taken, Unsettled


def unsettled(*tags):
    channel = Unsettled()
    for tag in tags:
        channel.add(Taken(Delivery("q", "e", "k", b"", None, {}, False), tag, channel))
    return channel


@pytest.mark.parametrize(
    ("open_tags", "done", "expected"),
    [
        ([1, 2, 3], [1, 2, 3], [(3, True)]),
        ([1, 2, 3], [2, 1], [(2, True)]),
        ([1, 2, 3], [1], [(1, False)]),
        ([1, 2, 3], [2, 3], [(2, False), (3, False)]),
        ([1, 2, 3, 4], [1, 2, 4], [(2, True), (4, False)]),
        ([2, 3], [3, 2], [(3, True)]),
        ([1], [7], []),
        ([1], [], []),
    ],
)
def test_multiple_is_used_for_the_oldest_without_a_gap_only(open_tags, done, expected):
    """An ack with `multiple` covers every tag before it."""
    assert unsettled(*open_tags).settle(done) == expected


@given(st.lists(st.sets(st.integers(1, 30)), max_size=8))
def test_acks_cover_exactly_what_is_done(rounds):
    """Played against a broker that does what acks say: never one too many, never one too few."""
    channel, at_broker, done_so_far = unsettled(*range(1, 31)), set(range(1, 31)), set()
    for done in rounds:
        for tag, multiple in channel.settle(done):
            at_broker -= {one for one in at_broker if one == tag or (multiple and one < tag)}
        done_so_far |= done
        assert at_broker == set(range(1, 31)) - done_so_far
        assert len(channel) == len(at_broker)


def test_a_delivery_is_removed_once():
    """A delivery with two failed outputs is requeued once."""
    channel = unsettled(1)
    assert [channel.remove(1), channel.remove(1)] == [True, False]
