"""
Trombone as operators run it: each worker, the auditor and the gateway a process of its own, on real servers.

The world around it (a loopback Twilio, visitors, an agent's helpdesk) lives in the test's own process.
"""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Any, Self

import pika
import urllib3
import yaml
from pika.exceptions import ChannelClosedByBroker

from tests.integration.program import COMMAND, ROOT, STOP_SECONDS, Program
from tests.polling import eventually
from tests.services import RabbitApi
from tests.services.postgres import database
from tests.services.process import LOOPBACK, free_port
from tests.services.s3 import bucket
from workers import roster
from workers.commands.helpdesk import Helpdesk
from workers.gateway.keys import new_key
from workers.runtime.dead_letter import DeadLetter
from workers.runtime.dead_letters import DeadLetters
from workers.sandbox.twilio import SandboxTwilio
from workers.sandbox.visitor import Visitor

ACCOUNT = "acme"
NUMBER = "+15005550006"
WEBCHAT = "acme-shop"
CUSTOMERS = "+1415555"
"""How every customer's number begins."""
ACCOUNT_SID = "AC" + "0" * 32
STAGES = (*roster.NAMES, "recorder")
EVERYONE = (*STAGES, "auditor", "gateway")
START_SECONDS = 60.0
JOURNEY_SECONDS = 45.0

_QUEUES = {"ingestor": "ingest.sms", "fetcher": "fetch.sms", "validator": "validate", "storer": "store"}
_QUEUES |= {"thumbnailer": "thumbnail.light", "fitter": "fit.light", "deliverer": "deliver.sms", "recorder": "record"}
"""The queue whose consumer shows that the worker is at work."""


