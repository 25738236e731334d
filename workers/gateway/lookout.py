"""What changed lately in an account: asked of the record once for everybody of this process who listens."""

import math
from datetime import datetime, timedelta

import anyio
from anyio import to_thread

from workers.runtime.record import Record
from workers.runtime.views import ConversationView

OVERLAP = timedelta(minutes=5)
"""A change shows when its transaction commits, under the moment when that began: longer than any transaction lives."""
LOOK_AGAIN_SECONDS = 0.3


class Lookout:
    """Of one account. However many listen, the record is asked once in `LOOK_AGAIN_SECONDS`."""

    def __init__(self, record: Record, account: str, now: datetime) -> None:
        self._record = record
        self._account = account
        self._newest = now
        self._recent: dict[str, ConversationView] = {}
        self._looked_at = -math.inf
        self._lock = anyio.Lock()

    async def recent(self) -> dict[str, ConversationView]:
        """The conversations that changed in the last minutes, the one that changed first first."""
        async with self._lock:
            if anyio.current_time() - self._looked_at >= LOOK_AGAIN_SECONDS:
                found = await to_thread.run_sync(self._record.changed_since, self._account, self._newest - OVERLAP)
                self._looked_at = anyio.current_time()
                self._recent = {one.conversation: one for one in found}
                self._newest = max([self._newest, *(one.changed_at for one in found)])
        return self._recent
