"""
Waiting inside one call: the only module that uses tenacity.

What concerns one message is a `Retry` of that message, delayed in the broker.
"""

from collections.abc import Awaitable, Callable
from threading import Event as Flag
from typing import TypeVar

import tenacity

T = TypeVar("T")


def until_stopped(
    call: Callable[[], T],
    *,
    retry_on: Callable[[BaseException], bool],
    stop: Flag,
    told: Callable[[BaseException], None],
    max_wait_seconds: float = 5.0,
) -> T:
    """
    Call until it works, for a process that waits for a server to come up.

    Gives up when `stop` is set (the last exception is raised); `told` hears of every failure.
    """

    def tell(state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if error:
            told(error)

    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(retry_on),
        stop=tenacity.stop_when_event_set(stop),
        wait=tenacity.wait_exponential(multiplier=0.2, max=max_wait_seconds) + tenacity.wait_random(0, 0.2),
        sleep=tenacity.sleep_using_event(stop),
        before_sleep=tell,
        reraise=True,
    )(call)


async def for_a_while(call: Callable[[], Awaitable[T]], *, retry_on: tuple[type[Exception], ...], seconds: float) -> T:
    """
    Call again after failures that come at once, for somebody who waits for the answer and will not ask again.

    No try begins later than this after the first; the last exception is raised. No thread is held between two tries.
    """
    return await tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(retry_on),
        stop=tenacity.stop_before_delay(seconds),
        wait=tenacity.wait_exponential(multiplier=0.05, max=0.5) + tenacity.wait_random(0, 0.1),
        reraise=True,
    )(call)
