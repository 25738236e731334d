"""Doubts end: by the provider's own report, or by what an agent says."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.reason import Reason
from tests.outbound import answer, frozen, name_of, plan, report, sending_bench, states
from tests.workbench import Bench, Counting, begun, settings
from workers.deliverer import worker
from workers.runtime.database import DatabaseUnavailable
from workers.sandbox.faults import Fault


@pytest.fixture
def on(tmp_path, decoder, twilio) -> Iterator[Bench]:
    with sending_bench(tmp_path, decoder, settings(twilio.api_url, twilio.fetch_allow)) as made:
        yield made


@pytest.fixture
def doubt(on, twilio):
    """Two parts; of the first nobody knows whether it left (it did not), so the second did not leave."""
    media = frozen(on, plan("first", "second"))
    twilio.fault(Fault.RESET)
    assert states(on.run(worker, media).only(DeliveryInDoubt)) == ["in_doubt", "not_sent"]
    return media


def bodies(twilio):
    return [one.asked.body for one in twilio.sent]


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "read"])
def test_a_report_ends_a_doubt_and_the_rest_leaves(on, twilio, doubt, status):
    """The provider has it after all, under the id that it now tells."""
    completed = on.run(worker, report(doubt, status, "SM9")).only(DeliveryCompleted)
    assert [(part.state, part.external_id) for part in completed.parts] == [
        ("accepted", "SM9"),
        ("accepted", twilio.sent[0].sid),
    ]
    assert bodies(twilio) == ["second"]


def test_a_report_of_a_failure_ends_a_doubt_too(on, twilio, doubt):
    """With the provider's own reason; nothing after it leaves."""
    why = Reason(code="provider_30003", sentence="The customer's phone is switched off.")
    failed = on.run(worker, report(doubt, "failed", reason=why)).only(DeliveryFailed)
    assert (states(failed), failed.reason) == (["refused", "not_sent"], why)
    assert bodies(twilio) == []


def test_a_report_about_what_is_known_says_nothing_new(on, twilio):
    """The ordinary case: the thread has it from the report itself."""
    media = frozen(on, plan("hi"))
    on.run(worker, media)
    for status in ("sent", "delivered", "read", "failed", "on_its_way"):
        assert on.run(worker, report(media, status, twilio.sent[0].sid)).data == []


def test_a_report_that_is_faster_than_the_answer_settles_the_claim(on, twilio):
    """Whoever is sending finds it accepted, and nobody else speaks for it meanwhile."""
    media = frozen(on, plan("hi"))
    on.ledger.claim(name_of(media), lease_seconds=90)
    assert on.run(worker, report(media, "sent", "SM9")).data == []
    assert on.run(worker, media).only(DeliveryCompleted).parts[0].external_id == "SM9"
    assert bodies(twilio) == []


def test_a_report_from_another_conversation_ends_nothing(on, doubt):
    """A visitor may name any part; only those of the own conversation count."""
    said = report(doubt, "delivered")
    elsewhere = type(said)(
        **{name: getattr(said, name) for name in said.__struct_fields__ if name != "conversation"}, conversation="c2"
    )
    assert on.run(worker, elsewhere).data == []
    assert on.run(worker, doubt).only(DeliveryInDoubt)


def test_a_report_waits_for_the_database(on, doubt, monkeypatch):
    """However long it is away. One that is slow for the whole ladder leaves the doubt to an agent, links set aside."""
    problem = DatabaseUnavailable("database_unavailable", "gone")

    def failing(*_args):
        raise problem

    on.ledger = Counting(on.ledger)
    monkeypatch.setattr(on.ledger, "find", failing, raising=False)
    asks_for_links = report(doubt, "failed", falls_back=True)
    assert [on.run(worker, report(doubt, "sent"), attempt=n).retry[0] for n in (0, 6)] == ["database_unavailable"] * 2
    assert on.run(worker, asks_for_links, attempt=6).retry[0] == "database_unavailable"
    problem = DatabaseUnavailable("database_slow", "a lock", away=False)
    assert on.run(worker, report(doubt, "sent"), attempt=6).data == []
    assert on.run(worker, asks_for_links, attempt=6).dead == "database_slow"


def test_an_agent_says_that_it_arrived(on, twilio, doubt):
    """Nothing is sent again, and the rest leaves."""
    completed = on.run(worker, answer(doubt, "arrived")).only(DeliveryCompleted)
    assert states(completed) == ["accepted", "accepted"]
    assert bodies(twilio) == ["second"]


def test_an_agent_has_it_sent_again(on, twilio, doubt):
    """The second attempt, and then the rest."""
    completed = on.run(worker, answer(doubt, "send_again")).only(DeliveryCompleted)
    assert [(part.state, part.attempt) for part in completed.parts] == [("accepted", 2), ("accepted", 1)]
    assert bodies(twilio) == ["first", "second"]


def test_an_answer_counts_once(on, twilio, doubt):
    """Even when what it led to is in doubt again."""
    again = begun(answer(doubt, "send_again"), "click-1")
    twilio.fault(Fault.RESET)
    assert on.run(worker, again).only(DeliveryInDoubt).parts[0].attempt == 2
    assert on.run(worker, again).only(DeliveryInDoubt).parts[0].attempt == 2
    assert bodies(twilio) == []
    another = begun(answer(doubt, "send_again"), "click-2")
    assert on.run(worker, another).only(DeliveryCompleted).parts[0].attempt == 3


@pytest.mark.parametrize("word", ["arrived", "send_again"])
def test_an_answer_that_comes_too_late_changes_nothing(on, twilio, doubt, word):
    """The provider's report was faster."""
    completed = on.run(worker, report(doubt, "delivered", "SM9")).data
    assert on.run(worker, answer(doubt, word)).data == completed
    assert bodies(twilio) == ["second"]


def test_who_has_it_sent_again_wants_it_now(on, twilio, doubt):
    """The reply itself has expired while the agent slept."""
    on.clock.at += timedelta(days=2)
    asked = begun(answer(doubt, "send_again"))
    late = type(asked)(
        **{name: getattr(asked, name) for name in asked.__struct_fields__ if name != "time"}, time=on.clock.at
    )
    assert states(on.run(worker, late).only(DeliveryCompleted)) == ["accepted", "accepted"]
    assert bodies(twilio) == ["first", "second"]


@pytest.mark.parametrize(("word", "sent"), [("arrived", []), ("send_again", ["hi"])])
def test_a_part_that_nobody_could_even_claim_is_answered_too(on, twilio, word, sent):
    """The ledger was away for the whole ladder, which is a doubt as well."""
    media = frozen(on, plan("hi"))
    assert states(on.run(worker, answer(media, word)).only(DeliveryCompleted)) == ["accepted"]
    assert bodies(twilio) == sent


@pytest.mark.parametrize(
    ("said", "reason"),
    [({"part": "p9"}, "part_unknown"), ({"message": "m9"}, "part_unknown"), ({"conversation": "c9"}, "part_unknown")],
)
def test_an_answer_about_nothing_is_a_dead_letter(on, doubt, said, reason):
    """Upstream systems hear what was wrong with it."""
    assert on.run(worker, answer(doubt, "arrived", **said)).dead == reason


def test_an_answer_that_nobody_understands_is_a_dead_letter(on, doubt):
    """It may be one of a newer version."""
    assert on.run(worker, answer(doubt, "perhaps")).dead == "answer_unknown"
