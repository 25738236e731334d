"""How the loop waits: for its sockets, and for a byte that a thread writes, but only while the loop waits."""

import select
import socket
from collections.abc import Sequence
from contextlib import suppress

from workers.runtime.rabbitmq.link import Link

READABLE = ~select.POLLOUT
"""Errors and hang-ups count: reading tells what they mean."""


class Wakeup:
    """A pair of sockets and not a pipe: a late `notify` must not write into whatever got the pipe's number."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._armed = False

    def arm(self) -> None:
        """Called by the loop before it looks for results a last time and waits."""
        self._armed = True

    def notify(self) -> None:
        """Called by a thread after it has put a result down."""
        if self._armed:
            self._armed = False
            with suppress(OSError):
                self._writer.send(b"!")

    def wait(self, links: Sequence[Link], seconds: float) -> list[Link]:
        """The links that have something to read, once there is one, or somebody notified, or the time is up."""
        by_fd = {link.fileno(): link for link in links}
        ready = wait_for(by_fd, seconds, also=[self._reader.fileno()])
        self._armed = False
        if self._reader.fileno() in ready:
            with suppress(BlockingIOError):
                self._reader.recv(512)
        return [link for fd, link in by_fd.items() if fd in ready]

    def close(self) -> None:
        self._armed = False
        self._reader.close()
        self._writer.close()


def wait_for(links: dict[int, Link], seconds: float, also: Sequence[int] = ()) -> set[int]:
    """The descriptors that are readable. Not select(), which knows only the first 1,024 of a process."""
    poll = select.poll()
    for fd, link in links.items():
        poll.register(fd, select.POLLIN | (select.POLLOUT if link.wants_write else 0))
    for fd in also:
        poll.register(fd, select.POLLIN)
    return {fd for fd, events in poll.poll(max(0.0, seconds) * 1000) if events & READABLE}
