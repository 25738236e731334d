"""Webhooks to a real receiver, from the record in both databases."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import msgspec
import pytest
from structlog.testing import capture_logs

from schemas.codec import encode
from tests.http_origin import answer, redirect
from tests.integration.helpdesk_receiver import SECRET, Receiver, documented_verify, receiver
from tests.journeys import ACCOUNT, DEADLINES, Journey, StoppedClock, planned, shown
from tests.polling import eventually
from workers.gateway.shapes import MessageChanged
from workers.gateway.showing import Showing
from workers.notifier import Follower, Notifier
from workers.runtime.database import Database, DatabaseUnavailable
from workers.runtime.exchange import Waits
from workers.runtime.http import HttpClient
from workers.runtime.leases import LEASE
from workers.runtime.links import SignedLinks
from workers.runtime.notices import DISABLE_AFTER, GIVE_UP_ATTEMPTS, Notice, Notices, Standing
from workers.runtime.record import Record, RecordedDelivery
from workers.runtime.subscribers import Subscriber

GO = Flag()
REFUSED = answer(status="400 Bad Request")
DOWN = answer(status="503 Service Unavailable")


@dataclass
class House:
    """A record, and what follows it."""

    database: Database
    clock: StoppedClock = field(default_factory=StoppedClock)

    def __post_init__(self) -> None:
        self.record = Record(self.database, self.clock)
        self.notices = Notices(self.database, self.clock)
        self.links = SignedLinks("https://trombone.example/", "k1:a-secret-for-media-links", self.clock)

    def follower(self, to: Subscriber, *allow: str, notices: Notices | None = None) -> Follower:
        """Whoever followed before has been gone for long enough."""
        self.pass_by(LEASE.total_seconds())
        return Follower(to, notices or self.notices, poster(*allow), self.show, self.clock)

    def show(self, account, view, now):
        return MessageChanged(timestamp=now, data=Showing(self, account).message(view))

    def recorded(self, journey: Journey, *, one_by_one: bool = False) -> None:
        deliveries = [RecordedDelivery("event", encode(one), one) for one in journey.events]
        for batch in [[one] for one in deliveries] if one_by_one else [deliveries]:
            self.record.write(batch, DEADLINES)

    def pass_by(self, seconds: float) -> None:
        self.clock.at += timedelta(seconds=seconds)

    def standing(self, to: Subscriber) -> Standing:
        found = self.notices.standing(to.account, to.webhook)
        assert found
        return found


def poster(*allow: str) -> HttpClient:
    return HttpClient(allow, waits=Waits(connect_seconds=2, idle_seconds=2, total_seconds=2))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = f"sqlite:///{tmp_path}/t.db" if request.param == "sqlite" else request.getfixturevalue("database_url")
    database = Database(url)
    database.migrate()
    yield House(database)
    database.close()


@pytest.fixture
def helpdesk() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


def subscriber(helpdesk: Receiver, *, account: str = ACCOUNT, webhook: str = "helpdesk") -> Subscriber:
    return Subscriber(account, webhook, helpdesk.url, (SECRET,))


@pytest.fixture
def to(helpdesk: Receiver) -> Subscriber:
    return subscriber(helpdesk)


@pytest.fixture
def follower(house: House, helpdesk: Receiver, to: Subscriber) -> Follower:
    """It has begun: what is recorded from now on is told."""
    made = house.follower(to, helpdesk.origin.address)
    made.look(GO)
    return made


def stopped() -> Flag:
    stop = Flag()
    stop.set()
    return stop


def text_of(journey: Journey, channel: str = "sms") -> Journey:
    journey.channel = channel
    journey.begun()
    return journey


def test_what_is_told_is_signed_and_is_the_message_as_the_api_shows_it(house, helpdesk, follower):
    """Verified by the example of the README, word for word; files come with links."""
    house.clock.at = house.clock.at.fromtimestamp(time.time(), house.clock.at.tzinfo)
    journey = shown()
    house.recorded(journey)

    follower.look(GO)

    [seen] = helpdesk.origin.seen
    verify = documented_verify()
    verify(SECRET, seen.headers, seen.body)
    for headers, body in (
        (seen.headers, seen.body + b" "),
        (seen.headers | {"webhook-id": "msg_other"}, seen.body),
        (seen.headers | {"webhook-timestamp": "1"}, seen.body),
    ):
        with pytest.raises(ValueError, match="not signed with this secret"):
            verify(SECRET, headers, body)
    with pytest.raises(ValueError, match="not signed"):
        verify("whsec_" + "b3RoZXJz" * 4, seen.headers, seen.body)
    told = json.loads(seen.body)
    view = house.record.message(ACCOUNT, journey.message)
    assert (seen.method, seen.headers["content-type"], told["type"]) == ("POST", "application/json", "message.changed")
    assert told["data"] == json.loads(encoded(Showing(house, ACCOUNT).message(view)))
    assert told["data"]["attachments"][0]["thumbnail_url"].startswith("https://trombone.example/media/")


def encoded(struct):
    return msgspec.json.encode(struct)


def test_every_change_arrives_once_and_in_order(house, helpdesk, follower):
    """Two conversations, each change looked at as it comes, many messages in one batch too."""
    for number in range(3):
        house.recorded(text_of(Journey("inbound", f"a{number}")))
        house.recorded(text_of(Journey("inbound", f"b{number}"), "webchat"))
        follower.look(GO)
        follower.look(GO)
    batch = [text_of(Journey("inbound", f"c{number}")) for number in range(4)]
    house.record.write([RecordedDelivery("event", encode(e), e) for one in batch for e in one.events], DEADLINES)
    follower.look(GO)
    follower.look(GO)

    for letter, channel in (("a", "sms"), ("b", "webchat")):
        assert [one["message"] for one in helpdesk.told[:6] if one["channel"] == channel] == [
            Journey("inbound", f"{letter}{number}", channel=channel).message for number in range(3)
        ]
    assert {one["message"] for one in helpdesk.told[6:]} == {one.message for one in batch}
    assert len(helpdesk.ids) == len(set(helpdesk.ids)) == 10
    for channel in ("sms", "webchat"):
        cursors = [one["cursor"] for one in helpdesk.told if one["channel"] == channel]
        assert cursors == sorted(cursors)


def test_a_message_is_told_again_when_it_changes(house, helpdesk, follower):
    """From arriving to shown, each time under another id."""
    journey = shown(files=1)
    deliveries = [RecordedDelivery("event", encode(one), one) for one in journey.events]
    for delivery in deliveries:
        house.record.write([delivery], DEADLINES)
        follower.look(GO)

    states = [one["state"] for one in helpdesk.told]
    assert (states[0], states[-1]) == ("arriving", "shown")
    assert len(set(helpdesk.ids)) == len(helpdesk.ids) > 2


def test_a_receiver_that_was_down_gets_everything_in_order_when_it_is_back(house, helpdesk, to, follower):
    """No connection: the ladder; then what changed meanwhile, once, as it is now."""
    down = house.follower(Subscriber(to.account, to.webhook, "http://127.0.0.1:1/hook", to.secrets), "127.0.0.1:1")
    for number in range(3):
        house.recorded(text_of(Journey("inbound", f"a{number}")))
        down.look(GO)
    down.run(stopped())
    assert house.standing(to).failures == 1
    follower.look(GO)
    assert helpdesk.ids == []

    house.pass_by(5)
    follower.look(GO)

    assert [one["message"] for one in helpdesk.told] == [Journey("inbound", f"a{n}").message for n in range(3)]
    assert house.standing(to).failing_since is None


def test_an_outage_waits_by_the_ladder_and_by_what_the_endpoint_asks_for(house, helpdesk, to, follower):
    """5, 30 and 120 seconds; a Retry-After of 300 is longer than the fourth step's turn would need to be."""
    helpdesk.answers += [DOWN, DOWN, DOWN, answer(status="429 Too Many Requests", retry_after="900")]
    house.recorded(text_of(Journey("inbound")))

    waits = []
    for _ in range(4):
        follower.look(GO)
        waits.append((house.standing(to).quiet_until - house.clock.now()).total_seconds())
        house.pass_by(waits[-1] - 1)
        follower.look(GO)
        house.pass_by(1)
    follower.look(GO)

    assert waits == [5, 30, 120, 900]
    assert len(helpdesk.ids) == 5
    assert len(helpdesk.effects) == len(set(helpdesk.ids)) == 1


