"""
Tell helpdesks what changed: one signed POST for each message that changed, as an alternative to consuming AMQP.

It reads the record, and keeps for every endpoint its place in every conversation. Each endpoint is followed on a thread
of its own, so that a slow or dead one never holds up the others. Of several notifiers one follows an endpoint; when it
is gone, another one does.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event as Flag
from threading import Thread
from typing import Protocol

import msgspec
import structlog

from deliver.outgoing import NoAnswer, NotSent, ProviderAnswer
from workers.runtime.clock import Clock
from workers.runtime.database import DatabaseUnavailable
from workers.runtime.notices import Failure, Notice, Notices
from workers.runtime.signatures import signed_headers
from workers.runtime.source_status import retry_after
from workers.runtime.subscribers import Subscriber
from workers.runtime.views import MessageView

log = structlog.get_logger()

LOOK_SECONDS = 0.5
PAUSE_SECONDS = 5.0
AT_ONCE = 100
OVERLAP = timedelta(minutes=5)
"""A change shows when its transaction commits, under the moment when that began: longer than any transaction lives."""
GONE = 410
OUTAGES = frozenset({408, GONE, 425, 429, 502, 503, 504})
"""Answers that say nothing about this notice: all of the endpoint's wait."""

Show = Callable[[str, MessageView, datetime], msgspec.Struct]
"""(account, message, now) -> the body of a notice."""


class Poster(Protocol):
    def post_notice(self, url: str, headers: Mapping[str, str], body: bytes) -> ProviderAnswer:
        """Raises NotSent or NoAnswer."""


class Notifier:
    def __init__(
        self, subscribers: Sequence[Subscriber], notices: Notices, poster: Poster, show: Show, clock: Clock
    ) -> None:
        self.followers = [Follower(one, notices, poster, show, clock) for one in subscribers]

    def run(self, stop: Flag) -> None:
        """Until told to stop; without an endpoint it only waits."""
        threads = [Thread(target=one.run, args=(stop,), name="notifier", daemon=True) for one in self.followers]
        for thread in threads:
            thread.start()
        stop.wait()
        for thread in threads:
            thread.join()


class Follower:
    """Of one endpoint."""

    def __init__(self, to: Subscriber, notices: Notices, poster: Poster, show: Show, clock: Clock) -> None:
        self._to = to
        self._notices = notices
        self._lease = notices.lease(to)
        self._poster = poster
        self._show = show
        self._clock = clock
        self._log = log.bind(account=to.account, webhook=to.webhook)
        self._since: datetime | None = None
        """What changed before has been told, or has its time for a retry; None: look at everything."""
        self._rewinds: int | None = None

    def run(self, stop: Flag) -> None:
        while not stop.is_set():
            try:
                self.look(stop)
            except DatabaseUnavailable as error:
                self._log.warning("webhook.postponed", code=error.code)
                stop.wait(PAUSE_SECONDS)
            except Exception:  # noqa: BLE001 - nobody would follow the endpoint any more, unnoticed
                self._log.exception("webhook.broken")
                stop.wait(PAUSE_SECONDS)
            stop.wait(LOOK_SECONDS)
        with suppress(DatabaseUnavailable):
            self._lease.let_go()

    def look(self, stop: Flag) -> None:
        """Tell what there is to tell now, until the endpoint needs a pause."""
        now = self._clock.now()
        standing = self._notices.begin(self._to)
        if standing.rewinds != self._rewinds:
            self._rewinds, self._since = standing.rewinds, None
        if standing.disabled_at or (standing.quiet_until and standing.quiet_until > now):
            return
        if not self._lease.hold():
            return
        # Whatever interrupts this look, the next one then looks at everything.
        since, self._since = self._since, None
        behind = self._notices.behind(self._to, since, AT_ONCE)
        if all(self._catch_up(one, stop) for one in behind):
            self._since = since if len(behind) >= AT_ONCE else now - OVERLAP

    def _catch_up(self, conversation: str, stop: Flag) -> bool:
        """False: nothing more goes to this endpoint for now."""
        while notice := self._notices.next(self._to, conversation):
            if stop.is_set() or not self._lease.hold():
                return False
            failure = self._tell(notice)
            if failure is None:
                self._notices.taken(self._to, notice)
                continue
            self._log.warning("notice.refused", notice=notice.id, problem=failure.problem)
            self._notices.failed(self._to, notice, failure)
            return not failure.outage
        return True

    def _tell(self, notice: Notice) -> Failure | None:
        """None: taken."""
        now = self._clock.now()
        body = msgspec.json.encode(self._show(self._to.account, notice.view, now))
        headers = signed_headers(self._to.secrets, notice.id, int(now.timestamp()), body)
        try:
            answer = self._poster.post_notice(self._to.url, headers, body)
        except (NotSent, NoAnswer) as error:
            return Failure(str(error), outage=True)
        if 200 <= answer.status < 300:
            return None
        return Failure(
            f"status {answer.status}",
            outage=answer.status in OUTAGES,
            gone=answer.status == GONE,
            retry_after_seconds=retry_after(answer.headers, self._clock.now()) or 0.0,
        )
