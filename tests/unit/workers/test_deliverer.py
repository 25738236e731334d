"""The deliverer: the plan is executed part by part, each part at most once."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from deliver.outgoing import Receipt
from schemas import identity
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from tests.outbound import PHOTO, frozen, name_of, plan, sending_bench, states
from tests.polling import eventually
from tests.workbench import ACCOUNT, CUSTOMER, LATER, NOW, Bench, Counting, greeting, settings
from workers.deliverer import worker
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.ledger import Claim
from workers.runtime.objects import StoreUnavailable
from workers.runtime.settings import Settings
from workers.sandbox.faults import Fault
from workers.sandbox.twilio import SandboxTwilio
from workers.sandbox.whatsapp import SandboxWhatsApp

OPTED_OUT = "+15005550004"
PARTS = [identity.part_id("m1", index) for index in range(3)]


@pytest.fixture
def on(tmp_path, decoder, twilio) -> Iterator[Bench]:
    with sending_bench(tmp_path, decoder, settings(twilio.api_url, twilio.fetch_allow)) as made:
        yield made


def bodies(twilio: SandboxTwilio) -> list[str]:
    return [one.asked.body for one in twilio.sent]


def claim(on: Bench, part: int = 0) -> Claim:
    """Another deliverer is about to send the part."""
    standing = on.ledger.claim(name_of(plan("", "", ""), part), lease_seconds=on.settings.endpoints.lease_seconds)
    assert isinstance(standing, Claim)
    return standing


def test_two_parts_leave_in_order(on, twilio):
    """Each has the provider's own id, and the time at which it was taken."""
    completed = on.run(worker, plan("first", "second")).only(DeliveryCompleted)
    assert bodies(twilio) == ["first", "second"]
    assert states(completed) == ["accepted", "accepted"]
    assert [part.external_id for part in completed.parts] == [one.sid for one in twilio.sent]
    assert [(part.part, part.index, part.attempt, part.accepted_at) for part in completed.parts] == [
        (PARTS[0], 0, 1, NOW),
        (PARTS[1], 1, 1, NOW),
    ]


def test_files_leave_as_signed_urls_that_live_long_enough(on, twilio):
    """A provider may fetch hours later; the token opens exactly this file."""
    completed = on.run(worker, plan("look", files=2)).only(DeliveryCompleted)
    asked = twilio.sent[0].asked
    tokens = [urlsplit(url).path.split("/")[2] for url in asked.media_urls]
    grants = [on.links.open(token, NOW + timedelta(seconds=35_999)) for token in tokens]
    assert [(one.account, one.file_name, one.media_type) for one in grants] == [
        (ACCOUNT, "0.jpg", "image/jpeg"),
        (ACCOUNT, "1.jpg", "image/jpeg"),
    ]
    assert len(completed.parts[0].attachments) == 2


def test_our_token_rides_in_the_callback(on, twilio):
    """So that a receipt finds the part even before the send has answered."""
    media = plan("hi")
    on.run(worker, media)
    assert twilio.sent[0].asked.status_callback
    query = parse_qs(urlsplit(twilio.sent[0].asked.status_callback).query)
    assert query == {"message": ["m1"], "conversation": [media.conversation], "part": [PARTS[0]]}


def test_a_redelivery_sends_nothing(on, twilio):
    """The ledger knows what left, and says the same again."""
    first = on.run(worker, plan("hi", "there")).data
    on.clock.at += timedelta(hours=1)
    assert on.run(worker, plan("hi", "there")).data == first
    assert bodies(twilio) == ["hi", "there"]


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.OUTAGE])
def test_a_part_that_was_surely_not_taken_is_tried_again(on, twilio, fault):
    """And the part before it is not repeated."""
    on.run(worker, plan("first"))
    twilio.fault(fault)
    assert on.run(worker, plan("first", "second")).retry[1] == 1
    completed = on.run(worker, plan("first", "second"), attempt=1).only(DeliveryCompleted)
    assert bodies(twilio) == ["first", "second"]
    assert [part.attempt for part in completed.parts] == [1, 2]


def test_a_provider_that_is_down_is_tried_again(on, twilio):
    """A refused connection took nothing."""
    twilio.stop()
    code, _ = on.run(worker, plan("hi")).retry
    assert code == "provider_unreachable"


def test_a_ladder_that_is_used_up_ends_in_failed(on, twilio):
    """What left is told apart from what did not."""
    on.run(worker, plan("first"))
    twilio.fault(Fault.THROTTLED)
    failed = on.run(worker, plan("first", "second", "third"), attempt=6).only(DeliveryFailed)
    assert states(failed) == ["accepted", "not_sent", "not_sent"]
    assert (failed.reason.code, failed.reason.sentence) == ("provider_20429", "Twilio asked us to slow down.")


