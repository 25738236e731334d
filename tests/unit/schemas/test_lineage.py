"""Ids, correlation and causation follow from the parent."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from schemas.delivery_reported import DeliveryReported
from schemas.identity import root_id
from schemas.lineage import ForeignAccount, begin, follow, subject_of
from schemas.message_received import MessageReceived
from schemas.reply_requested import ReplyRequested

NOW = datetime(2026, 11, 22, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
REQUEST = ReplyRequested(account="acme", channel="sms", contact="+2", text="hi")
REPORT = DeliveryReported(channel="sms", provider="twilio", account="acme", external_id="SM1", status="sent")
MESSAGE = MessageReceived(
    channel="sms", account="acme", address="+1", contact="+2", external_id="MM1", conversation="c1", message="m1"
)
ROOT = begin(REQUEST, id="7", source="helpdesk", now=NOW)


def test_a_root_begins_a_journey_of_its_own() -> None:
    """Its name is derived from account, source and id, so the same root has the same journey."""
    assert ROOT.correlation_id == root_id("acme", "helpdesk", "7")
    assert ROOT.causation_id is None


def test_children_name_their_parent_and_share_its_journey() -> None:
    """From any event one can walk back to the door."""
    (child,) = follow(ROOT, [REPORT], source="trombone/x", now=NOW)
    (grandchild,) = follow(child, [REPORT], source="trombone/y", now=NOW)

    assert (child.causation_id, grandchild.causation_id) == (ROOT.id, child.id)
    assert {ROOT.correlation_id, child.correlation_id, grandchild.correlation_id} == {ROOT.correlation_id}
    assert (grandchild.subject, grandchild.source) == ("sms", "trombone/y")


def test_the_trace_context_is_passed_along() -> None:
    """A trace does not end at a queue."""
    traced = msgspec.structs.replace(ROOT, traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")

    assert follow(traced, [REPORT], source="s", now=NOW)[0].traceparent == traced.traceparent


def test_a_redelivery_gives_the_same_ids() -> None:
    """Time and place of the work do not matter: readers recognize the repetition."""
    first = follow(ROOT, [REPORT, MESSAGE], source="trombone/x", now=NOW)
    again = follow(ROOT, [REPORT, MESSAGE], source="trombone/x", now=LATER)

    assert [event.id for event in first] == [event.id for event in again]


def test_outputs_of_one_type_have_ids_of_their_own() -> None:
    """They are told apart by their order among their kind; another kind between them changes nothing."""
    plain = follow(ROOT, [REPORT, REPORT], source="s", now=NOW)
    mixed = follow(ROOT, [REPORT, MESSAGE, REPORT], source="s", now=NOW)

    assert len({event.id for event in mixed}) == 3
    assert [event.id for event in plain] == [mixed[0].id, mixed[2].id]


def test_roots_of_two_systems_with_the_same_id_have_different_children() -> None:
    """Upstream systems may both count from 1."""
    other = begin(REQUEST, id="7", source="another helpdesk", now=NOW)
    elsewhere = begin(msgspec.structs.replace(REQUEST, account="other"), id="7", source="helpdesk", now=NOW)
    children = [
        follow(root, [msgspec.structs.replace(REPORT, account=root.account)], source="s", now=NOW)[0]
        for root in (ROOT, other, elsewhere)
    ]

    assert len({child.id for child in children}) == 3


def test_an_output_for_another_account_is_a_bug() -> None:
    """No worker may carry one tenant's data to another."""
    with pytest.raises(ForeignAccount):
        follow(ROOT, [msgspec.structs.replace(REPORT, account="other")], source="s", now=NOW)


@pytest.mark.parametrize(
    ("conversation", "message", "expected"),
    [("c1", "m1", "c1/m1"), ("c1", None, "c1"), (None, "m1", "m1"), (None, None, "sms")],
)
def test_the_subject_says_what_is_known(conversation: str | None, message: str | None, expected: str) -> None:
    """Conversation and message, else at least the channel."""
    assert subject_of(msgspec.structs.replace(REPORT, conversation=conversation, message=message)) == expected


def test_two_webhooks_about_one_message_are_one_event() -> None:
    """A received message is named by its own id, whatever payload it came in and at which place."""
    (child,) = follow(ROOT, [MESSAGE], source="trombone/x", now=NOW)
    other_root = begin(REQUEST, id="8", source="helpdesk", now=NOW)
    *_, again = follow(other_root, [REPORT, MESSAGE], source="trombone/x", now=LATER)

    assert (child.id, child.correlation_id) == (again.id, "m1")
