"""Trombone in the test's own process, between an agent's helpdesk and loopback providers, on any servers."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from tests.polling import eventually
from workers.commands.embedded import Embedded
from workers.commands.helpdesk import Helpdesk
from workers.demo.stand_ins import StandIn
from workers.gateway.keys import new_key
from workers.gateway.serving import listen
from workers.mailroom.running import Listening
from workers.runtime.assemble import LivePorts
from workers.runtime.settings import load

ACCOUNT = "acme"
JOURNEY_SECONDS = 30.0


@dataclass(frozen=True)
class System:
    url: str
    helpdesk: Helpdesk
    ports: LivePorts
    mail_door: tuple[str, int] | None = None

    def reply(self, channel: str, contact: str, text: str | None, *paths: Path) -> str:
        """The message's id."""
        uploads = [(self.helpdesk.upload(path), path.name) for path in paths]
        return str(self.helpdesk.reply(channel, contact, text=text, uploads=uploads)["message"])

    def seen(self, message: str, *states: str) -> dict[str, Any]:
        """The message as an agent sees it, once it is in one of these states."""

        def look() -> dict[str, Any] | None:
            found = self.helpdesk.message(message)
            return found if found and found["state"] in states else None

        return eventually(look, within=JOURNEY_SECONDS)

    def shown_from(self, contact: str, count: int = 1) -> list[dict[str, Any]]:
        """The messages of a contact's conversation, once so many are there and shown."""

        def look() -> list[dict[str, Any]] | None:
            for conversation in self.helpdesk.conversations():
                if conversation["contact"] == contact:
                    messages = self.helpdesk.thread(conversation["conversation"])["messages"]
                    done = [one for one in messages if one["state"] == "shown"]
                    return done if len(done) >= count else None
            return None

        return eventually(look, within=JOURNEY_SECONDS)


@contextmanager
def system(
    folder: Path,
    providers: Callable[[str], Mapping[str, StandIn]],
    *,
    broker_url: str = "memory://",
    store_url: str | None = None,
    database_url: str | None = None,
    mail_port: int | None = None,
    webhook: tuple[str, str] | None = None,
    config: Path | None = None,
    **more: object,
) -> Iterator[System]:
    """
    `providers` makes, for the gateway's address, the provider of each channel.

    `mail_port`: an SMTP door, too, on this port; 0: on any. `webhook`: the helpdesk's URL, and its secret. `config`: a
    folder whose files replace ours; `more` are endpoints.
    """
    listening = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    made = providers(url)
    key, digest = new_key("helpdesk")
    account: dict[str, Any] = {
        "name": "Acme",
        "channels": {channel: [provider.connection()] for channel, provider in made.items()},
        "api_keys": [{"id": "helpdesk", "sha256": digest, "scopes": ["upload", "reply", "read", "operate"]}],
    }
    allow = [url.removeprefix("http://"), *(one for provider in made.values() for one in provider.fetch_allow)]
    if webhook:
        hook = {"id": "helpdesk", "url": webhook[0], "secret": {"value": webhook[1]}, "events": ["message.changed"]}
        account["webhooks"] = [hook]
        allow.append(urlsplit(webhook[0]).netloc)
    endpoints = {
        "broker_url": broker_url,
        "store_url": store_url or f"file:{folder / 'objects'}",
        "database_url": database_url or f"sqlite:///{folder / 'trombone.db'}",
        "public_url": url,
        "media_keys": f"test:{token_hex(32)}",
        "fetch_allow": allow,
        **more,
    }
    ports = LivePorts(load({}, config, endpoints=endpoints, accounts={ACCOUNT: account}))
    with ExitStack() as stack:
        for provider in made.values():
            provider.start()
            stack.callback(provider.stop)
        embedded = stack.enter_context(Embedded(ports, listening, Listening("127.0.0.1", mail_port)))
        door = embedded.mailroom.smtp
        yield System(url, Helpdesk(url, key), ports, door.address if door else None)
