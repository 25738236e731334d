"""A helpdesk in a few lines: what an agent's page asks of the gateway. Used by `trombone send` and the demo."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import urllib3

CHUNK = 64 * 1024


class GatewayRefused(Exception):
    """Raised when the gateway says no; the message is its sentence."""

    retryable = False

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(f"{sentence} ({code}, HTTP {status})")
        self.code = code


class GatewayAway(Exception):
    """Raised when nobody answers at the gateway's URL, or somebody who is no gateway."""

    code = "gateway_away"
    retryable = True


@dataclass(frozen=True)
class Helpdesk:
    """`url` is the gateway's, `key` an API key of one account."""

    url: str
    key: str = field(repr=False)
    http: urllib3.PoolManager = field(
        default_factory=lambda: urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=60), retries=False),
        repr=False,
    )

    def check_may_upload(self) -> None:
        """Raises GatewayRefused before the first byte of a file travels."""
        self._ask("GET", f"/v1/uploads/{uuid4().hex}")

    def channels(self) -> list[str]:
        """Those that the account is connected to."""
        answer = self._ask("GET", "/v1/channels")
        if "channels" not in answer:
            raise self._stranger(200)
        return sorted({str(one["channel"]) for one in answer["channels"]})

    def upload(self, path: Path, on_progress: Callable[[int], None] = lambda _: None) -> str:
        """The upload's id. `on_progress` hears of every chunk's size."""
        answer = self._ask(
            "POST",
            f"/v1/uploads?file_name={quote(path.name)}",
            body=_chunks(path, on_progress),
            headers={"Content-Length": str(path.stat().st_size), "Content-Type": "application/octet-stream"},
        )
        if "upload" not in answer:
            raise self._stranger(200)
        return str(answer["upload"])

    def reply(
        self,
        channel: str,
        contact: str,
        *,
        text: str | None = None,
        uploads: Sequence[tuple[str, str]] = (),
        idempotency_key: str | None = None,
    ) -> dict[str, Any]:
        """Ask for a reply; `uploads` are (id, file name). Answers with `message` and `conversation`."""
        return self._ask(
            "POST",
            "/v1/replies",
            json={
                "channel": channel,
                "contact": contact,
                "text": text,
                "files": [{"upload": upload, "file_name": name} for upload, name in uploads],
            },
            headers={"Idempotency-Key": idempotency_key or uuid4().hex},
        )

    def message(self, message: str) -> dict[str, Any] | None:
        """One message as the thread shows it; None while it is not in the record yet."""
        try:
            return self._ask("GET", f"/v1/messages/{message}")
        except GatewayRefused as refused:
            if refused.code == "message_unknown":
                return None
            raise

    def thread(self, conversation: str) -> dict[str, Any]:
        return self._ask("GET", f"/v1/conversations/{conversation}")

    def conversations(self) -> list[dict[str, Any]]:
        answer = self._ask("GET", "/v1/conversations")
        return list(answer["conversations"])

    def download(self, url: str) -> bytes:
        return self.http.request("GET", url).data

    def _ask(self, method: str, path: str, headers: dict[str, str] | None = None, **kwargs: Any) -> dict[str, Any]:
        try:
            answer = self.http.request(
                method,
                f"{self.url.rstrip('/')}{path}",
                headers={"Authorization": f"Bearer {self.key}", **(headers or {})},
                **kwargs,
            )
        except urllib3.exceptions.HTTPError as error:
            raise GatewayAway(f"No gateway answers at {self.url} ({type(error).__name__}).") from error
        try:
            content = dict(answer.json())
            if answer.status < 400:
                return content
            refused = GatewayRefused(answer.status, content["error"]["code"], content["error"]["sentence"])
        except (ValueError, LookupError, TypeError) as error:
            raise self._stranger(answer.status) from error
        raise refused

    def _stranger(self, status: int) -> GatewayAway:
        return GatewayAway(f"What answers at {self.url} is no gateway (HTTP {status}).")


def _chunks(path: Path, on_progress: Callable[[int], None]) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
            on_progress(len(chunk))