def test_a_refusal_ends_the_delivery(on, twilio):
    """Nothing after the refused part leaves, and the reason is the provider's."""
    failed = on.run(worker, plan("hi", "there", contact=OPTED_OUT)).only(DeliveryFailed)
    assert states(failed) == ["refused", "not_sent"]
    assert failed.reason.code == failed.parts[0].reason.code == "provider_21610"
    assert bodies(twilio) == []


def test_a_refusal_is_final(on, twilio):
    """A redelivery does not ask again."""
    first = on.run(worker, plan("hi", contact=OPTED_OUT)).data
    twilio.stop()
    assert on.run(worker, plan("hi", contact=OPTED_OUT)).data == first


@pytest.mark.parametrize("fault", [Fault.RESET, Fault.BAD_GATEWAY])
def test_silence_is_a_doubt(on, twilio, fault):
    """It may have left: nothing is repeated, nothing more is sent, and an agent decides."""
    twilio.fault(fault)
    doubt = on.run(worker, plan("hi", "there")).only(DeliveryInDoubt)
    assert states(doubt) == ["in_doubt", "not_sent"]
    assert doubt.reason.code == "delivery_in_doubt"
    assert on.run(worker, plan("hi", "there")).only(DeliveryInDoubt) == doubt
    assert twilio.sent == ()


@pytest.mark.parametrize("fault", [Fault.HANG, Fault.ACCEPT_THEN_RESET])
def test_silence_about_a_message_that_the_provider_lists_is_none(on, twilio, fault):
    """Asked for its messages, Twilio shows the one that can only be ours: it counts, and the next part leaves."""
    twilio.fault(fault)
    done = on.run(worker, plan("hi", "there")).only(DeliveryCompleted)
    assert [part.external_id for part in done.parts] == [sent.sid for sent in twilio.sent]
    assert bodies(twilio) == ["hi", "there"]


def test_a_part_that_somebody_else_is_sending_waits_for_the_lease(on, twilio):
    """No second call while the first may still be under way."""
    claim(on)
    code, delay = on.run(worker, plan("hi")).retry
    assert (code, delay) == ("send_in_progress", 120)
    assert bodies(twilio) == []


def test_a_claim_that_was_settled_meanwhile_is_told(on, twilio):
    """The other deliverer's acceptance is ours."""
    mine = claim(on)
    on.run(worker, plan("hi"))
    on.ledger.settle(mine, Receipt("accepted", external_id="SM1"))
    completed = on.run(worker, plan("hi"), attempt=1).only(DeliveryCompleted)
    assert completed.parts[0].external_id == "SM1"
    assert bodies(twilio) == []


def test_a_claim_that_lapsed_is_a_doubt(on, twilio):
    """Whoever held it died between the claim and the outcome: nobody knows what left."""
    claim(on)
    on.clock.at += timedelta(seconds=91)
    doubt = on.run(worker, plan("hi")).only(DeliveryInDoubt)
    assert states(doubt) == ["in_doubt"]
    assert bodies(twilio) == []


def test_a_ladder_that_ends_during_somebodys_send_is_a_doubt(on):
    """The last try crashed while it was sending: to call that failed could be a lie."""
    claim(on)
    doubt = on.run(worker, plan("hi", "there"), attempt=6).only(DeliveryInDoubt)
    assert states(doubt) == ["in_doubt", "not_sent"]


def test_an_expired_reply_is_not_sent(on, twilio):
    """No replay ever sends stale words."""
    on.clock.at = LATER + timedelta(seconds=1)
    failed = on.run(worker, plan("hi")).only(DeliveryFailed)
    assert (states(failed), failed.reason.code) == (["refused"], "reply_expired")
    assert bodies(twilio) == []


def test_a_reply_that_expires_on_its_way_keeps_what_left(on, twilio):
    """The part that was accepted stays accepted."""
    on.run(worker, plan("first"))
    on.clock.at = LATER + timedelta(seconds=1)
    failed = on.run(worker, plan("first", "second")).only(DeliveryFailed)
    assert states(failed) == ["accepted", "refused"]
    assert bodies(twilio) == ["first"]


class CutShort:
    """A store whose files end in their midst."""

    @contextmanager
    def read(self, key: str, **_: int) -> Iterator[Iterator[bytes]]:
        yield self._pieces(key)

    def _pieces(self, key: str) -> Iterator[bytes]:
        yield PHOTO[:1]
        raise StoreUnavailable(key)


