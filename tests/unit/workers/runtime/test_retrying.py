"""Short retries inside one call: they end, and only what was named is tried again."""

from threading import Event as Flag

import pytest

from workers.runtime.retrying import briefly, until_stopped


class Flaky:
    """Fails with these errors, one a call, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "answer"


def test_a_call_that_works_the_second_time_answers() -> None:
    """After a short wait."""
    waits: list[float] = []
    call = Flaky(ConnectionError())
    assert briefly(call, on=(ConnectionError,), sleep=waits.append) == "answer"
    assert (call.calls, len(waits)) == (2, 1)
    assert 0 < waits[0] <= 0.3


def test_the_last_error_is_raised_as_it_is() -> None:
    """No wrapper hides what happened."""
    call = Flaky(ConnectionError("1"), ConnectionError("2"), ConnectionError("3"), ConnectionError("4"))
    with pytest.raises(ConnectionError, match="3"):
        briefly(call, on=(ConnectionError,), attempts=3, sleep=lambda _: None)


def test_other_errors_are_not_tried_again() -> None:
    """A bug does not get better by repetition."""
    call = Flaky(ValueError())
    with pytest.raises(ValueError):
        briefly(call, on=(ConnectionError,), sleep=lambda _: None)
    assert call.calls == 1


def test_it_gives_up_before_its_time_is_over() -> None:
    """However many attempts are left."""
    call = Flaky(*[ConnectionError()] * 100)
    with pytest.raises(ConnectionError):
        briefly(call, on=(ConnectionError,), attempts=100, within_seconds=0.5)
    assert 1 < call.calls < 6


def test_waiting_for_a_server_ends_when_it_is_there() -> None:
    """And every failure on the way was told."""
    told: list[BaseException] = []
    call = Flaky(OSError("1"), OSError("2"))
    answer = until_stopped(
        call, retry_on=lambda e: isinstance(e, OSError), stop=Flag(), told=told.append, max_wait_seconds=0.01
    )
    assert (answer, [str(error) for error in told]) == ("answer", ["1", "2"])


def test_waiting_for_a_server_ends_when_told_to_stop() -> None:
    """A process that is stopped while it waits does not wait on."""
    stop = Flag()
    call = Flaky(*[OSError()] * 100)
    with pytest.raises(OSError):
        until_stopped(call, retry_on=lambda e: isinstance(e, OSError), stop=stop, told=lambda _: stop.set())
    assert call.calls <= 2
