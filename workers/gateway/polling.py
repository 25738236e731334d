"""Long polls: look again until there is something to say, the caller's patience ends, or it hangs up."""

from collections.abc import Callable
from threading import Event as Flag
from typing import TypeVar

import anyio
from anyio import to_thread
from starlette.requests import Request

from workers.gateway.problems import Problem

MAX_WAIT_SECONDS = 25
"""Below what proxies and browsers cut off (30 s is the shortest that is common)."""
LOOK_AGAIN_SECONDS = 0.4

T = TypeVar("T")


async def poll(request: Request, look: Callable[[], T], is_news: Callable[[T], bool]) -> T:
    """The last look: with news, or when `?wait=` seconds are over."""
    seen = await to_thread.run_sync(look)
    with anyio.move_on_after(number(request, "wait", 0, MAX_WAIT_SECONDS)):
        while not (is_news(seen) or is_stopping(request) or await request.is_disconnected()):
            await anyio.sleep(LOOK_AGAIN_SECONDS)
            seen = await to_thread.run_sync(look)
    return seen


def is_stopping(request: Request) -> bool:
    """Nobody who merely waits holds up a shutdown."""
    stopping = request.app.state.stopping
    assert isinstance(stopping, Flag)
    return stopping.is_set()


def number(request: Request, name: str, default: int, maximum: int) -> int:
    """A number of the query. Raises Problem 422; more than the maximum is the maximum."""
    given = request.query_params.get(name, str(default))
    if not (given.isascii() and given.isdecimal() and len(given) <= 18):
        raise Problem(422, "wrong_field", f"`{name}` is a number, 0 or more.")
    return min(int(given), maximum)
