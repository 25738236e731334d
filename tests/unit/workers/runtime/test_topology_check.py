"""What the plan alone tells about events that nobody works on."""

import pytest

from workers.runtime.topology import Binding, Exchange, Queue, Topology
from workers.runtime.topology_check import Problem, matches, unconsumed_events


@pytest.mark.parametrize(
    ("pattern", "key", "expected"),
    [
        ("a.b", "a.b", True),
        ("a.b", "a.c", False),
        ("a.*", "a.b", True),
        ("a.*", "a", False),
        ("a.*", "a.b.c", False),
        ("#", "", True),
        ("#", "a.b.c", True),
        ("a.#", "a", True),
        ("a.#", "a.b.c", True),
        ("a.#", "ab", False),
        ("#.c", "a.b.c", True),
        ("#.c", "c", True),
        ("a.#.c", "a.c", True),
        ("*.*.in", "x..in", True),
        ("a+.b", "aa.b", False),
    ],
)
def test_a_pattern_matches_as_in_a_topic_exchange(pattern, key, expected):
    """`*` is one word, `#` any number; other characters mean themselves."""
    assert matches(pattern, key) is expected


def test_an_event_that_only_the_record_takes_is_unconsumed():
    """The record binds everything, and works on nothing."""
    plan = Topology(
        [Exchange("events")],
        [
            Queue("record", [Binding("events", "#")]),
            Queue("fetch.sms", [Binding("events", "attachments_announced.*.inbound.sms.*")]),
        ],
    )
    sms = Binding("events", "attachments_announced.v1.inbound.sms.light")
    webchat = Binding("events", "attachments_announced.v1.inbound.webchat.light")
    assert unconsumed_events(plan, [sms, webchat], ignoring={"record"}) == [
        Problem("event_unconsumed", webchat.routing_key)
    ]


def test_a_binding_counts_only_on_the_exchange_of_the_event():
    """The same key on another exchange is another event."""
    plan = Topology([Exchange("events"), Exchange("other")], [Queue("work", [Binding("other", "#")])])
    event = Binding("events", "a.b")
    assert unconsumed_events(plan, [event], ignoring=()) == [Problem("event_unconsumed", "a.b")]
