"""The gateway as a process, and the whole system in one process."""

import socket
from threading import Event as Flag
from threading import Thread
from types import TracebackType
from typing import Self

from workers import roster
from workers.auditor import Auditor
from workers.commands.mailing import mailroom_services
from workers.commands.notifying import notifier
from workers.commands.stages import assignment, topology, work_queues
from workers.gateway.app import create_app
from workers.gateway.codes import OneTimeCodes
from workers.gateway.services import GatewayServices
from workers.gateway.serving import listen, serve
from workers.mailroom.running import Listening, Mailroom
from workers.runtime.assemble import LivePorts
from workers.runtime.process import (
    DEADLINE_SECONDS,
    STOPPED,
    Running,
    declare_when_there,
    hard_deadline,
    stop_on_signals,
)


def gateway_services(ports: LivePorts, codes: OneTimeCodes | None = None) -> GatewayServices:
    return GatewayServices(
        codes=codes or OneTimeCodes(),
        settings=ports.settings,
        clock=ports.clock,
        store=ports.store,
        publisher=ports.broker.publisher(),
        links=ports.links,
        intake=ports.intake,
        record=ports.record,
        queues=work_queues(ports.settings),
        decode=ports.quick_decode,
    )


def serve_gateway(ports: LivePorts, host: str, port: int) -> int:
    """Until SIGTERM. The broker may be away: what comes in is written down, and published later."""
    stop = Flag()
    with stop_on_signals(stop), hard_deadline(stop, DEADLINE_SECONDS):
        serve(create_app(gateway_services(ports)), listen(host, port), stop)
    return STOPPED


def audit_until_stopped(ports: LivePorts) -> int:
    stop = Flag()
    with stop_on_signals(stop), hard_deadline(stop, DEADLINE_SECONDS):
        if declare_when_there(ports.broker, topology(ports.settings), stop):
            auditor(ports).run(stop)
    return STOPPED


def auditor(ports: LivePorts) -> Auditor:
    return Auditor(ports.record, ports.intake, ports.broker.publisher(), ports.store, ports.settings)


class Embedded:
    """Every worker, the gateway, the auditor and the notifier on threads of this process, while the context lasts."""

    def __init__(self, ports: LivePorts, listening: socket.socket, mail: Listening | None = None) -> None:
        self.ports = ports
        self.mailroom = Mailroom(mailroom_services(ports), mail or Listening())
        self._listening = listening
        self._stop = Flag()
        self._codes = OneTimeCodes()
        names = (*roster.NAMES, "recorder")
        self._running = Running([assignment(name, ports, self._stop) for name in names], ports.broker, self._stop)
        self._others = [
            Thread(target=self._serve, name="gateway"),
            Thread(target=self._audit, name="auditor"),
            Thread(target=self._notify, name="notifier"),
        ]

    @property
    def exit_code(self) -> int:
        return self._running.exit_code

    def __enter__(self) -> Self:
        self.ports.database.migrate()
        declare_when_there(self.ports.broker, topology(self.ports.settings), self._stop)
        self._running.__enter__()
        for thread in self._others:
            thread.start()
        self.mailroom.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mailroom.__exit__(kind, error, trace)
        self._running.__exit__(kind, error, trace)
        for thread in self._others:
            thread.join()
        self.ports.close()

    def page_url(self, account: str) -> str | None:
        """Where the agent's page opens without a key, once; None for an account without a key that may read."""
        keys = self.ports.settings.accounts[account].api_keys
        key = next((key.id for key in keys if "read" in key.scopes), None)
        if key is None:
            return None
        code = self._codes.issue(account, key, self.ports.clock.now())
        return f"{self.ports.settings.endpoints.public_url}#code={code}"

    def wait(self) -> None:
        """Until SIGTERM or SIGINT, or until one of the parts breaks."""
        with stop_on_signals(self._stop):
            self._running.wait()

    @property
    def _forgets(self) -> bool:
        """Whether the broker lost all that was in flight when the process before this one ended."""
        return self.ports.settings.endpoints.in_one_process

    def _serve(self) -> None:
        serve(create_app(gateway_services(self.ports, self._codes)), self._listening, self._stop)

    def _notify(self) -> None:
        notifier(self.ports).run(self._stop)

    def _audit(self) -> None:
        auditor(self.ports).run(self._stop, at_start=self._forgets)
