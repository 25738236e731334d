"""What is the same for every product of Meta's: whom it has on the other side, our webhook, and its clock."""

from collections.abc import Sequence
from typing import Any, Generic, Protocol, TypeVar

from workers.sandbox.calling import Alert
from workers.sandbox.faults import Fault, Faults
from workers.sandbox.http_stand_in import HttpStandIn
from workers.sandbox.listener import Listener
from workers.sandbox.meta_faults import MediaFault, MediaFaults
from workers.sandbox.meta_people import People
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.meta_webhook import Webhook

WEBHOOK_SECONDS = 60.0


class Node(Protocol):
    """One of our addresses, and everything that Meta knows about it."""

    access_token: str
    webhook: Webhook
    people: People
    rejections: list[GraphNo]
    faults: MediaFaults

    def close(self) -> None: ...


N = TypeVar("N", bound=Node)


class MetaStandIn(HttpStandIn, Generic[N]):
    """
    Nobody can be written to who has not written within 24 hours; `let_pass` moves the clock.

    `network` is for tests that want more than customers do: copies of webhooks, statuses in another order …
    """

    def __init__(self, network: N, api: Faults, *, name: str, verify_token: str) -> None:
        super().__init__(api, network.people, network, [Listener(api, name=f"sandbox-{name}")])
        self.network = network
        self._verify_token = verify_token

    @property
    def alerts(self) -> Sequence[Alert]:
        """What Meta holds against our webhook."""
        return tuple(self.network.webhook.alerts)

    @property
    def rejections(self) -> Sequence[GraphNo]:
        """Every call of ours that was answered with an error."""
        return tuple(self.network.rejections)

    def connected(self, address: str, options: dict[str, str]) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        return {
            "provider": "meta",
            "address": address,
            "api_url": self.api_url,
            "options": options,
            "credentials": {
                "access_token": {"value": self.network.access_token},
                "app_secret": {"value": self.network.webhook.app_secret},
                "verify_token": {"value": self._verify_token},
            },
        }

    def subscribe(self) -> bool:
        """Meta's handshake with our webhook: whether it was answered as it must be."""
        return self.network.webhook.subscribe(self._verify_token)

    def tell(self, document: dict[str, Any]) -> None:
        """Call our webhook; returns when it has answered."""
        self.network.webhook.tell(document).result(WEBHOOK_SECONDS)

    def let_pass(self, seconds: float) -> None:
        """Windows close, media and their URLs die."""
        self.network.people.passed_seconds += seconds

    def fault(self, fault: Fault | MediaFault, times: int = 1) -> None:
        """The next `times` posts, or downloads, meet this fault."""
        if isinstance(fault, MediaFault):
            self.network.faults.order(fault, times)
        else:
            super().fault(fault, times)
