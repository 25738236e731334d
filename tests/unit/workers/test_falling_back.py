"""Files that the provider will not take leave as links, once."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from deliver.linking import LINK_CHARS
from deliver.outgoing import Limits
from schemas import identity
from schemas.delivery_completed import DeliveryCompleted
from schemas.delivery_failed import DeliveryFailed
from schemas.delivery_in_doubt import DeliveryInDoubt
from schemas.media_fitted import Part
from tests.outbound import answer, frozen, plan, report, states
from tests.telegram_bot_api import BOT, BotApi
from tests.workbench import ACCOUNT, Bench, bench, settings
from workers.deliverer import worker
from workers.falling_back import fallbacks

CHAT = "77"
TOO_LARGE = (413, {"ok": False, "error_code": 413, "description": "Request Entity Too Large"})
BLOCKED = (403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"})
BUSY = (429, {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 3}})


@pytest.fixture
def telegram() -> Iterator[BotApi]:
    api = BotApi("http://127.0.0.1:9/nobody")
    api.start()
    yield api
    api.stop()


@pytest.fixture
def on(tmp_path, decoder, telegram) -> Iterator[Bench]:
    accounts = {ACCOUNT: {"name": "Acme", "channels": {"telegram": [telegram.connection()]}}}
    made = bench(tmp_path, decoder, settings(fetch_allow=telegram.fetch_allow, accounts=accounts))
    yield made
    made.database.close()


def photo_plan(on, *texts, **others):
    where = {"channel": "telegram", "provider": "telegram", "address": BOT, "contact": CHAT}
    return frozen(on, plan(*texts, files=1, falls_back=True, **where, **others))


def test_the_words_leave_once_more_with_a_link(on, telegram):
    """In the place of the refused part, and what comes after it follows."""
    media = photo_plan(on, "look", "bye")
    telegram.failures.append(TOO_LARGE)
    completed = on.run(worker, media).only(DeliveryCompleted)
    refused, links, after = completed.parts
    assert states(completed) == ["refused", "accepted", "accepted"]
    assert (links.part, links.replaces) == (identity.fallback_id(refused.part), refused.part)
    assert (links.attachments, links.links, links.index) == ([], refused.attachments, refused.index)
    assert after.part == media.parts[1].id
    (first, second) = telegram.received[CHAT]
    assert (first[0], first[2]) == ("sendMessage", None)
    assert first[1].startswith("look\n\n0.jpg (1 KB, until 2026-11-29): https://door.example/media/")
    assert second[1] == "bye"


def test_a_redelivery_sends_neither_again(on, telegram):
    """Both have their rows in the ledger."""
    media = photo_plan(on, "look")
    telegram.failures.append(TOO_LARGE)
    first = on.run(worker, media).data
    assert on.run(worker, media).data == first
    assert len(telegram.received[CHAT]) == 1


def test_links_that_are_not_taken_either_are_the_end(on, telegram):
    """Once means once; nothing after it leaves."""
    media = photo_plan(on, "look", "bye")
    telegram.failures += [TOO_LARGE, BLOCKED]
    failed = on.run(worker, media).only(DeliveryFailed)
    assert (states(failed), failed.reason.code) == (["refused", "refused", "not_sent"], "provider_403")
    assert telegram.received == {}


def test_links_are_tried_again_like_any_part(on, telegram):
    """A fallback that was throttled waits; the refused part is not asked again."""
    media = photo_plan(on, "look")
    telegram.failures += [TOO_LARGE, BUSY]
    assert on.run(worker, media).retry == ("provider_429", 5)
    completed = on.run(worker, media, attempt=1).only(DeliveryCompleted)
    assert [(part.state, part.attempt) for part in completed.parts] == [("refused", 1), ("accepted", 2)]


def test_a_plan_without_a_fallback_fails(on, telegram):
    """The fitter said that links are not for this one."""
    where = {"channel": "telegram", "provider": "telegram", "address": BOT, "contact": CHAT}
    telegram.failures.append(TOO_LARGE)
    assert states(on.run(worker, frozen(on, plan("look", files=1, **where))).only(DeliveryFailed)) == ["refused"]


@pytest.mark.parametrize("token", [True, False])
def test_a_late_report_of_files_that_did_not_get_through_leads_to_links(on, telegram, token):
    """Found by our token or by the provider's own id; told once, however often it is reported."""
    media = photo_plan(on, "look")
    sent = on.run(worker, media).only(DeliveryCompleted).parts[0]
    failed = report(media, "failed", sent.external_id, token=token, falls_back=True)
    completed = on.run(worker, failed).only(DeliveryCompleted)
    assert [(part.state, part.replaces) for part in completed.parts] == [("accepted", sent.part)]
    assert on.run(worker, failed).data == [completed]
    assert [method for method, _, _ in telegram.received[CHAT]] == ["sendPhoto", "sendMessage"]


