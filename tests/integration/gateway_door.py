"""The gateway over real HTTP: uvicorn in a thread, SQLite in a file, a folder as the store, the broker in memory."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode

import urllib3

from schemas.codec import decode
from schemas.event import AnyEvent
from tests.polling import eventually
from workers.gateway.app import create_app
from workers.gateway.keys import digest_of
from workers.gateway.services import GatewayServices
from workers.gateway.serving import listen, serve
from workers.runtime.broker import Broker, Delivery, Outgoing, Subscription
from workers.runtime.clock import SystemClock
from workers.runtime.database import Database
from workers.runtime.decoding import ForkDecoder
from workers.runtime.folder import FolderStore
from workers.runtime.intake import Intake
from workers.runtime.links import SignedLinks
from workers.runtime.memory import MemoryBroker
from workers.runtime.record import Record
from workers.runtime.settings import Settings, load
from workers.runtime.topology import EVENTS, Binding, Exchange, Queue, Topology

PUBLIC = "https://door.example"
SID = "AC00000000000000000000000000000000"
TOKEN = "twilio-token-of-acme"
ACME = "tb_desk_acme-secret"
ACME_READER = "tb_reader_another-secret"
ACME_WATCH = "tb_watch_third-secret"
RIVAL = "tb_desk_rival-secret"
NUMBER = "+15005550006"
MAX_UPLOAD = 300_000

_KEYS = {
    "acme": [
        ("desk", ACME, ["upload", "reply", "read"]),
        ("reader", ACME_READER, ["read"]),
        ("watch", ACME_WATCH, ["operate"]),
    ],
    "rival": [("desk", RIVAL, ["upload", "reply", "read"])],
}


def settings(public_url: str = PUBLIC) -> Settings:
    accounts = {
        name: {
            "name": name,
            "channels": {
                "sms": [
                    {
                        "provider": "twilio",
                        "address": number,
                        "api_url": "https://api.twilio.com",
                        "credentials": {"account_sid": {"value": sid}, "auth_token": {"value": TOKEN}},
                    }
                ],
                "webchat": [
                    {
                        "provider": "webchat",
                        "address": f"{name}-shop",
                        "credentials": {"visitor_key": {"value": f"visitor-key-of-{name}"}},
                    }
                ],
            },
            "api_keys": [
                {"id": key_id, "sha256": digest_of(key), "scopes": scopes} for key_id, key, scopes in _KEYS[name]
            ],
        }
        for name, number, sid in (("acme", NUMBER, SID), ("rival", "+15005550007", "AC1"))
    }
    loaded = load({}, endpoints={"public_url": public_url}, accounts=accounts)
    return loaded.model_copy(update={"media": loaded.media.model_copy(update={"max_upload_bytes": MAX_UPLOAD})})


@dataclass
class Heard:
    """A stage that keeps what it hears."""

    max_batch: int = 1
    events: list[AnyEvent] = field(default_factory=list)

    def run(self, deliveries: Sequence[Delivery]) -> Sequence[Sequence[Outgoing]]:
        self.events += [decode(one.body) for one in deliveries]
        return [[] for _ in deliveries]

    def settled(self, deliveries: Sequence[Delivery]) -> None:
        pass


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json()["error"]["code"])


@dataclass
class Door:
    url: str
    services: GatewayServices
    database: Database
    heard: Heard
    stop: Flag
    http: urllib3.PoolManager

    def ask(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> Answer:
        headers = dict(kwargs.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {key}"
        url = path if path.startswith("http") else self.url + path
        answer = self.http.request(method, url, headers=headers, redirect=False, retries=False, **kwargs)
        return Answer(answer.status, answer.headers, answer.data)

    def events(self, count: int) -> list[AnyEvent]:
        """The first `count` events that were published."""
        eventually(lambda: len(self.heard.events) >= count, 10)
        return self.heard.events[:count]

    def intake_rows(self) -> list[Any]:
        with self.database.read() as connection:
            return list(connection.exec_driver_sql("SELECT id, account, published_at, body FROM intake"))

    def twilio(self, body: bytes, path: str = "/webhooks/sms/twilio", **headers: str) -> Answer:
        """A webhook as Twilio signs it, unless a header says otherwise."""
        signed = {"X-Twilio-Signature": sign(PUBLIC + path, body)} | headers
        return self.ask(
            "POST", path, body=body, headers={"Content-Type": "application/x-www-form-urlencoded", **signed}
        )

    def upload(self, data: bytes, name: str = "a.jpg", key: str = ACME) -> str:
        answer = self.ask("POST", f"/v1/uploads?{urlencode({'file_name': name})}", key=key, body=data)
        return str(answer.json()["upload"])


def sign(url: str, body: bytes, token: str = TOKEN) -> str:
    """Our own reading of Twilio's rule, apart from the product's."""
    pairs = sorted(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    text = url + "".join(name + value for name, value in pairs)
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


@contextmanager
def open_door(folder: Path, *, listening: bool = True, broker: Broker | None = None, **others: Any) -> Iterator[Door]:
    """`listening` False: nobody consumes, so every publish fails. `others` replace services by name."""
    database = Database(f"sqlite:///{folder}/trombone.db")
    database.migrate()
    clock, used = SystemClock(), broker or MemoryBroker()
    heard, stop = Heard(), Flag()
    used_settings = settings()
    services = GatewayServices(
        settings=used_settings,
        clock=clock,
        store=FolderStore(folder / "objects"),
        publisher=used.publisher(),
        links=SignedLinks(PUBLIC, "k1:a-secret-for-media-links", clock),
        intake=Intake(database, clock),
        record=Record(database, clock),
        decode=ForkDecoder(used_settings.media.decode),
    )
    services = replace(services, **others)
    socket = listen("127.0.0.1", 0)
    threads = [Thread(target=serve, args=(create_app(services), socket, stop))]
    if listening:
        used.declare(Topology([Exchange(EVENTS)], [Queue("heard", [Binding(EVENTS, "#")])]))
        threads.append(
            Thread(target=used.consume, args=([Subscription("heard", 8)], heard), kwargs={"threads": 1, "stop": stop})
        )
    url = f"http://127.0.0.1:{socket.getsockname()[1]}"
    for thread in threads:
        thread.start()
    http = urllib3.PoolManager(timeout=15)
    try:
        yield Door(url, services, database, heard, stop, http)
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
        http.clear()
        services.publisher.close()
        services.decode.close()
        used.close()
        database.close()
