"""The notifier, as a process and in one with all others."""

from threading import Event as Flag

from workers.gateway.shapes import MessageChanged
from workers.gateway.showing import Showing
from workers.notifier import Notifier
from workers.runtime.assemble import LivePorts
from workers.runtime.exchange import Waits
from workers.runtime.http import HttpClient
from workers.runtime.notices import Notices
from workers.runtime.process import DEADLINE_SECONDS, STOPPED, hard_deadline, stop_on_signals

WAITS = Waits(connect_seconds=5.0, idle_seconds=10.0, total_seconds=10.0)
"""Shorter than a process has to stop: nobody's helpdesk makes us overrun."""


def notifier(ports: LivePorts) -> Notifier:
    return Notifier(
        ports.settings.subscribers(),
        Notices(ports.database, ports.clock),
        HttpClient(ports.settings.endpoints.fetch_allow, waits=WAITS),
        lambda account, view, now: MessageChanged(timestamp=now, data=Showing(ports, account).message(view)),
        ports.clock,
    )


def notify_until_stopped(ports: LivePorts) -> int:
    stop = Flag()
    with stop_on_signals(stop), hard_deadline(stop, DEADLINE_SECONDS):
        notifier(ports).run(stop)
    return STOPPED
