"""What a download's status means."""

from datetime import UTC, datetime

import pytest

from schemas.reason import Refused
from workers.runtime.outcome import Retry
from workers.runtime.source_status import check_ready, check_whole_file, retry_after

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [204, 206, 300, 304, 404, 408, 410, 425, 429, 500, 502, 503, 504, 599])
def test_what_may_still_come_is_tried_again(status: int) -> None:
    """Also a 404: a young link may not have reached all servers."""
    with pytest.raises(Retry) as caught:
        check_whole_file(status, {}, NOW)
    assert caught.value.code == "source_unavailable"


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "source_forbidden"), (403, "source_forbidden"), (400, "source_refused"), (451, "source_refused")],
)
def test_what_will_never_come_is_refused(status: int, code: str) -> None:
    """With a sentence for the agent."""
    with pytest.raises(Refused) as caught:
        check_whole_file(status, {}, NOW)
    assert caught.value.code == code


def test_a_whole_file_passes() -> None:
    """Only 200 is a file."""
    check_whole_file(200, {}, NOW)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 404])
def test_a_step_leaves_its_status_to_the_channel(status: int) -> None:
    """Only what the server itself calls temporary is not the channel's business."""
    check_ready(status, {}, NOW)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", 120.0),
        ("0", 0.0),
        ("99999999999999", 86_400.0),
        ("Sun, 22 Nov 2026 12:01:00 GMT", 60.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("-5", None),
        ("soon", None),
        ("", None),
        ("²", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, expected: float | None) -> None:
    """Seconds or a date; never below zero nor above a day, and nonsense is nothing."""
    assert retry_after({"retry-after": value}, NOW) == expected


def test_the_wait_that_was_asked_for_rides_in_the_retry() -> None:
    """A 429 says how long."""
    with pytest.raises(Retry) as caught:
        check_ready(429, {"retry-after": "7"}, NOW)
    assert caught.value.after_seconds == 7
