"""A shop's page with visitors on it: the far side of webchat, with the names that the providers' stand-ins have."""

import mimetypes
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import urllib3

from workers.sandbox.phone import PhoneFile, PhoneMessage
from workers.sandbox.stand_in import StandIn
from workers.sandbox.visitor import SeenFile, SeenMessage, Visitor, VisitorRefused

LOOK_SECONDS = 0.1


@dataclass(frozen=True)
class Window:
    """A visitor's browser."""

    visitor: Visitor

    @property
    def received(self) -> list[PhoneMessage]:
        """What agents sent and the page has shown whole, in its order."""
        return [self._message(one) for one in self.visitor.messages.copy().values() if self._is_whole(one)]

    def _is_whole(self, seen: SeenMessage) -> bool:
        saved = all(file.id in self.visitor.saved for file in seen.attachments)
        return seen.sender == "agent" and bool(seen.parts) and saved

    def _message(self, seen: SeenMessage) -> PhoneMessage:
        files = tuple(self._file(file) for file in seen.attachments)
        return PhoneMessage(sid=seen.message, sender=self.visitor.address, text=seen.text or "", files=files)

    def _file(self, seen: SeenFile) -> PhoneFile:
        path = self.visitor.saved[seen.id]
        media_type = seen.mime or mimetypes.guess_type(path.name)[0] or ""
        return PhoneFile(path=path, media_type=media_type, size_bytes=path.stat().st_size)


class SandboxWebchat(StandIn):
    """
    Visitors arrive and stay: their pages look for news until it stops. What they get is kept in `folder`, one each.

    `reads`: they read what they see.
    """

    def __init__(self, gateway_url: str, folder: Path, *, address: str = "demo-shop", reads: bool = True) -> None:
        self.address = address
        self._gateway_url = gateway_url
        self._folder = folder
        self._reads = reads
        self._visitors: dict[str, Visitor] = {}
        self._stop = threading.Event()
        super().__init__(self._looking())

    @property
    def fetch_allow(self) -> list[str]:
        """A visitor's files lie in our own store already."""
        return []

    @property
    def rejections(self) -> Sequence[str]:
        """Nobody stands between us and the visitor."""
        return ()

    def connection(self) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        key = {"visitor_key": {"value": token_hex(32)}}
        return {"provider": "webchat", "address": self.address, "credentials": key}

    def arrives(self) -> str:
        """Somebody opens the page: their contact."""
        folder = self._folder / f"{len(self._visitors) + 1:03}"
        visitor = Visitor(self._gateway_url, self.address, folder, reads=self._reads)
        self._visitors[visitor.contact] = visitor
        return visitor.contact

    def customer(self, contact: str) -> Window:
        return Window(self._visitors[contact])

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str:
        """The message's id."""
        return self._visitors[contact].send(text or None, files)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        looking = threading.Thread(target=self._look, name="sandbox-visitors", daemon=True)
        looking.start()
        try:
            yield
        finally:
            self._stop.set()
            looking.join()
            for visitor in self._visitors.values():
                visitor.close()

    def _look(self) -> None:
        """A page whose gateway is away for a moment looks again."""
        while not self._stop.wait(LOOK_SECONDS):
            for visitor in list(self._visitors.values()):
                with suppress(urllib3.exceptions.HTTPError, VisitorRefused):
                    visitor.look()
