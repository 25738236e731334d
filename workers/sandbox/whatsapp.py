"""A loopback WhatsApp Cloud API as strict as the real one: for the demo and the tests, usable from threads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.sandbox.meta import MetaStandIn
from workers.sandbox.meta_people import People
from workers.sandbox.meta_webhook import Webhook
from workers.sandbox.whatsapp_app import whatsapp_app
from workers.sandbox.whatsapp_network import Number


class SandboxWhatsApp(MetaStandIn[Number]):
    """
    One of our phone numbers. What customers receive is kept in `folder`, one folder each.

    Customers are `+14155550100`, or a user id (`US.1349…`) for those who show no number. Nobody can be written to who
    has not written within 24 hours; `let_pass` moves the clock.
    """

    def __init__(  # noqa: PLR0913 - the last three have defaults
        self,
        access_token: str,
        app_secret: str,
        webhook_url: str,
        folder: Path,
        *,
        verify_token: str = "sandbox-verify-token",  # noqa: S107 - of a sandbox
        address: str = "+15550783881",
        phone_number_id: str = "106540352242922",
    ) -> None:
        number = Number(phone_number_id, address, access_token, Webhook(app_secret, webhook_url), People(folder))
        super().__init__(number, whatsapp_app(number), name="whatsapp", verify_token=verify_token)

    def connection(self) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        return self.connected(self.network.display, {"phone_number_id": self.network.phone_number_id})

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str:
        """All in one webhook, a message for each file; returns when ours has answered: the first message's id."""
        messages = self.network.customer_sends(contact, text, files)
        self.network.people.keeps(contact, str(messages[0]["id"]), text, files)
        return self._tell(contact, messages)

    def customer_sends_content(self, contact: str, kind: str, content: Any) -> str:
        """A message of any type, `content` as in Meta's webhook reference: a location, a reaction …"""
        self.network.people.writes(contact)
        return self._tell(contact, [self.network.message(contact, kind, content)])

    def _tell(self, contact: str, messages: Sequence[dict[str, Any]]) -> str:
        self.tell(self.network.envelope(contact, messages))
        return str(messages[0]["id"])