class Cluster:
    """
    `ladder` replaces all delays between attempts, `allowed` is a host:port that files may be fetched from.

    Use `programs["storer"]` to stop, kill and read one of them. Everything that they and the sandbox write lies in
    `folder`.
    """

    def __init__(
        self,
        folder: Path,
        broker_url: str,
        store_url: str,
        database_url: str,
        *,
        names: Sequence[str] = EVERYONE,
        ladder: Sequence[float] | None = None,
        allowed: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.broker_url = broker_url
        self.port = free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        self.twilio_token = token_hex(16)
        self.twilio = SandboxTwilio(
            ACCOUNT_SID, self.twilio_token, f"{self.url}/webhooks/sms/twilio", folder / "phones", numbers=[NUMBER]
        )
        key, self.key_digest = new_key("helpdesk")
        self.helpdesk = Helpdesk(self.url, key)
        for name in ("config", "logs", "tmp"):
            (folder / name).mkdir()
        self.configure("config", self.twilio.api_url)
        if ladder:
            (folder / "config" / "queues.yaml").write_text(yaml.safe_dump(_with_ladder(ladder)))
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMPDIR": str(folder / "tmp"),
            "COLUMNS": "200",
            "TROMBONE_CONFIG": str(folder / "config"),
            "TROMBONE_BROKER_URL": broker_url,
            "TROMBONE_STORE_URL": store_url,
            "TROMBONE_DATABASE_URL": database_url,
            "TROMBONE_PUBLIC_URL": self.url,
            "TROMBONE_MEDIA_KEYS": f"one:{token_hex(32)}",
            "TROMBONE_FETCH_ALLOW": ",".join([*self.twilio.fetch_allow, allowed]),
            "TROMBONE_LOG_LEVEL": "debug",
            "TROMBONE_SECRET_TWILIO_TOKEN": self.twilio_token,
            "TROMBONE_SECRET_VISITOR_KEY": token_hex(32),
            **(environ or {}),
        }
        self.programs = {name: self._program(name) for name in names}
        self._customers = count(1)
        self._visitors: list[Visitor] = []

    @classmethod
    def embedded(cls, folder: Path, allowed: str = "", environ: Mapping[str, str] | None = None) -> Self:
        """All of it in the one process `all`, on memory, a folder and SQLite."""
        urls = ("memory://", f"file:{folder / 'objects'}", f"sqlite:///{folder / 'trombone.db'}")
        return cls(folder, *urls, names=["all"], allowed=allowed, environ=environ)

    def __enter__(self) -> Self:
        try:
            self.twilio.start()
            migrated = self.trombone("migrate")
            assert migrated.returncode == 0, migrated.stderr
            self.start(*self.programs)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for program in self.programs.values():
            program.close()
        for visitor in self._visitors:
            visitor.close()
        self.helpdesk.http.clear()
        self.twilio.stop()

    def configure(self, folder: str, api_url: str) -> Path:
        """A folder with an accounts.yaml whose Twilio answers at `api_url`."""
        twilio = {"account_sid": {"value": ACCOUNT_SID}, "auth_token": {"env": "TROMBONE_SECRET_TWILIO_TOKEN"}}
        visitors = {"visitor_key": {"env": "TROMBONE_SECRET_VISITOR_KEY"}}
        sms = {"provider": "twilio", "address": NUMBER, "api_url": api_url, "credentials": twilio}
        webchat = {"provider": "webchat", "address": WEBCHAT, "credentials": visitors}
        key = {"id": "helpdesk", "sha256": self.key_digest, "scopes": ["upload", "reply", "read"]}
        account = {"name": "Acme", "channels": {"sms": [sms], "webchat": [webchat]}, "api_keys": [key]}
        path = self.folder / folder
        path.mkdir(exist_ok=True)
        (path / "accounts.yaml").write_text(yaml.safe_dump({ACCOUNT: account}))
        return path

    def start(self, *names: str) -> None:
        """All at once, each with the `environ` of its program. Returns when they are at work."""
        for name in names:
            self.programs[name].start()
        eventually(lambda: all(map(self._at_work, names)), within=START_SECONDS)

    def gone(self, name: str) -> None:
        """Wait until the broker knows that it is gone."""
        if name in _QUEUES:
            eventually(lambda: self._consumers(_QUEUES[name]) == 0, within=JOURNEY_SECONDS)

    def stop(self, *names: str) -> Mapping[str, int]:
        """SIGTERM to all at once: their exit codes."""
        for name in names:
            self.programs[name].terminate()
        return {name: self.programs[name].wait(STOP_SECONDS) for name in names}

    def trombone(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command as an operator types it."""
        return subprocess.run(
            [*COMMAND, *arguments], cwd=ROOT, env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )

    def customer(self) -> str:
        """A number that nobody has used yet."""
        return f"{CUSTOMERS}{next(self._customers):04}"

    def visitor(self) -> Visitor:
        visitor = Visitor(self.url, WEBCHAT, self.folder / f"visitor-{len(self._visitors)}")
        self._visitors.append(visitor)
        return visitor

    def send_mms(self, customer: str, text: str, *files: Path) -> None:
        self.twilio.send_mms(customer, NUMBER, text=text, files=files)

    def reply(self, channel: str, contact: str, text: str, *files: Path) -> str:
        """Upload and send as an agent does: the message's id."""
        uploads = [(self.helpdesk.upload(path), path.name) for path in files]
        return str(self.helpdesk.reply(channel, contact, text=text, uploads=uploads)["message"])

    def reply_with_url(self, channel: str, contact: str, text: str, url: str) -> str:
        body = {"channel": channel, "contact": contact, "text": text, "files": [{"url": url}]}
        return str(self.helpdesk._ask("POST", "/v1/replies", json=body)["message"])

    def seen(self, message: str, *states: str, within: float = JOURNEY_SECONDS) -> dict[str, Any]:
        """The message as the thread shows it, once it is in one of these states."""

        def there() -> dict[str, Any] | None:
            found = self.helpdesk.message(message)
            return found if found and found["state"] in states else None

        try:
            return eventually(there, within, every=0.1)  # type: ignore[arg-type]
        except AssertionError:
            raise AssertionError(f"not {states} but {self.helpdesk.message(message)}") from None

    def shown_from(self, contact: str) -> dict[str, Any]:
        """The customer's last message, once the thread shows it whole."""

        def there() -> dict[str, Any] | None:
            for conversation in self.helpdesk.conversations():
                if conversation["contact"] == contact:
                    last = self.helpdesk.thread(conversation["conversation"])["messages"][-1]
                    return dict(last) if last["state"] == "shown" else None
            return None

        return eventually(there, JOURNEY_SECONDS, every=0.1)  # type: ignore[arg-type]

    def dead_letters(self, queue: str) -> list[DeadLetter]:
        with DeadLetters(self.broker_url) as letters:
            return letters.list(queue)

    def logs(self) -> str:
        return "".join(program.log() for program in self.programs.values())

    def leaked(self, *words: str) -> list[str]:
        """What of these words stands in a log, of a customer's number, of what opens media, or of a secret."""
        secrets = [self.twilio_token, self.helpdesk.key, "trombone-secret", "trombone:trombone"]
        secrets += [value for name, value in self.environ.items() if "SECRET" in name or "KEYS" in name]
        logs = self.logs()
        return [one for one in [*words, *secrets, CUSTOMERS, "%2B1415555", "/media/"] if one in logs]

    def _program(self, name: str) -> Program:
        port = ["--port", str(self.port)]
        arguments = {"gateway": ["gateway", *port], "all": ["all", *port], "auditor": ["auditor"]}
        log = self.folder / "logs" / f"{name}.jsonl"
        return Program(name, arguments.get(name, ["worker", name]), self.environ, log)

    def _at_work(self, name: str) -> bool:
        program = self.programs[name]
        assert program.is_running(), f"{name} ended:\n{program.log()[-4000:]}"
        if name in _QUEUES:
            return self._consumers(_QUEUES[name]) > 0
        return name == "auditor" or self._answers()

    def _answers(self) -> bool:
        try:
            return urllib3.request("GET", f"{self.url}/readyz", retries=False, timeout=5).status == 200
        except urllib3.exceptions.HTTPError:
            return False

    def _consumers(self, queue: str) -> int:
        connection = pika.BlockingConnection(pika.URLParameters(self.broker_url))
        try:
            return int(connection.channel().queue_declare(queue, passive=True).method.consumer_count)
        except ChannelClosedByBroker:
            return 0
        finally:
            connection.close()


def _with_ladder(ladder: Sequence[float]) -> dict[str, Any]:
    tuning: dict[str, Any] = yaml.safe_load((ROOT / "config" / "queues.yaml").read_text())
    workers = {name: one | {"ladder": list(ladder)} for name, one in tuning["workers"].items()}
    return tuning | {"tiers": sorted(set(ladder)), "workers": workers}


@contextmanager
def own_servers(rabbitmq_api: RabbitApi, s3_url: str, postgres_url: str) -> Iterator[tuple[str, str, str]]:
    """A virtual host, a bucket and a database that nobody else uses."""
    with ExitStack() as stack:
        yield (
            stack.enter_context(rabbitmq_api.vhost()),
            stack.enter_context(bucket(s3_url)),
            stack.enter_context(database(postgres_url)),
        )
