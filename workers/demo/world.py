"""Everything that the demo needs on one machine: Trombone itself, a provider, phones, a visitor and an agent."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow, token_hex
from time import monotonic, sleep
from types import TracebackType
from typing import Self, TypeVar

from workers.commands.embedded import Embedded
from workers.commands.helpdesk import Helpdesk
from workers.gateway.keys import new_key
from workers.gateway.serving import listen
from workers.runtime import telemetry
from workers.runtime.assemble import LivePorts
from workers.runtime.settings import Settings, load
from workers.sandbox.twilio import SandboxTwilio
from workers.sandbox.visitor import Visitor

SHOP_NUMBER = "+15005550006"
WEBCHAT = "demo-shop"
ACCOUNT_SID = "AC" + "0" * 32
PATIENCE_SECONDS = 60.0

T = TypeVar("T")


@dataclass(frozen=True)
class Services:
    """Real services to run on instead of memory, a folder and SQLite."""

    amqp: str | None = None
    s3: str | None = None
    sql: str | None = None


class NeverCame(Exception):
    """Raised when something that the demo waits for did not happen."""

    code = "never_came"
    retryable = False


class World:
    """`folder` keeps everything: what was sent, what arrived, the store and the record."""

    def __init__(self, folder: Path, services: Services) -> None:
        self.folder = folder
        self.customer = f"+1555{1_000_000 + randbelow(9_000_000)}"
        """A new one each time, so that a demo on real services never meets an older one's conversation."""
        self._listening = listen("127.0.0.1", 0)
        self.gateway_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        token = token_hex(16)
        self.twilio = SandboxTwilio(
            ACCOUNT_SID, token, f"{self.gateway_url}/webhooks/sms/twilio", folder / "phones", numbers=[SHOP_NUMBER]
        )
        key, digest = new_key("helpdesk")
        self.helpdesk = Helpdesk(self.gateway_url, key)
        self.settings = demo_settings(folder, services, self.gateway_url, self.twilio, token, digest)
        self.ports = LivePorts(self.settings)
        self._system = Embedded(self.ports, self._listening)

    def __enter__(self) -> Self:
        telemetry.configure("critical")
        self.twilio.start()
        self._system.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._system.__exit__(kind, error, trace)
        self.twilio.stop()

    @property
    def page_url(self) -> str:
        """The agent's page, signed in; each address opens once."""
        url = self._system.page_url("demo")
        assert url
        return url

    @property
    def chat_url(self) -> str:
        return f"{self.gateway_url}/webchat/{WEBCHAT}/chat"

    def wait(self) -> None:
        """Until SIGTERM or SIGINT."""
        self._system.wait()

    def visitor(self) -> Visitor:
        return Visitor(self.gateway_url, WEBCHAT, self.folder / "visitor")


def demo_settings(  # noqa: PLR0913, PLR0917 - all that is only known at run time
    folder: Path, services: Services, url: str, twilio: SandboxTwilio, token: str, key_digest: str
) -> Settings:
    endpoints = {
        "store_url": services.s3 or f"file:{folder / 'objects'}",
        "database_url": services.sql or f"sqlite:///{folder / 'trombone.db'}",
        "broker_url": services.amqp or "memory://",
        "public_url": url,
        "media_keys": f"demo:{token_hex(32)}",
        "fetch_allow": [*twilio.fetch_allow, url.removeprefix("http://")],
    }
    account = {
        "name": "Demo Shop",
        "channels": {
            "sms": [
                {
                    "provider": "twilio",
                    "address": SHOP_NUMBER,
                    "api_url": twilio.api_url,
                    "credentials": {"account_sid": {"value": ACCOUNT_SID}, "auth_token": {"value": token}},
                }
            ],
            "webchat": [
                {
                    "provider": "webchat",
                    "address": WEBCHAT,
                    "credentials": {"visitor_key": {"value": token_hex(32)}},
                }
            ],
        },
        "api_keys": [{"id": "helpdesk", "sha256": key_digest, "scopes": ["upload", "reply", "read"]}],
    }
    return load({}, endpoints=endpoints, accounts={"demo": account})


def wait_for(look: Callable[[], T | None], what: str) -> T:
    """Look until there is something to see. Raises NeverCame."""
    deadline = monotonic() + PATIENCE_SECONDS
    while monotonic() < deadline:
        found = look()
        if found:
            return found
        sleep(0.02)
    raise NeverCame(f"{what} did not come within {PATIENCE_SECONDS:.0f} seconds")