@pytest.mark.parametrize("status", ["500 Internal Server Error", "400 Bad Request", "302 Found"])
def test_a_refused_notice_holds_up_only_its_conversation(house, helpdesk, follower, status):
    """The next one goes on; the refused comes again, before what followed it. A redirect is not followed."""
    refusal = redirect(helpdesk.origin.url("/elsewhere")) if status.startswith("302") else answer(status=status)
    helpdesk.answers.append(refusal)
    first, second = text_of(Journey("inbound", "a1")), text_of(Journey("inbound", "a2"))
    other = text_of(Journey("inbound", "b1"), "webchat")
    house.recorded(first)
    follower.look(GO)
    house.recorded(second)
    house.recorded(other)
    follower.look(GO)
    house.pass_by(400)
    follower.look(GO)

    assert [one["message"] for one in helpdesk.told] == [
        first.message,
        other.message,
        first.message,
        second.message,
    ]
    assert helpdesk.ids[0] == helpdesk.ids[2]
    assert {one.path for one in helpdesk.origin.seen} == {"/hook"}


def test_an_outage_in_the_middle_of_a_conversation_loses_nothing(house, helpdesk, follower):
    """What waited behind a refused notice is told though it changed long ago."""
    first, second = text_of(Journey("inbound", "a1")), text_of(Journey("inbound", "a2"))
    helpdesk.answers += [*[REFUSED] * 4, answer(), DOWN]
    house.recorded(first)
    house.recorded(second)
    for _ in range(20):
        follower.look(GO)
        house.pass_by(100)

    assert [one["message"] for one in helpdesk.told] == [first.message] * 5 + [second.message] * 2


