"""A webchat visitor: what a browser on a shop's page asks of the gateway, and what it shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, TypeVar
from urllib.parse import quote
from uuid import uuid4

import msgspec
import urllib3
from msgspec import Struct

CONNECT_SECONDS = 5.0
READ_SECONDS = 60.0

T = TypeVar("T")


class VisitorRefused(Exception):
    """Raised when the gateway says no to the visitor; the message is its sentence."""

    retryable = False

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{sentence} ({code}, HTTP {status})")
        self.status = status
        self.code = code


class SeenFile(Struct, frozen=True, kw_only=True):
    """A file as the page gets it: its URLs die after minutes."""

    id: str
    state: str
    mime: str | None = None
    file_name: str | None = None
    width: int | None = None
    height: int | None = None
    url: str | None = None
    thumbnail_url: str | None = None
    preview_url: str | None = None


class SeenMessage(Struct, frozen=True, kw_only=True):
    """`sender` is `visitor` or `agent`."""

    message: str
    sender: str
    state: str
    text: str | None = None
    attachments: list[SeenFile] = []
    parts: list[str] = []


class _Session(Struct, frozen=True, kw_only=True):
    token: str
    conversation: str
    contact: str


class _Thread(Struct, frozen=True, kw_only=True):
    messages: list[SeenMessage]
    cursor: int


class _Uploaded(Struct, frozen=True, kw_only=True):
    upload: str


class _Posted(Struct, frozen=True, kw_only=True):
    message: str


class _Error(Struct, frozen=True, kw_only=True):
    code: str
    sentence: str


class _Refusal(Struct, frozen=True, kw_only=True):
    error: _Error


@dataclass
class Visitor:
    """
    Opens a session at once. `address` names the webchat; what agents send is saved in `folder`. One who `reads` tells
    so of what was shown.

    `saved` are the paths by attachment id, `messages` everything the page has shown, by message id.
    """

    gateway_url: str
    address: str
    folder: Path
    reads: bool = False
    messages: dict[str, SeenMessage] = field(default_factory=dict)
    saved: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        self._http = urllib3.PoolManager(timeout=timeout, retries=False)
        self._cursor = 0
        self._acknowledged: set[tuple[str, str]] = set()
        self._headers: dict[str, str] = {}
        session = self._ask(_Session, "POST", f"/webchat/{quote(self.address, safe='')}/sessions")
        self.conversation, self.contact = session.conversation, session.contact
        self._headers = {"Authorization": f"Bearer {session.token}"}

    def send(self, text: str | None = None, files: Sequence[Path] = (), client_message_id: str | None = None) -> str:
        """Upload the files, then post the message: its id. The same `client_message_id` again is the same message."""
        posted = [{"upload": self.upload(path), "file_name": path.name} for path in files]
        body = {"client_message_id": client_message_id or uuid4().hex, "text": text, "files": posted}
        return self._ask(_Posted, "POST", "/webchat/messages", msgspec.json.encode(body)).message

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            headers = {"Content-Type": "application/octet-stream", "Content-Length": str(path.stat().st_size)}
            url = f"/webchat/uploads?file_name={quote(path.name)}"
            return self._ask(_Uploaded, "POST", url, file, headers).upload

    def look(self, wait_seconds: int = 0) -> list[SeenMessage]:
        """What is new or changed since the last look; an agent's files are saved and each part acknowledged."""
        path = f"/webchat/messages?after={self._cursor}&wait={wait_seconds}"
        thread = self._ask(_Thread, "GET", path)
        self._cursor = thread.cursor
        for message in thread.messages:
            self.messages[message.message] = message
            if message.sender == "agent":
                self._show(message)
        return thread.messages

    def download(self, url: str) -> bytes:
        """A media URL as a browser opens it, without the session."""
        answer = self._http.request("GET", url, redirect=False)
        if answer.status != 200:
            raise VisitorRefused(answer.status, "media_unavailable", "The file could not be fetched.")
        return answer.data

    def close(self) -> None:
        self._http.clear()

    def _show(self, message: SeenMessage) -> None:
        self._save(message.attachments)
        for part in message.parts:
            if (message.message, part) not in self._acknowledged:
                for status in ("delivered", "read") if self.reads else ("delivered",):
                    receipt = {"message": message.message, "part": part, "status": status}
                    self._ask(Struct, "POST", "/webchat/receipts", msgspec.json.encode(receipt))
                self._acknowledged.add((message.message, part))

    def _save(self, files: Iterable[SeenFile]) -> None:
        for file in files:
            if file.url and file.id not in self.saved:
                self.folder.mkdir(parents=True, exist_ok=True)
                path = self.folder / f"{len(self.saved) + 1:03}-{Path(file.file_name or file.id).name}"
                path.write_bytes(self.download(file.url))
                self.saved[file.id] = path

    def _ask(
        self,
        kind: type[T],
        method: str,
        path: str,
        body: bytes | BinaryIO | None = None,
        headers: Mapping[str, str] = MappingProxyType({"Content-Type": "application/json"}),
    ) -> T:
        answer = self._http.request(
            method,
            self.gateway_url.rstrip("/") + path,
            body=body,
            headers=self._headers | dict(headers),
            redirect=False,
        )
        if answer.status >= 300:
            raise _refused(answer)
        return msgspec.json.decode(answer.data, type=kind)


def _refused(answer: urllib3.BaseHTTPResponse) -> VisitorRefused:
    try:
        error = msgspec.json.decode(answer.data, type=_Refusal).error
    except msgspec.DecodeError:
        error = _Error(code="unreadable", sentence="The gateway's answer made no sense.")
    return VisitorRefused(answer.status, error.code, error.sentence)
