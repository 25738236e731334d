"""The fold: what a thread shows of a message depends on what happened, not on how one heard of it."""

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import identity
from schemas.event import AnyEvent
from schemas.lineage import begin
from schemas.message_withdrawn import MessageWithdrawn
from tests.journeys import ACCOUNT, DEADLINES, NO, START, Journey, delivered, planned, shown, states
from workers.runtime.fold import Entry, Folded, fold, message_of


def entry(event: AnyEvent, how: str = "event", **fields) -> Entry:
    return Entry(key=f"{how}-{event.id}", how=how, at=fields.pop("at", event.time), event=event, **fields)


def folded(journey: Journey, *more: Entry) -> Folded:
    own = [entry(event) for event in journey.events if message_of(event) in (journey.message, None)]
    entries = [one for one in own if one.event.data.event_type != "payload_received"]
    return fold(ACCOUNT, journey.message, [*entries, *more], DEADLINES)


def troubled(journey: Journey) -> list[Entry]:
    """All of a journey's entries, with a retry and a dead letter of every event that somebody consumes."""
    entries = [entry(event) for event in journey.events if event.data.event_type != "payload_received"]
    for one in list(entries):
        late = one.at + timedelta(minutes=1)
        entries.append(entry(one.event, "retry", worker="fetcher", attempt=1, delay_seconds=5, at=late))
        entries.append(entry(one.event, "dead", worker="storer", attempt=4, code="boom", at=late))
    return entries


def refused_and_stored() -> Journey:
    journey = Journey("inbound", "SM9", files=1)
    [announced] = journey.announced(journey.begun())
    received = journey.received(announced)
    journey.rejected(received)
    journey.rendered(journey.stored(journey.validated(received)))
    return journey


def failed_and_accepted() -> Journey:
    journey = planned("R9")
    plan = journey.events[-1]
    journey.failed(plan)
    journey.in_doubt(plan)
    journey.completed(plan)
    journey.reported("read")
    journey.reported("delivered")
    journey.reported("failed")
    return journey


def test_what_a_customer_took_back_is_shown_to_nobody():
    """The message stays as a place in the thread; its words and every way to its files are gone."""
    journey = shown()
    seen = folded(journey).view
    taken = MessageWithdrawn(
        channel="sms",
        provider="twilio",
        account=ACCOUNT,
        address=str(seen.address),
        contact=str(seen.contact),
        external_id="SM1",
        conversation=identity.conversation_id(ACCOUNT, "sms", str(seen.address), str(seen.contact)),
        message=journey.message,
    )
    view = folded(journey, entry(begin(taken, id="w1", source="trombone/ingestor", now=START))).view
    assert (view.state, view.text, view.ended) == ("withdrawn", None, True)
    assert [(one.object_key, one.file_name, one.renditions) for one in view.attachments] == [(None, None, [])] * 2
    assert all(one.object_key for one in seen.attachments)


def unconfirmed(*reports: str) -> Journey:
    """Sent, without a receipt for too long, and what the provider says after that."""
    journey = planned("R7")
    journey.completed(journey.events[-1])
    journey.unconfirmed(journey.events[-1])
    for status in reports:
        journey.reported(status)
    return journey


@pytest.mark.parametrize(
    ("reports", "state"),
    [
        ((), "unconfirmed"),
        (("sent",), "unconfirmed"),
        (("delivered",), "delivered"),
        (("read",), "read"),
        (("failed",), "failed"),
    ],
)
def test_what_was_sent_is_unconfirmed_until_the_provider_tells_its_end(reports: tuple[str, ...], state: str):
    """However late. Of the part, of its files and of the message; nobody owes anything meanwhile."""
    result = folded(unconfirmed(*reports))

    [part] = result.view.parts
    assert (part.state, result.view.state, states(result.view.attachments)) == (state, state, [state] * 2)
    assert (result.view.ended, result.pending, result.sent_at) == (True, [], None)


def test_what_waits_for_its_receipt_says_since_when():
    """Since the provider took it, whatever it has said on the way."""
    journey = planned()
    before = folded(journey).sent_at
    journey.completed(journey.events[-1])
    sent = folded(journey).sent_at
    journey.reported("sent")

    assert (before, sent, folded(journey).sent_at) == (None, START, START)
    journey.reported("delivered")
    assert folded(journey).sent_at is None


def fell_back_and_failed() -> Journey:
    journey = planned("R8")
    plan = journey.events[-1]
    journey.completed(plan)
    journey.reported("failed", with_token=True)
    journey.fell_back(plan)
    journey.fell_back(plan, "refused")
    return journey