def test_a_notice_that_never_passes_is_given_up_when_others_do(house, helpdesk, to, follower):
    """Its conversation goes on, and the loss is counted."""
    poison, after = text_of(Journey("inbound", "a1")), text_of(Journey("inbound", "a2"))
    house.recorded(poison)
    house.recorded(after)
    for number in range(GIVE_UP_ATTEMPTS):
        helpdesk.answers.append(REFUSED)
        follower.look(GO)
        house.recorded(text_of(Journey("inbound", f"b{number}"), "webchat"))
        follower.look(GO)
        house.pass_by(3600)

    follower.look(GO)

    assert helpdesk.told[-1]["message"] == after.message
    assert [one["message"] for one in helpdesk.told].count(poison.message) == GIVE_UP_ATTEMPTS
    assert house.standing(to).given_up == 1


def test_days_of_failing_switch_an_endpoint_off_until_an_operator_enables_it(house, helpdesk, to, follower):
    """Nothing was lost meanwhile."""
    journey = text_of(Journey("inbound"))
    house.recorded(journey)
    helpdesk.answers += [DOWN, DOWN]
    follower.look(GO)
    house.pass_by(DISABLE_AFTER.total_seconds())
    follower.look(GO)
    assert house.standing(to).disabled_at == house.clock.now()
    house.pass_by(86_400)
    follower.look(GO)
    assert len(helpdesk.ids) == 2

    assert house.notices.enable(to.account, to.webhook)
    follower.look(GO)

    assert helpdesk.effects == [(journey.message, 1)]
    assert len(helpdesk.ids) == 3
    assert house.standing(to).disabled_at is None


def test_gone_switches_an_endpoint_off_at_once(house, helpdesk, to, follower):
    """410 is its wish."""
    helpdesk.answers.append(answer(status="410 Gone"))
    house.recorded(text_of(Journey("inbound", "a")))
    house.recorded(text_of(Journey("inbound", "b"), "webchat"))
    follower.look(GO)
    follower.look(GO)

    assert len(helpdesk.ids) == 1
    assert (house.standing(to).disabled_at, house.standing(to).problem) == (house.clock.now(), "status 410")


