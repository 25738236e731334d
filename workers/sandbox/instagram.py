"""A loopback Instagram as strict as the real one, by either login: for the demo and the tests, usable from threads."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from workers.sandbox.faults import Fault
from workers.sandbox.instagram_app import instagram_app
from workers.sandbox.instagram_network import Account, new_mid
from workers.sandbox.listener import Listener
from workers.sandbox.meta_faults import MediaFault
from workers.sandbox.meta_people import People
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.meta_webhook import Alert, Webhook
from workers.sandbox.phone import Phone

WEBHOOK_SECONDS = 60.0


class SandboxInstagram:
    """
    One Instagram account. What customers receive is kept in `folder`, one folder each.

    Customers are ids of digits. Nobody can be written to who has not written within 24 hours; `let_pass` moves the
    clock. With a `page_id` it is reached by Facebook's login, without one by Instagram's own.
    """

    def __init__(  # noqa: PLR0913 - the last three have defaults
        self,
        access_token: str,
        app_secret: str,
        webhook_url: str,
        folder: Path,
        *,
        verify_token: str = "sandbox-verify-token",  # noqa: S107 - of a sandbox
        address: str = "17841405309211844",
        page_id: str | None = None,
    ) -> None:
        self._verify_token = verify_token
        self._page_id = page_id
        webhook = Webhook(app_secret, webhook_url)
        self._account = Account(address, page_id or address, access_token, webhook, People(folder))
        self._faults = instagram_app(self._account)
        self._listener = Listener(self._faults, name="sandbox-instagram")

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
        self._account.close()
        self._listener.stop()

    @property
    def api_url(self) -> str:
        return self._listener.url

    @property
    def fetch_allow(self) -> list[str]:
        return [self._listener.url.removeprefix("http://")]

    @property
    def network(self) -> Account:
        """For tests that want customers who look at nothing, copies of webhooks …"""
        return self._account

    @property
    def alerts(self) -> Sequence[Alert]:
        """What Meta holds against our webhook."""
        return tuple(self._account.webhook.alerts)

    @property
    def rejections(self) -> Sequence[GraphNo]:
        """Every call of ours that was answered with an error."""
        return tuple(self._account.rejections)

    def connection(self, **options: str) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        login = {"login": "facebook", "page_id": self._page_id} if self._page_id else {"login": "instagram"}
        return {
            "provider": "meta",
            "address": self._account.ig_id,
            "api_url": self.api_url,
            "options": login | options,
            "credentials": {
                "access_token": {"value": self._account.access_token},
                "app_secret": {"value": self._account.webhook.app_secret},
                "verify_token": {"value": self._verify_token},
            },
        }

    def subscribe(self) -> bool:
        """Meta's handshake with our webhook: whether it was answered as it must be."""
        return self._account.webhook.subscribe(self._verify_token)

    @property
    def customers(self) -> Sequence[Phone]:
        return self._account.people.customers()

    def customer(self, contact: str) -> Phone:
        return self._account.people.customer(contact)

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str:
        """One message; returns when our webhook has answered: the message's id."""
        message = self._account.customer_message(text, files, self.api_url)
        self._account.people.keeps(contact, str(message["mid"]), text, files)
        self.customer_does(contact, message=message)
        return str(message["mid"])

    def customer_mentions_us(self, contact: str, story: Path) -> str:
        """In a story, which nobody may keep without more ado: the message's id."""
        attachment = self._account.attachment(story.read_bytes(), self.api_url, "story_mention")
        mid = new_mid()
        self.customer_does(contact, message={"mid": mid, "attachments": [attachment]})
        return mid

    def customer_does(self, contact: str, **content: Any) -> None:
        """Anything that Meta's webhook reference describes: `message`, `postback`, `reaction`, `message_edit` …"""
        self._account.people.writes(contact)
        document = self._account.envelope([self._account.from_customer(contact, **content)])
        self._account.webhook.tell(document).result(WEBHOOK_SECONDS)

    def let_pass(self, seconds: float) -> None:
        """Windows close, URLs die."""
        self._account.people.passed_seconds += seconds

    def fault(self, fault: Fault | MediaFault, times: int = 1) -> None:
        """The next `times` posts, or downloads, meet this fault."""
        if isinstance(fault, MediaFault):
            self._account.faults.order(fault, times)
        else:
            self._faults.order(fault, times)
