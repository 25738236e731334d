"""
Retries inside one call, a few seconds at most: the only module that uses tenacity.

Whatever takes longer is a `Retry` of the whole message, delayed in the broker.
"""

from collections.abc import Callable
from threading import Event as Flag
from typing import TypeVar

import tenacity

T = TypeVar("T")


def briefly(
    call: Callable[[], T],
    *,
    on: tuple[type[Exception], ...],
    attempts: int = 3,
    within_seconds: float = 3.0,
    sleep: Callable[[float], None] = tenacity.nap.sleep,
) -> T:
    """
    Call again on these exceptions, after about 0.1 s, then 0.2 s and so on, with jitter.

    The last exception is raised as it is. `call` must be safe to repeat.
    """
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(on),
        stop=tenacity.stop_after_attempt(attempts) | tenacity.stop_before_delay(within_seconds),
        wait=tenacity.wait_exponential(multiplier=0.1, max=1.0) + tenacity.wait_random(0, 0.1),
        sleep=sleep,
        reraise=True,
    )(call)


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