class Forgetful(Notices):
    """Dies between the answer and the writing down."""

    def taken(self, to: Subscriber, notice: Notice) -> None:
        raise DatabaseUnavailable("database_unavailable", "away")


def test_what_was_taken_but_not_written_down_comes_again_under_the_same_id(house, helpdesk, to, follower):
    """A receiver drops it."""
    house.recorded(text_of(Journey("inbound")))
    with pytest.raises(DatabaseUnavailable):
        house.follower(to, helpdesk.origin.address, notices=Forgetful(house.database, house.clock)).look(GO)
    house.pass_by(LEASE.total_seconds())
    follower.look(GO)

    assert len(helpdesk.ids) == 2
    assert len(set(helpdesk.ids)) == 1


def test_of_two_notifiers_one_follows_and_the_other_when_it_is_gone(house, helpdesk, to, follower):
    """Killed, a minute later; stopped, at once."""
    second = Follower(to, house.notices, poster(helpdesk.origin.address), house.show, house.clock)
    house.recorded(text_of(Journey("inbound", "a")))
    second.look(GO)
    beside = list(helpdesk.ids)
    house.pass_by(LEASE.total_seconds())
    second.look(GO)
    after_a_kill = list(helpdesk.ids)
    house.recorded(text_of(Journey("inbound", "b")))
    follower.look(GO)
    still = list(helpdesk.ids)
    second.run(stopped())
    follower.look(GO)

    assert (beside, len(after_a_kill), still) == ([], 1, after_a_kill)
    assert len(set(helpdesk.ids)) == len(helpdesk.ids) == 2


