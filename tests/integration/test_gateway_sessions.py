"""Sessions of pages: short, never more than their key, over with it."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.gateway_door import ACME, ACME_READER, RIVAL, open_door
from workers.runtime.clock import SystemClock


class MovingClock(SystemClock):
    ahead = timedelta()

    def now(self):
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def door(tmp_path):
    with open_door(tmp_path) as door:
        yield door


def session(door, key=ACME, **asked):
    return door.ask("POST", "/v1/sessions", key=key, json=asked)


def test_a_key_opens_a_session(door):
    """What the key can do, the session can."""
    opened = session(door, agent="Kim")
    shown = opened.json()
    assert (opened.status, shown["account"], shown["agent"]) == (201, "acme", "Kim")
    assert shown["scopes"] == ["upload", "reply", "read"]
    assert door.ask("GET", "/v1/conversations", key=shown["token"]).status == 200
    assert opened.headers["cache-control"] == "private, no-store"


def test_a_session_is_never_more_than_its_key(door):
    """Fewer scopes may be asked for; more are not there."""
    reading = session(door, scopes=["read"]).json()["token"]
    reader = session(door, key=ACME_READER).json()
    refused = door.ask("POST", "/v1/uploads", key=reading, body=b"x")
    assert (refused.status, refused.error) == (403, "scope_missing")
    assert reader["scopes"] == ["read"]
    assert session(door, key=ACME_READER, scopes=["reply"]).error == "scope_missing"
    assert session(door, key=reading).json()["scopes"] == ["read"]


def test_replies_bear_the_name_of_the_session(door):
    """Nobody writes in another agent's name."""
    token = session(door, agent="Kim").json()["token"]
    reply = {"channel": "sms", "contact": "+14155550100", "text": "hi", "agent": "Somebody"}
    door.ask("POST", "/v1/replies", key=token, json=reply)
    (event,) = door.events(1)
    assert event.data.agent == "Kim"


def test_a_session_ends_with_its_time(tmp_path):
    """And says so in a way that a page can tell apart."""
    clock = MovingClock()
    with open_door(tmp_path, clock=clock) as door:
        token = session(door, lives_seconds=60).json()["token"]
        clock.ahead = timedelta(seconds=61)
        ended = door.ask("GET", "/v1/conversations", key=token)
    assert (ended.status, ended.error) == (401, "session_expired")


def test_renewing_goes_on_for_a_working_day(tmp_path):
    """A session renews itself; twelve hours after the key was shown it is shown again."""
    clock = MovingClock()
    with open_door(tmp_path, clock=clock) as door:
        token = session(door, lives_seconds=12 * 3600).json()["token"]
        clock.ahead = timedelta(hours=11, minutes=59)
        renewed = session(door, key=token).json()["token"]
        clock.ahead = timedelta(hours=12, seconds=1)
        ended = door.ask("GET", "/v1/conversations", key=renewed)
    assert ended.error == "session_expired"


def test_a_session_ends_with_its_key(door):
    """Taking the key away is enough."""
    token = session(door).json()["token"]
    door.services.settings.accounts["acme"].api_keys.clear()
    assert door.ask("GET", "/v1/conversations", key=token).error == "session_expired"


@pytest.mark.parametrize("token", ["ts_", "ts_k1", "ts_k1.WzFd.x", "tb_desk_wrong", "ts_nokey.W10.x"])
def test_a_forged_session_is_nothing(door, token):
    """401, whatever it looks like."""
    assert door.ask("GET", "/v1/conversations", key=token).status == 401


def test_a_media_link_is_no_session(door):
    """What was signed for one purpose is worth nothing for another."""
    link = door.services.links.media_url(
        "acme", "media/acme/c/x", media_type="image/png", file_name="x", lives_seconds=60
    )
    assert door.ask("GET", "/v1/conversations", key="ts_" + link.split("/")[-2]).error == "session_invalid"


def test_a_code_opens_one_session(door):
    """The second one who brings it is told so."""
    code = door.services.codes.issue("rival", "desk", door.services.clock.now())
    first = door.ask("POST", "/v1/sessions", json={"code": code})
    second = door.ask("POST", "/v1/sessions", json={"code": code})
    assert (first.status, first.json()["account"]) == (201, "rival")
    assert (second.status, second.error) == (401, "code_invalid")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"scopes": ["operate"]}, "wrong_field"),
        ({"lives_seconds": 10**9}, "wrong_field"),
        ({"code": "x"}, "code_invalid"),
    ],
)
def test_what_no_session_is_given_for(door, asked, error):
    """A page never operates, never lives for ever, and never guesses."""
    assert session(door, key=RIVAL, **asked).error == error
