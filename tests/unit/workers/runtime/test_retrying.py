"""Short retries inside one call: they end, and only what was named is tried again."""

from threading import Event as Flag

import pytest

from workers.runtime.retrying import until_stopped


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