def test_two_notifiers_at_once_tell_everything_once(house, helpdesk, to, follower):
    """Whoever comes first follows; nothing is told twice."""
    pair = [Follower(to, house.notices, poster(helpdesk.origin.address), house.show, house.clock) for _ in range(2)]
    house.pass_by(LEASE.total_seconds())
    house.recorded(text_of(Journey("inbound", "a")), one_by_one=True)
    threads = [Thread(target=one.look, args=(GO,)) for one in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert len(set(helpdesk.ids)) == len(helpdesk.ids) == 1


def test_a_replay_tells_again_under_the_same_ids_what_changed_since(house, helpdesk, to, follower):
    """From the first message of each conversation that changed; nothing that is still to be told is skipped."""
    old = text_of(Journey("inbound", "a0"))
    house.recorded(old)
    house.pass_by(3600)
    since = house.clock.now()
    new = [text_of(Journey("inbound", f"a{number}")) for number in (1, 2)]
    for one in new:
        house.recorded(one)
    follower.look(GO)
    before = helpdesk.ids

    assert house.notices.rewind(to.account, to.webhook, since) == 1
    follower.look(GO)

    assert helpdesk.ids == [*before, *before[1:]]


def test_a_replay_while_a_notice_is_on_its_way_is_not_lost(house, helpdesk, to, follower):
    """What the notifier writes down then does not undo it."""
    house.recorded(text_of(Journey("inbound", "a0")))
    follower.look(GO)
    house.recorded(text_of(Journey("inbound", "a1")))
    helpdesk.before = lambda _: house.notices.rewind(to.account, to.webhook, house.clock.now() - timedelta(days=1))
    notice = house.notices.next(to, text_of(Journey("inbound")).conversation)
    assert notice
    house.notices.rewind(to.account, to.webhook, house.clock.now() - timedelta(days=1))
    house.notices.taken(to, notice)
    helpdesk.before = lambda _: None
    follower.look(GO)

    assert [one["cursor"] for one in helpdesk.told] == [1, 1, 2]


def test_an_endpoint_hears_nothing_of_what_was_before_it(house, helpdesk, to):
    """A year of history is nobody's news; a reply to it is."""
    house.recorded(text_of(Journey("inbound", "a0")))
    follower = house.follower(to, helpdesk.origin.address)
    follower.look(GO)
    assert helpdesk.ids == []

    reply = planned("R1", files=0)
    house.recorded(reply)
    follower.look(GO)

    assert {one["message"] for one in helpdesk.told} == {reply.message}


def test_tenants_hear_only_of_their_own(house, helpdesk, follower):
    """The same customer at two accounts."""
    with receiver() as rivals:
        rival = house.follower(subscriber(rivals, account="rival"), rivals.origin.address)
        rival.look(GO)
        mine, theirs = text_of(Journey("inbound")), text_of(Journey("inbound", account="rival"))
        house.recorded(mine)
        house.recorded(theirs)
        follower.look(GO)
        rival.look(GO)

        assert [one["message"] for one in helpdesk.told] == [mine.message]
        assert [one["message"] for one in rivals.told] == [theirs.message]
        house.notices.rewind("rival", "helpdesk", house.clock.now())
        follower.look(GO)
        assert len(helpdesk.ids) == 1


def test_an_answer_is_not_read_beyond_its_head(house, helpdesk, to, follower):
    """However much an endpoint has to say: its status says it all."""
    helpdesk.answers.append(answer(b"x" * 3_000_000))
    house.recorded(text_of(Journey("inbound")))
    follower.look(GO)

    assert len(helpdesk.ids) == 1
    assert house.standing(to).taken_at == house.clock.now()


def test_a_private_address_is_not_called_unless_it_is_allowed(house, helpdesk, to, follower):
    """The helpdesk's URL is configuration, and still no way into the machine's own network."""
    house.recorded(text_of(Journey("inbound")))
    house.follower(to).look(GO)

    assert helpdesk.ids == []
    assert "only https" in (house.standing(to).problem or "")


def test_a_slow_endpoint_holds_up_no_other(house, helpdesk):
    """Each has a thread of its own."""
    release = Flag()
    with ExitStack() as stack:
        slow = stack.enter_context(receiver())
        slow.before = lambda _: release.wait(60)
        both = [subscriber(slow, webhook="slow"), subscriber(helpdesk, webhook="quick")]
        client = poster(slow.origin.address, helpdesk.origin.address)
        notifier = Notifier(both, house.notices, client, house.show, house.clock)
        for one in notifier.followers:
            one.look(GO)
        stop = Flag()
        running = Thread(target=notifier.run, args=(stop,))
        running.start()
        stack.callback(running.join)
        stack.callback(stop.set)
        stack.callback(release.set)
        house.recorded(text_of(Journey("inbound", "a")))
        eventually(lambda: slow.origin.seen, within=10)
        house.recorded(text_of(Journey("inbound", "b")))
        eventually(lambda: len(helpdesk.effects) == 2, within=10)


def test_what_nobody_foresaw_does_not_end_the_following(house, helpdesk, to, monkeypatch):
    """It is logged, and tried again."""
    monkeypatch.setattr("workers.notifier.PAUSE_SECONDS", 0.01)
    troubles = [ZeroDivisionError("a bug")]

    def show(account, view, now):
        if troubles:
            raise troubles.pop()
        return house.show(account, view, now)

    notifier = Notifier([to], house.notices, poster(helpdesk.origin.address), show, house.clock)
    house.notices.begin(to)
    house.recorded(text_of(Journey("inbound")))
    stop = Flag()
    running = Thread(target=notifier.run, args=(stop,))
    running.start()
    try:
        eventually(lambda: helpdesk.ids, within=10)
    finally:
        stop.set()
        running.join()
    assert troubles == []


def test_logs_hold_no_secret_and_no_words_of_the_customer(house, helpdesk, follower):
    """Only the notice's id, and what the endpoint answered."""
    helpdesk.answers.append(REFUSED)
    house.recorded(text_of(Journey("inbound", text="my password is swordfish")))
    with capture_logs() as lines:
        follower.look(GO)

    written = json.dumps(lines, default=str)
    assert [one["event"] for one in lines if one["event"].startswith("notice")] == ["notice.refused"]
    assert not [one for one in (SECRET, SECRET.removeprefix("whsec_"), "swordfish", helpdesk.url) if one in written]
    assert SECRET not in repr(follower.__dict__)
