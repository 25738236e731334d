"""The mailroom as a process."""

from threading import Event as Flag

from workers.mailroom.running import Listening, Mailroom
from workers.mailroom.services import MailroomServices
from workers.runtime.addresses import Gate
from workers.runtime.assemble import LivePorts
from workers.runtime.positions import Positions
from workers.runtime.process import DEADLINE_SECONDS, STOPPED, hard_deadline, stop_on_signals


def mailroom_services(ports: LivePorts) -> MailroomServices:
    return MailroomServices(
        settings=ports.settings,
        clock=ports.clock,
        store=ports.store,
        publisher=ports.broker.publisher(),
        intake=ports.intake,
        positions=Positions(ports.database, ports.clock),
        gate=Gate(ports.settings.endpoints.fetch_allow),
    )


def serve_mailroom(ports: LivePorts, listening: Listening) -> int:
    """Until SIGTERM. The broker may be away: what comes in is written down, and published later."""
    stop = Flag()
    room = Mailroom(mailroom_services(ports), listening, stop)
    with stop_on_signals(stop), hard_deadline(stop, DEADLINE_SECONDS), room:
        stop.wait()
    return STOPPED
