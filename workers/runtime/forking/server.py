"""
The fork server: `python -m workers.runtime.forking.server MODULE...`, with its control socket as standard input.

It starts with an empty environment and one thread, imports a job's module when it is first asked for it, and forks a
child per order. It never touches a customer's bytes itself. It ends when the worker's end of the control socket closes.
"""

import gc
import os
import signal
import sys
from dataclasses import dataclass
from selectors import EVENT_READ, DefaultSelector
from socket import AF_UNIX, MSG_DONTWAIT, SOCK_SEQPACKET, recv_fds, socket
from typing import NoReturn

from workers.runtime.forking import child, confinement
from workers.runtime.forking.messages import PACKET_BYTES, Ended, Order, Ready, decode_order, encode


@dataclass(frozen=True)
class Running:
    """A child and the job's socket: readable means that the worker has hung up."""

    pid: int
    pidfd: int
    answers: socket


class ForkServer:
    def __init__(self, control: socket, allowed: frozenset[str]) -> None:
        self._control = control
        self._allowed = allowed
        self._running: set[int] = set()
        self._selector = DefaultSelector()
        self._selector.register(control, EVENT_READ)

    def serve(self) -> None:
        """Until the worker is gone; children still running are killed with the server (PR_SET_PDEATHSIG)."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._take_order():
                        return
                else:
                    self._end(key.data, hung_up=key.fileobj is key.data.answers)

    def _end(self, running: Running, *, hung_up: bool) -> None:
        if running.answers.fileno() < 0:
            return  # settled a moment ago: both of its descriptors were ready
        if hung_up:
            os.kill(running.pid, signal.SIGKILL)
        self._settle(running)

    def _take_order(self) -> bool:
        packet, descriptors, _, _ = recv_fds(self._control, 2 * PACKET_BYTES, 1)
        if not packet or not descriptors:
            return False
        answers = socket(fileno=descriptors[0])
        self._start(decode_order(packet), answers)
        return True

    def _start(self, order: Order, answers: socket) -> None:
        child.learn(order, self._allowed)
        server = os.getpid()
        pid = os.fork()
        if pid == 0:
            confinement.die_with_parent(server)
            self._be_child(order, answers)
        self._running.add(pid)
        running = Running(pid, os.pidfd_open(pid), answers)
        self._selector.register(running.pidfd, EVENT_READ, running)
        self._selector.register(running.answers, EVENT_READ, running)

    def _be_child(self, order: Order, answers: socket) -> NoReturn:
        """Keep the job's socket and nothing else open."""
        mine = answers.detach()
        os.dup2(mine, 3)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        os.closerange(4, 65_536)
        child.main(order, self._allowed, socket(fileno=3))

    def _settle(self, running: Running) -> None:
        _, status, used = os.wait4(running.pid, 0)
        cpu_ms = round((used.ru_utime + used.ru_stime) * 1000)
        self._running.remove(running.pid)
        self._end_orphans()
        self._selector.unregister(running.pidfd)
        self._selector.unregister(running.answers)
        os.close(running.pidfd)
        with running.answers:
            try:
                ended = Ended(os.waitstatus_to_exitcode(status), used.ru_maxrss, cpu_ms)
                running.answers.send(encode(ended), MSG_DONTWAIT)
            except OSError:
                return  # the worker has hung up, or the child flooded it: closing says enough

    def _end_orphans(self) -> None:
        """A job that forks (the kernel counts no processes of a root) must not go on when it has ended."""
        while orphans := confinement.children() - self._running:
            for orphan in orphans:
                os.kill(orphan, signal.SIGKILL)
                os.waitpid(orphan, 0)


def main(modules: list[str]) -> None:
    control = socket(AF_UNIX, SOCK_SEQPACKET, fileno=os.dup(0))
    without = [] if confinement.without_network() else ["network namespace"]
    if not confinement.can_hide_files():
        without.append("landlock")
    if not confinement.can_count_children():
        without.append("end of orphans")
    confinement.adopt_orphans()
    gc.collect()
    gc.freeze()
    control.send(encode(Ready(without)))
    ForkServer(control, frozenset(modules)).serve()


if __name__ == "__main__":
    main(sys.argv[1:])
