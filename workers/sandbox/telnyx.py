"""A loopback Telnyx as strict as the real one: for the demo and the tests, usable from threads of the same process."""

import mimetypes
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workers.sandbox.faults import Fault
from workers.sandbox.listener import Listener
from workers.sandbox.phone import Fetched, Phone
from workers.sandbox.telnyx_app import api_app, media_app
from workers.sandbox.telnyx_network import Alert, Network, Sent
from workers.sandbox.telnyx_rules import SaysNo

WEBHOOK_SECONDS = 60.0


class SandboxTelnyx:
    """
    One account. What phones receive is kept in `folder`, one folder per number.

    `webhook_url` is where a customer's messages go; what becomes of ours goes where each send says.
    """

    def __init__(  # noqa: PLR0913 - the last two have defaults
        self,
        api_key: str,
        webhook_url: str,
        folder: Path,
        numbers: Sequence[str],
        *,
        port: int = 0,
        number_type: str | None = None,
    ) -> None:
        network = Network(api_key, folder, webhook_url, tuple(numbers), number_type)
        self._network = network
        self._media = Listener(media_app(network), name="sandbox-telnyx-media")
        network.media_url = self._media.url
        self._faults = api_app(network)
        self._api = Listener(self._faults, port, name="sandbox-telnyx")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._media.start()
        self._api.start()

    def stop(self) -> None:
        self._api.stop()
        self._network.close()
        self._media.stop()

    @property
    def api_url(self) -> str:
        return self._api.url

    @property
    def fetch_allow(self) -> list[str]:
        """The `host:port` that a fetcher must be allowed to reach: the API and where media lie."""
        return [listener.url.removeprefix("http://") for listener in (self._api, self._media)]

    @property
    def sent(self) -> Sequence[Sent]:
        """Every message that Telnyx accepted from us, with what became of it."""
        return tuple(self._network.sent)

    @property
    def alerts(self) -> Sequence[Alert]:
        """Webhooks that we did not answer as we should, media that could not be had."""
        return tuple(self._network.alerts)

    @property
    def rejections(self) -> Sequence[SaysNo]:
        """Every call of ours that Telnyx answered with an error."""
        return tuple(self._network.rejections)

    def connection(self) -> dict[str, Any]:
        """The entry for `accounts.yaml`, of the first number."""
        network = self._network
        return {
            "provider": "telnyx",
            "address": network.numbers[0],
            "api_url": self.api_url,
            "credentials": {"api_key": {"value": network.api_key}, "public_key": {"value": network.public_key}},
            "options": {"number_type": network.number_type} if network.number_type else {},
        }

    @property
    def customers(self) -> Sequence[Phone]:
        return self._network.phones()

    def customer(self, number: str) -> Phone:
        return self._network.phone(number)

    def customer_sends(
        self, contact: str, text: str = "", files: Sequence[Path] = (), *, wrong_digest: bool = False
    ) -> str:
        """
        To our first number; the message's id, once our webhook has answered.

        Whether the answer was good stands in `alerts`.
        """
        content = [Fetched(mimetypes.guess_type(path.name)[0] or "", path.read_bytes()) for path in files]
        message, answered = self._network.inbound(contact, text, content, wrong_digest=wrong_digest)
        answered.result(WEBHOOK_SECONDS)
        return message

    def fault(self, fault: Fault, times: int = 1) -> None:
        """The next `times` sends meet this fault."""
        self._faults.order(fault, times)
