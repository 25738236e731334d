"""A loopback Telnyx as strict as the real one: for the demo and the tests, usable from threads of the same process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.sandbox.calling import Alert
from workers.sandbox.http_stand_in import HttpStandIn
from workers.sandbox.listener import Listener
from workers.sandbox.media_host import media_host
from workers.sandbox.phone import fetched
from workers.sandbox.telnyx_app import api_app
from workers.sandbox.telnyx_network import Network, Sent
from workers.sandbox.telnyx_rules import SaysNo

WEBHOOK_SECONDS = 60.0


class SandboxTelnyx(HttpStandIn):
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
        media = Listener(media_host(network.media), name="sandbox-telnyx-media")
        network.media_url = media.url
        api = api_app(network)
        super().__init__(api, network.phones, network, [Listener(api, port, name="sandbox-telnyx"), media])

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

    def customer_sends(
        self, contact: str, text: str = "", files: Sequence[Path] = (), *, wrong_digest: bool = False
    ) -> str:
        """
        To our first number; the message's id, once our webhook has answered.

        Whether the answer was good stands in `alerts`.
        """
        content = [fetched(path) for path in files]
        message, answered = self._network.inbound(contact, text, content, wrong_digest=wrong_digest)
        answered.result(WEBHOOK_SECONDS)
        return message
