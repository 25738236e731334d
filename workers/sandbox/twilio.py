"""A loopback Twilio as strict as the real one: for the demo and the tests, usable from threads of the same process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.sandbox.http_stand_in import HttpStandIn
from workers.sandbox.listener import Listener
from workers.sandbox.media_host import media_host
from workers.sandbox.phone import Fetched, fetched
from workers.sandbox.twilio_app import api_app
from workers.sandbox.twilio_network import Network, Sent
from workers.sandbox.twilio_rules import SaysNo
from workers.sandbox.twilio_webhook import Alert

WEBHOOK_SECONDS = 60.0


class SandboxTwilio(HttpStandIn):
    """
    One account. What phones receive is kept in `folder`, one folder per number.

    `webhook_url` is where a customer's messages go, and may be set after the start; status callbacks go where each
    send says.
    """

    def __init__(  # noqa: PLR0913 - all but the first four have defaults
        self,
        account_sid: str,
        auth_token: str,
        webhook_url: str,
        folder: Path,
        *,
        numbers: Sequence[str] = (),
        port: int = 0,
        media_need_credentials: bool = True,
        number_type: str | None = None,
        messaging_service_sid: str | None = None,
    ) -> None:
        """`numbers` are the account's own, all of one type; none: any number is."""
        network = Network(
            account_sid,
            auth_token,
            folder,
            webhook_url,
            numbers=tuple(numbers),
            number_type=number_type,
            service=messaging_service_sid,
        )
        self._network = network
        cdn = Listener(media_host(network.media), name="sandbox-cdn")
        api = api_app(network, cdn.url, media_need_credentials=media_need_credentials)
        super().__init__(api, network.phones, network, [Listener(api, port, name="sandbox-twilio"), cdn])
        network.api_url = self.api_url

    @property
    def webhook_url(self) -> str:
        return self._network.webhook_url

    @webhook_url.setter
    def webhook_url(self, url: str) -> None:
        self._network.webhook_url = url

    @property
    def sent(self) -> Sequence[Sent]:
        """Every message that Twilio accepted from us, with what became of it."""
        return tuple(self._network.sent)

    @property
    def alerts(self) -> Sequence[Alert]:
        """What Twilio holds against us: media it could not use, webhooks that answered badly."""
        return tuple(self._network.alerts)

    @property
    def rejections(self) -> Sequence[SaysNo]:
        """Every call of ours that Twilio answered with an error."""
        return tuple(self._network.rejections)

    def connection(self) -> dict[str, Any]:
        """The entry for `accounts.yaml`, of the first number."""
        network = self._network
        options = {"number_type": network.number_type, "messaging_service_sid": network.service}
        return {
            "provider": "twilio",
            "address": network.numbers[0],
            "api_url": self.api_url,
            "credentials": {
                "account_sid": {"value": network.account_sid},
                "auth_token": {"value": network.auth_token},
            },
            "options": {name: value for name, value in options.items() if value},
        }

    phone = HttpStandIn.customer

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str:
        """To our first number; the MessageSid, once our webhook has answered."""
        return self.send_mms(contact, self._network.numbers[0], text, files)

    def repeats(self, sid: str) -> None:
        """Call our webhook again about this message, as when the answer to the first call was lost."""
        self._network.call_again(sid).result(WEBHOOK_SECONDS)

    def send_mms(
        self,
        sender: str,
        recipient: str,
        text: str = "",
        files: Sequence[Path] = (),
        media: Sequence[tuple[str, bytes]] = (),
    ) -> str:
        """
        A customer's phone sends text, `files` and `media` (type, bytes); returns when our webhook has answered.

        The MessageSid. Whether the answer was good stands in `alerts`.
        """
        content = [fetched(path) for path in files]
        content += [Fetched(media_type, body) for media_type, body in media]
        sid, answered = self._network.send_mms(sender, recipient, text, content)
        answered.result(WEBHOOK_SECONDS)
        return sid