def test_a_file_that_the_store_cuts_short_has_not_left(tmp_path, decoder):
    """The upload ended in its midst, so nobody has it: no doubt, it is tried again and arrives once."""
    with (
        SandboxWhatsApp("token", "secret", "http://127.0.0.1:9/nobody", tmp_path / "phones") as whatsapp,
        sending_bench(tmp_path, decoder, whatsapp_settings(whatsapp)) as made,
    ):
        whatsapp.customer_sends(CUSTOMER, "hello")
        about = {"channel": "whatsapp", "provider": "meta", "address": whatsapp.connection()["address"]}
        media = frozen(made, plan("look", files=1, **about, contact=CUSTOMER))
        kept, made.store = made.store, CutShort()
        first = made.run(worker, media)
        made.store = kept
        made.clock.at += timedelta(seconds=1)
        second = made.run(worker, media, attempt=1).only(DeliveryCompleted)
        received = whatsapp.customer(CUSTOMER).received
    assert first.retry == ("store_unavailable", 1)
    assert ([one.attempt for one in second.parts], [one.text for one in received]) == ([2], ["look"])


def whatsapp_settings(whatsapp: SandboxWhatsApp) -> Settings:
    accounts = {ACCOUNT: {"name": "Acme", "channels": {"whatsapp": [whatsapp.connection()]}}}
    return settings(fetch_allow=whatsapp.fetch_allow, accounts=accounts)


def test_an_acceptance_is_told_though_the_ledger_is_away(on, twilio, monkeypatch):
    """The external id travels in the event; nothing is ever requeued after an acceptance."""

    def away(*_args, **_kwargs):
        raise DatabaseUnavailable("database_unavailable", "gone")

    on.ledger = Counting(on.ledger)
    monkeypatch.setattr(on.ledger, "settle", away, raising=False)
    completed = on.run(worker, plan("hi")).only(DeliveryCompleted)
    assert completed.parts[0].external_id == twilio.sent[0].sid


def test_without_its_ledger_nothing_is_sent(on, twilio, monkeypatch):
    """A claim comes first. One that is away is waited for; one that is slow for the whole ladder is a doubt."""
    problem = DatabaseUnavailable("database_unavailable", "gone")

    def failing(*_args, **_kwargs):
        raise problem

    on.ledger = Counting(on.ledger)
    monkeypatch.setattr(on.ledger, "claim", failing, raising=False)
    assert [on.run(worker, plan("hi"), attempt=n).retry[0] for n in (0, 6)] == ["database_unavailable"] * 2
    problem = DatabaseUnavailable("database_slow", "a lock", away=False)
    assert states(on.run(worker, plan("hi"), attempt=6).only(DeliveryInDoubt)) == ["in_doubt"]
    assert bodies(twilio) == []


def test_a_not_accepted_that_could_not_be_written_down_is_a_doubt(on, twilio, monkeypatch):
    """Better an agent's look than a second copy: the claim lapses."""

    def away(*_args, **_kwargs):
        raise DatabaseUnavailable("database_unavailable", "gone")

    real, on.ledger = on.ledger, Counting(on.ledger)
    monkeypatch.setattr(on.ledger, "settle", away, raising=False)
    twilio.fault(Fault.THROTTLED)
    assert on.run(worker, plan("hi")).retry[0] == "database_unavailable"
    on.ledger = real
    on.clock.at += timedelta(seconds=91)
    assert states(on.run(worker, plan("hi"), attempt=1).only(DeliveryInDoubt)) == ["in_doubt"]
    assert bodies(twilio) == []


def test_webchat_resolves_its_own_doubt(on):
    """Sending again is harmless there: the record is the delivery."""
    media = plan("hi", channel="webchat")
    on.recorded(greeting())
    claim(on)
    on.clock.at += timedelta(seconds=91)
    completed = on.run(worker, media).only(DeliveryCompleted)
    assert (completed.parts[0].state, completed.parts[0].external_id) == ("accepted", PARTS[0])


def test_an_account_that_is_not_connected_any_more(on, twilio):
    """The agent hears that an administrator has to look."""
    failed = on.run(worker, plan("hi", address="+15005550099")).only(DeliveryFailed)
    assert (states(failed), failed.reason.code) == (["not_sent"], "channel_not_connected")
    assert bodies(twilio) == []


def test_the_phone_gets_it(on, twilio):
    """All the way: the words arrive, once."""
    on.run(worker, plan("hi"))
    phone = twilio.phone(CUSTOMER)
    eventually(lambda: phone.received, 5)
    assert [one.text for one in phone.received] == ["hi"]
