"""Everything that the demo needs on one machine: Trombone itself, the five channels' far sides and an agent."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from types import TracebackType
from typing import Self

from workers.commands.channel_matrix import CHANNELS
from workers.commands.embedded import Embedded
from workers.commands.helpdesk import Helpdesk
from workers.demo.customers.serving import customers_pages
from workers.demo.stand_ins import WEBCHAT, StandIns, stand_ins
from workers.gateway.keys import new_key
from workers.gateway.serving import listen
from workers.mailroom.running import Listening
from workers.runtime.assemble import LivePorts
from workers.runtime.settings import Settings, load


@dataclass(frozen=True)
class Services:
    """Real services to run on instead of memory, a folder and SQLite."""

    amqp: str | None = None
    s3: str | None = None
    sql: str | None = None


class World:
    """`folder` keeps everything: what was sent, what arrived, the store and the record."""

    customers: dict[str, str]
    """One per channel, who is there as soon as the world runs."""

    def __init__(self, folder: Path, services: Services) -> None:
        self.folder = folder
        self._listening = listen("127.0.0.1", 0)
        self.gateway_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.far_side = stand_ins(self.gateway_url, folder)
        key, digest = new_key("helpdesk")
        self.helpdesk = Helpdesk(self.gateway_url, key)
        self.settings = demo_settings(folder, services, self.gateway_url, self.far_side, digest)
        self.ports = LivePorts(self.settings)
        self._system = Embedded(self.ports, self._listening, Listening("127.0.0.1", 0))
        self._customers = customers_pages(self.far_side, self.chat_url)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.far_side.running())
            stack.enter_context(self._system)
            self._customers.start()
            stack.callback(self._customers.stop)
            door = self._system.mailroom.smtp
            self.far_side.email.door = door.address if door else None
            self.customers = {channel: self.far_side.newcomer(channel) for channel in CHANNELS}
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def page_url(self) -> str:
        """The agent's page, signed in; each address opens once."""
        url = self._system.page_url("demo")
        assert url
        return url

    @property
    def chat_url(self) -> str:
        return f"{self.gateway_url}/webchat/{WEBCHAT}/chat"

    @property
    def customers_url(self) -> str:
        """What phones and mailboxes show, and where to answer from them."""
        return self._customers.url

    def wait(self) -> None:
        """Until SIGTERM or SIGINT."""
        self._system.wait()


def demo_settings(folder: Path, services: Services, url: str, far_side: StandIns, key_digest: str) -> Settings:
    channels = far_side.by_channel
    endpoints = {
        "store_url": services.s3 or f"file:{folder / 'objects'}",
        "database_url": services.sql or f"sqlite:///{folder / 'trombone.db'}",
        "broker_url": services.amqp or "memory://",
        "public_url": url,
        "media_keys": f"demo:{token_hex(32)}",
        "fetch_allow": [*(host for one in channels.values() for host in one.fetch_allow), url.removeprefix("http://")],
    }
    account = {
        "name": "Demo Shop",
        "channels": {channel: [one.connection()] for channel, one in channels.items()},
        "api_keys": [{"id": "helpdesk", "sha256": key_digest, "scopes": ["upload", "reply", "read"]}],
    }
    return load({}, endpoints=endpoints, accounts={"demo": account})