def rendered_twice() -> Journey:
    """A replay: first in vain, then by a decoder that can."""
    journey = shown("SM8", files=1)
    good = journey.events[-1]
    [file] = good.data.attachments
    failed = msgspec.structs.replace(file, renditions=[], placeholder=None, reason=NO)
    data = msgspec.structs.replace(good.data, attachments=[failed])
    journey.events.append(msgspec.structs.replace(good, id="in-vain", data=data))
    return journey


@pytest.mark.parametrize(
    "journey",
    [
        fell_back_and_failed(),
        unconfirmed("sent", "delivered", "failed"),
        shown(),
        shown(files=0),
        delivered(),
        delivered(address=None),
        refused_and_stored(),
        failed_and_accepted(),
        rendered_twice(),
    ],
    ids=[
        "fell-back-and-failed",
        "unconfirmed",
        "shown",
        "text",
        "delivered",
        "no-address",
        "refused-and-stored",
        "failed-and-accepted",
        "rendered-twice",
    ],
)
@given(data=st.data())
def test_order_and_repetition_change_nothing(journey: Journey, data: st.DataObject):
    """Any permutation of any entries, each any number of times, folds into the same as they do in order, once."""
    chosen = data.draw(st.lists(st.sampled_from(troubled(journey)), min_size=1, unique_by=lambda one: one.key))
    repeated = data.draw(st.lists(st.sampled_from(chosen)))
    mixed = data.draw(st.permutations([*chosen, *repeated]))

    in_order = sorted(chosen, key=lambda one: one.key)

    assert fold(ACCOUNT, journey.message, in_order, DEADLINES) == fold(ACCOUNT, journey.message, mixed, DEADLINES)


def test_an_inbound_message_is_shown_when_its_files_are_stored_and_rendered():
    """The whole way: text, files with their facts, and nothing left to do."""
    result = folded(shown())

    assert (result.view.state, result.view.ended, result.view.text) == ("shown", True, "hello")
    assert states(result.view.attachments) == ["shown", "shown"]
    first = result.view.attachments[0]
    assert (first.media_type, first.size_bytes, first.width, first.height) == ("image/jpeg", 100, 40, 30)
    assert [one.name for one in first.renditions] == ["thumbnail-320"]
    assert (tuple(result.pending), result.deadline_at) == ((), None)


def test_placeholders_are_there_at_once():
    """The first event of a message already shows its files, and who owes the next step until when."""
    journey = Journey("inbound")
    begun = journey.begun()

    result = folded(journey)

    assert states(result.view.attachments) == ["announced", "announced"]
    assert {"ingestor"} == {one.stage for one in result.view.attachments}
    assert START + timedelta(seconds=300) == result.deadline_at
    assert [f"event-{begun.id}"] == list(result.pending)
    assert not result.view.ended


def test_a_text_is_shown_at_once():
    """A message without files has nothing to wait for."""
    journey = Journey("inbound", files=0)
    journey.begun()

    assert (folded(journey).view.state, folded(journey).view.ended) == ("shown", True)


def test_a_file_without_preview_is_shown_when_it_is_stored():
    """Nobody waits for the thumbnail of a ZIP file."""
    journey = Journey("inbound", files=1, kind="file")
    [announced] = journey.announced(journey.begun())
    journey.stored(journey.validated(journey.received(announced)))

    assert states(folded(journey).view.attachments) == ["shown"]


def test_a_stored_picture_waits_for_its_thumbnail():
    """It can be opened, but it is still somebody's work."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    stored = journey.stored(journey.validated(journey.received(announced)))

    [file] = folded(journey).view.attachments

    assert (file.state, file.stage) == ("stored", "thumbnailer")
    assert file.object_key == "media/acme/c/original"
    assert stored.time + timedelta(seconds=900) == file.deadline_at


def test_stored_beats_refused():
    """One run refused it, another one stored it: it can be shown, so it is."""
    assert states(folded(refused_and_stored()).view.attachments) == ["shown"]


def test_a_refused_reply_says_why():
    """Text and files of a refused reply end together, with the reason."""
    journey = Journey("outbound", files=2)
    [announced] = journey.announced(journey.begun())
    journey.rejected(announced)

    view = folded(journey).view

    assert (view.state, view.ended, view.reason) == ("refused", True, NO)
    assert states(view.attachments) == ["refused", "refused"]


@pytest.mark.parametrize(("files", "with_token"), [(2, False), (0, False), (2, True)])
def test_a_delivered_reply_is_delivered(files: int, with_token: bool):
    """Reports find their part by our token or by the provider's id, with files and without."""
    view = folded(delivered(files=files, with_token=with_token)).view

    assert (view.state, view.ended) == ("delivered", True)
    assert states(view.parts) == ["delivered"]
    assert ["delivered"] * files == states(view.attachments)


