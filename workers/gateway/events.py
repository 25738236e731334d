"""
Live updates as Server-Sent Events: `GET /v1/events` of an account, `GET /webchat/events` of a visitor.

A stream is a hurry-up, never the truth: what it tells is read from the record, and whoever was away is told again from
its cursor. Conversations count their own changes; an account has no counter (its recorders would wait for each other),
so its cursor is a moment, and a reconnecting client hears a little more than it missed, never less.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta

import anyio
import msgspec
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse

from workers.gateway import showing
from workers.gateway.keys import authorize
from workers.gateway.polling import LOOK_AGAIN_SECONDS, is_stopping, number
from workers.gateway.services import GatewayServices, services_of
from workers.gateway.sessions import visitor_of
from workers.gateway.threads import LARGEST_CURSOR, moment
from workers.gateway.visitor_threads import shown_thread
from workers.runtime.database import DatabaseUnavailable

OVERLAP = timedelta(minutes=5)
"""A change shows when its transaction commits, under the moment when that began: longer than any transaction lives."""
HEARTBEAT_SECONDS = 15
"""Below what proxies cut off as idle; it also finds clients that are gone."""
LIVES_SECONDS = 600
"""Then the client comes back with its cursor, and its session is checked again."""
RETRY_MILLISECONDS = 1000


async def account_events(request: Request) -> StreamingResponse:
    """`conversation` events with a `ConversationShown`: ask for its messages `after` the cursor that you have."""
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    cursor = _cursor(request)
    newest = datetime.fromtimestamp(cursor / 1000, UTC) if cursor else services.clock.now()
    return _stream(request, _AccountFeed(services, caller.account, newest).news)


async def visitor_events(request: Request) -> StreamingResponse:
    """`messages` events with a `VisitorThreadShown`: what changed after the cursor."""
    services = services_of(request)
    visitor = visitor_of(request, services.settings)
    cursor = _cursor(request)

    def news() -> list[bytes]:
        nonlocal cursor
        thread = services.record.thread(visitor.account, visitor.conversation, after=cursor)
        if thread is None or thread.cursor <= cursor:
            return []
        shown = shown_thread(services, visitor, thread, cursor)
        cursor = thread.cursor
        return [_event("messages", cursor, shown)]

    return _stream(request, news)


class _AccountFeed:
    def __init__(self, services: GatewayServices, account: str, newest: datetime) -> None:
        self._services = services
        self._account = account
        self._newest = newest
        self._known: dict[str, int] = {}

    def news(self) -> list[bytes]:
        record = self._services.record
        recent = record.changed_since(self._account, self._newest - OVERLAP)
        changed = [one for one in recent if one.cursor > self._known.get(one.conversation, 0)]
        self._known = {one.conversation: one.cursor for one in recent}
        if not changed:
            return []
        self._newest = max(self._newest, changed[-1].changed_at)
        summaries = record.summaries(self._account, [one.conversation for one in changed])
        return [
            _event("conversation", moment(one.changed_at), showing.conversation(one, summaries[one.conversation]))
            for one in changed
        ]


def _cursor(request: Request) -> int:
    """What a reconnecting client has: `Last-Event-ID`, as browsers send it, or `?after=`."""
    given = request.headers.get("last-event-id", "")
    if given.isascii() and given.isdecimal():
        return min(int(given[:16]), LARGEST_CURSOR)
    return number(request, "after", 0, LARGEST_CURSOR)


def _event(name: str, cursor: int, shown: msgspec.Struct) -> bytes:
    return f"id: {cursor}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(shown) + b"\n\n"


def _stream(request: Request, news: Callable[[], list[bytes]]) -> StreamingResponse:
    headers = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, news), headers=headers, media_type="text/event-stream")


async def _told(request: Request, news: Callable[[], list[bytes]]) -> AsyncIterator[bytes]:
    """Until the time is over or the gateway stops; a database that is away ends it too, and the client comes back."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    with anyio.move_on_after(LIVES_SECONDS):
        quiet_since = anyio.current_time()
        while not is_stopping(request):
            try:
                found = await to_thread.run_sync(news)
            except DatabaseUnavailable:
                return
            if found or anyio.current_time() - quiet_since > HEARTBEAT_SECONDS:
                yield b"".join(found) or b":\n\n"
                quiet_since = anyio.current_time()
            await anyio.sleep(LOOK_AGAIN_SECONDS)
