"""A loopback WhatsApp Cloud API as strict as the real one: for the demo and the tests, usable from threads."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workers.sandbox.faults import Fault
from workers.sandbox.listener import Listener
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.meta_people import People
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.meta_webhook import Alert, Webhook
from workers.sandbox.phone import Phone
from workers.sandbox.whatsapp_app import whatsapp_app
from workers.sandbox.whatsapp_network import Number

WEBHOOK_SECONDS = 60.0


class SandboxWhatsApp:
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
        self._verify_token = verify_token
        self._number = Number(phone_number_id, address, access_token, Webhook(app_secret, webhook_url), People(folder))
        self._faults = whatsapp_app(self._number)
        self._listener = Listener(self._faults, name="sandbox-whatsapp")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._listener.start()

    def stop(self) -> None:
        self._number.webhook.close()
        self._listener.stop()

    @property
    def api_url(self) -> str:
        return self._listener.url

    @property
    def fetch_allow(self) -> list[str]:
        return [self._listener.url.removeprefix("http://")]

    @property
    def network(self) -> Number:
        """For tests that want statuses in another order, errors that come late, copies of webhooks …"""
        return self._number

    @property
    def alerts(self) -> Sequence[Alert]:
        """What Meta holds against our webhook."""
        return tuple(self._number.webhook.alerts)

    @property
    def rejections(self) -> Sequence[GraphNo]:
        """Every call of ours that was answered with an error."""
        return tuple(self._number.rejections)

    def connection(self) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        return {
            "provider": "meta",
            "address": self._number.display,
            "api_url": self.api_url,
            "options": {"phone_number_id": self._number.phone_number_id},
            "credentials": {
                "access_token": {"value": self._number.access_token},
                "app_secret": {"value": self._number.webhook.app_secret},
                "verify_token": {"value": self._verify_token},
            },
        }

    def subscribe(self) -> bool:
        """Meta's handshake with our webhook: whether it was answered as it must be."""
        return self._number.webhook.subscribe(self._verify_token)

    @property
    def customers(self) -> Sequence[Phone]:
        return self._number.people.customers()

    def customer(self, contact: str) -> Phone:
        return self._number.people.customer(contact)

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str:
        """All in one webhook, a message for each file; returns when ours has answered: the first message's id."""
        messages = self._number.customer_sends(contact, text, files)
        self._number.people.keeps(contact, str(messages[0]["id"]), text, files)
        return self._tell(contact, messages)

    def customer_sends_content(self, contact: str, kind: str, content: Any) -> str:
        """A message of any type, `content` as in Meta's webhook reference: a location, a reaction …"""
        self._number.people.writes(contact)
        return self._tell(contact, [self._number.message(contact, kind, content)])

    def let_pass(self, seconds: float) -> None:
        """Windows close, media and their URLs die."""
        self._number.people.passed_seconds += seconds

    def fault(self, fault: Fault | MediaFault, times: int = 1) -> None:
        """The next `times` posts, or downloads, meet this fault."""
        if isinstance(fault, MediaFault):
            self._number.faults.order(fault, times)
        else:
            self._faults.order(fault, times)

    def _tell(self, contact: str, messages: Sequence[dict[str, Any]]) -> str:
        self._number.webhook.tell(self._number.envelope(contact, messages)).result(WEBHOOK_SECONDS)
        return str(messages[0]["id"])
