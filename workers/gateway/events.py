"""
Live updates as Server-Sent Events: `GET /v1/events` of an account, `GET /webchat/events` of a visitor.

A stream is a hurry-up, never the truth: what it tells is read from the record, and whoever was away is told again from
its cursor. Conversations count their own changes; an account has no counter (its recorders would wait for each other),
so its cursor is a moment, and a reconnecting client hears a little more than it missed, never less.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime

import anyio
import msgspec
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import StreamingResponse

from workers.gateway import showing
from workers.gateway.keys import authorize
from workers.gateway.lookout import LOOK_AGAIN_SECONDS, OVERLAP
from workers.gateway.polling import is_stopping, number
from workers.gateway.services import GatewayServices, lookout, services_of
from workers.gateway.sessions import Visitor, visitor_of
from workers.gateway.threads import LARGEST_CURSOR, moment
from workers.gateway.visitor_threads import shown_thread
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.views import ConversationView

HEARTBEAT_SECONDS = 15
"""Below what proxies cut off as idle; it also finds clients that are gone."""
LIVES_SECONDS = 600
"""Then the client comes back with its cursor, and its session is checked again."""
RETRY_MILLISECONDS = 1000

News = Callable[[], Awaitable[list[bytes]]]


async def account_events(request: Request) -> StreamingResponse:
    """`conversation` events with a `ConversationShown`: ask for its messages `after` the cursor that you have."""
    services = services_of(request)
    caller = authorize(request, services.settings, "read")
    now = services.clock.now()
    cursor = min(_cursor(request), moment(now))
    since = (datetime.fromtimestamp(cursor / 1000, UTC) if cursor else now) - OVERLAP
    return _stream(request, _AccountFeed(services, caller.account, since).news)


async def visitor_events(request: Request) -> StreamingResponse:
    """`messages` events with a `VisitorThreadShown`: what changed after the cursor."""
    services = services_of(request)
    return _stream(request, _VisitorFeed(services, visitor_of(request, services.settings), _cursor(request)).news)


class _AccountFeed:
    """First all that changed since a moment, then what the lookout sees."""

    def __init__(self, services: GatewayServices, account: str, since: datetime) -> None:
        self._services = services
        self._account = account
        self._since: datetime | None = since
        self._known: dict[str, int] = {}

    async def news(self) -> list[bytes]:
        recent = await self._recent()
        changed = [one for one in recent if one.cursor > self._known.get(one.conversation, 0)]
        self._known |= {one.conversation: one.cursor for one in changed}
        return await to_thread.run_sync(self._told, changed) if changed else []

    async def _recent(self) -> Sequence[ConversationView]:
        if self._since is None:
            return [*(await lookout(self._services, self._account).recent()).values()]
        since, self._since = self._since, None
        return await to_thread.run_sync(self._services.record.changed_since, self._account, since)

    def _told(self, changed: Sequence[ConversationView]) -> list[bytes]:
        summaries = self._services.record.summaries(self._account, [one.conversation for one in changed])
        return [
            _event("conversation", moment(one.changed_at), showing.conversation(one, summaries[one.conversation]))
            for one in changed
        ]


class _VisitorFeed:
    """Looks at the conversation once, and again whenever the lookout sees that it went further."""

    def __init__(self, services: GatewayServices, visitor: Visitor, cursor: int) -> None:
        self._services = services
        self._visitor = visitor
        self._cursor = cursor
        self._has_looked = False

    async def news(self) -> list[bytes]:
        if self._has_looked:
            recent = await lookout(self._services, self._visitor.account).recent()
            changed = recent.get(self._visitor.conversation)
            if changed is None or changed.cursor <= self._cursor:
                return []
        self._has_looked = True
        return await to_thread.run_sync(self._look)

    def _look(self) -> list[bytes]:
        thread = self._services.record.thread(self._visitor.account, self._visitor.conversation, after=self._cursor)
        if thread is None or thread.cursor <= self._cursor:
            return []
        shown = shown_thread(self._services, self._visitor, thread, self._cursor)
        self._cursor = thread.cursor
        return [_event("messages", self._cursor, shown)]


def _cursor(request: Request) -> int:
    """What a reconnecting client has: `Last-Event-ID`, as browsers send it, or `?after=`."""
    given = request.headers.get("last-event-id", "")
    if given.isascii() and given.isdecimal():
        return min(int(given[:16]), LARGEST_CURSOR)
    return number(request, "after", 0, LARGEST_CURSOR)


def _event(name: str, cursor: int, shown: msgspec.Struct) -> bytes:
    return f"id: {cursor}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(shown) + b"\n\n"


def _stream(request: Request, news: News) -> StreamingResponse:
    headers = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_told(request, news), headers=headers, media_type="text/event-stream")


async def _told(request: Request, news: News) -> AsyncIterator[bytes]:
    """Until the time is over or the gateway stops; a database that is away ends it too, and the client comes back."""
    yield f"retry: {RETRY_MILLISECONDS}\n\n".encode()
    quiet_since = began = anyio.current_time()
    while not is_stopping(request) and anyio.current_time() - began < LIVES_SECONDS:
        try:
            found = await news()
        except DatabaseUnavailable:
            return
        if found or anyio.current_time() - quiet_since > HEARTBEAT_SECONDS:
            yield b"".join(found) or b":\n\n"
            quiet_since = anyio.current_time()
        await anyio.sleep(LOOK_AGAIN_SECONDS)