@pytest.mark.parametrize(
    ("last", "state"),
    [("completed", "sent"), ("failed", "failed"), ("in_doubt", "in_doubt")],
)
def test_a_reply_without_files_has_the_end_that_its_part_has(last: str, state: str):
    """The deliverer's last word is the message's."""
    journey = planned(files=0)
    getattr(journey, last)(journey.events[-1])

    view = folded(journey).view

    assert (state, True) == (view.state, view.ended)


def test_an_acceptance_beats_a_failure_and_a_reading_beats_all():
    """A customer who has read it has it, whatever else was said."""
    view = folded(failed_and_accepted()).view

    assert (view.state, view.parts[0].external_id, view.parts[0].attempt) == ("read", "MM-R9", 1)


@pytest.mark.parametrize(("state", "message"), [("accepted", "sent"), ("refused", "failed")])
def test_a_replaced_part_is_shown_and_does_not_count(state: str, message: str):
    """The files were refused and left as links: message and files have the state of what left instead."""
    journey = planned()
    journey.fell_back(journey.events[-1], state)

    view = folded(journey).view

    assert (view.state, view.ended) == (message, True)
    assert states(view.parts) == ["failed", message]
    assert [part.replaces for part in view.parts] == [None, journey.part]
    assert states(view.attachments) == [message, message]


def test_files_that_a_report_turned_down_have_the_state_of_their_links():
    """The provider took the part, could not deliver it, and the links were sent later."""
    journey = planned()
    plan = journey.events[-1]
    journey.completed(plan)
    journey.reported("failed")
    journey.fell_back(plan)

    view = folded(journey).view

    assert (view.state, states(view.attachments)) == ("sent", ["sent", "sent"])


def test_a_report_before_the_delivery_is_kept():
    """A report that names our part counts as soon as the plan is known."""
    journey = planned()
    journey.reported("delivered", with_token=True)

    assert folded(journey).view.state == "delivered"


def test_a_reply_without_an_address_finds_its_conversation_later():
    """Which of our addresses it leaves from is known from the next event on."""
    journey = Journey("outbound", address=None)
    begun = journey.begun()
    before = folded(journey).view
    journey.announced(begun)

    assert (before.conversation, before.state) == (None, "requested")
    assert (journey.conversation, "preparing") == (folded(journey).view.conversation, folded(journey).view.state)


def test_a_dead_letter_ends_its_attachments():
    """Set aside is an end that an agent sees."""
    journey = Journey("inbound", files=2)
    first, second = journey.announced(journey.begun())
    dead = entry(first, "dead", worker="fetcher", attempt=7, code="boom")

    view = folded(journey, dead).view

    assert states(view.attachments) == ["failed", "announced"]
    assert view.attachments[0].reason.code == "dead_lettered"
    assert second.id


def test_a_dead_letter_that_was_replayed_ends_nothing():
    """Somebody got further with it, so it goes on from there."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    journey.received(announced)

    assert states(folded(journey, entry(announced, "dead", worker="fetcher")).view.attachments) == ["received"]


def test_a_dead_letter_of_the_thumbnailer_spoils_no_file():
    """Inbound the file is shown without a preview; outbound the fitter goes on."""
    inbound, outbound = Journey("inbound", files=1), Journey("outbound", files=1)
    for journey in (inbound, outbound):
        [announced] = journey.announced(journey.begun())
        journey.stored(journey.validated(journey.received(announced)))

    seen = [folded(one, entry(one.events[-1], "dead", worker="thumbnailer")).view for one in (inbound, outbound)]

    assert [states(view.attachments) for view in seen] == [["shown"], ["stored"]]
    assert [view.state for view in seen] == ["shown", "preparing"]


def test_a_retry_puts_the_deadline_off():
    """What waits in the delay ladder is not overdue."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    at = announced.time + timedelta(seconds=60)
    retry = entry(announced, "retry", worker="fetcher", attempt=3, delay_seconds=120, at=at)

    [file] = folded(journey, retry).view.attachments

    assert (3, at + timedelta(seconds=120 + 1800)) == (file.attempts, file.deadline_at)


def test_a_new_preview_fills_in_what_an_old_decoder_could_not_make():
    """And a later failure takes nothing away that is there."""
    journey = Journey("inbound", files=1)
    [announced] = journey.announced(journey.begun())
    stored = journey.stored(journey.validated(journey.received(announced)))
    good = journey.rendered(stored)
    [file] = good.data.attachments
    failed = msgspec.structs.replace(file, renditions=[], placeholder=None, reason=NO)
    bad = [
        entry(
            msgspec.structs.replace(
                good, id=f"bad{hours}", data=msgspec.structs.replace(good.data, attachments=[failed])
            ),
            at=good.time + timedelta(hours=hours),
        )
        for hours in (-1, 1)
    ]

    [seen] = folded(journey, *bad).view.attachments

    assert ([one.name for one in seen.renditions], seen.preview_reason) == (["thumbnail-320"], None)