def test_links_in_doubt_are_sent_again_when_an_agent_says_so(on, telegram):
    """Also when it was a late report that led to them."""
    media = photo_plan(on, "look")
    sent = on.run(worker, media).only(DeliveryCompleted).parts[0]
    telegram.failures.append((502, {"ok": False, "error_code": 502, "description": "Bad Gateway"}))
    doubt = on.run(worker, report(media, "failed", sent.external_id, falls_back=True)).only(DeliveryInDoubt)
    again = answer(media, "send_again", part=doubt.parts[0].part)
    whole, links = on.run(worker, again).data
    assert (states(whole), states(links)) == (["accepted"], ["accepted"])
    assert [method for method, _, _ in telegram.received[CHAT]] == ["sendPhoto", "sendMessage"]


def test_a_report_about_the_links_leads_to_nothing(on, telegram):
    """A fallback has none of its own."""
    media = photo_plan(on, "look")
    telegram.failures.append(TOO_LARGE)
    links = on.run(worker, media).only(DeliveryCompleted).parts[1]
    failed = report(media, "failed", links.external_id, token=False, falls_back=True)
    assert on.run(worker, failed).data == []


def test_a_report_that_is_faster_than_the_receipt_waits_for_it(on):
    """Only where links hang on it: what is not ours at all must not run through the ladder."""
    media = photo_plan(on, "look")
    unknown = report(media, "failed", "x", token=False, falls_back=True)
    assert on.run(worker, unknown).retry[0] == "part_unknown"
    assert on.run(worker, unknown, attempt=6).data == []
    assert on.run(worker, report(media, "failed", "x", token=False)).data == []


def test_links_of_an_expired_reply_do_not_leave(on, telegram):
    """A report may come days later."""
    media = photo_plan(on, "look")
    sent = on.run(worker, media).only(DeliveryCompleted).parts[0]
    on.clock.at += timedelta(days=2)
    failed = on.run(worker, report(media, "failed", sent.external_id, falls_back=True)).only(DeliveryFailed)
    assert (states(failed), failed.reason.code) == (["refused"], "reply_expired")
    assert len(telegram.received[CHAT]) == 1


@pytest.mark.parametrize(
    ("text", "files", "packed"),
    [
        ("hi", 1, [("hi", 1)]),
        (None, 3, [(None, 3)]),
        ("x" * 1400, 2, [("x" * 1400, 0), (None, 2)]),
        ("hi", 7, [("hi", 3), (None, 3), (None, 1)]),
        (None, 4, [(None, 3), (None, 1)]),
    ],
)
def test_what_has_no_room_beside_the_words_follows_them(text, files, packed):
    """Each message of a fallback has an id of its own, and no link is lost or told twice."""
    names = [f"a{number}" for number in range(files)]
    part = Part(id="p", index=4, text=text, attachments=names, falls_back=True)
    limits = Limits({}, 600_000, 10, max_text=3 * LINK_CHARS + 160, max_caption=1600)
    found = fallbacks(part, limits)
    assert [(one.text, len(one.links)) for one in found] == packed
    assert [link for one in found for link in one.links] == names
    assert len({one.id for one in found}) == len(found)
    assert {one.index for one in found} == {4}
