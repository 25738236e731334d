"""Short retries inside one call: they end, and only what was named is tried again."""

from functools import partial
from threading import Event as Flag

import anyio
import pytest

from workers.runtime.retrying import for_a_while, until_stopped


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


async def patiently(call: Flaky, seconds: float) -> str:
    async def answer() -> str:
        return call()

    return await for_a_while(answer, retry_on=(OSError,), seconds=seconds)


def test_what_fails_at_once_is_asked_again() -> None:
    """Whoever waits for the answer gets it."""
    assert anyio.run(partial(patiently, Flaky(OSError(), OSError()), seconds=10)) == "answer"


@pytest.mark.parametrize(("error", "seconds"), [(OSError(), 0.2), (ValueError(), 10)])
def test_not_for_ever_and_not_after_every_error(error: Exception, seconds: float) -> None:
    """The last error is told when the time is up, any other at once."""
    call = Flaky(*[error] * 100)
    with pytest.raises(type(error)):
        anyio.run(partial(patiently, call, seconds=seconds))
    assert call.calls < 20
