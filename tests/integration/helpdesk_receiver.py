"""A helpdesk's endpoint on loopback: it checks signatures by the README's own example, and answers as it is told."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import socket
from typing import Any

from tests.http_origin import Origin, Seen, answer

GATEWAY_README = Path(__file__).parents[2] / "workers" / "gateway" / "README.md"
SECRET = "whsec_" + "c2VjcmV0" * 4
TAKEN = answer(status="204 No Content")


def documented_verify() -> Callable[[str, Mapping[str, str], bytes], None]:
    """What an integrator copies, word for word."""
    block = re.search(r"```python\n(import base64, hmac.*?)```", GATEWAY_README.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    names: dict[str, Any] = {}
    exec(compile(block[1], str(GATEWAY_README), "exec"), names)
    found: Callable[[str, Mapping[str, str], bytes], None] = names["verify"]
    return found


@dataclass
class Receiver:
    """`answers` are used up in order, then everything is taken. `before` runs before each answer."""

    origin: Origin
    answers: list[bytes] = field(default_factory=list)
    before: Callable[[Seen], None] = lambda _: None

    @property
    def url(self) -> str:
        return self.origin.url("/hook")

    @property
    def ids(self) -> list[str]:
        return [one.headers["webhook-id"] for one in self.origin.seen]

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(one.body)["data"] for one in self.origin.seen]

    @property
    def effects(self) -> list[tuple[str, int]]:
        """(message, cursor), as a receiver counts that drops what it has."""
        return list(dict.fromkeys((one["message"], one["cursor"]) for one in self.told))

    def reply(self, connection: socket) -> None:
        seen = self.origin.seen[-1]
        reply = self.answers.pop(0) if self.answers else TAKEN
        self.before(seen)
        connection.sendall(reply)


@contextmanager
def receiver() -> Iterator[Receiver]:
    with Origin({}) as origin:
        made = Receiver(origin)
        origin.replies["/hook"] = made.reply
        yield made
