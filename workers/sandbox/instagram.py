"""A loopback Instagram as strict as the real one, by either login: for the demo and the tests, usable from threads."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workers.sandbox.instagram_app import instagram_app
from workers.sandbox.instagram_network import Account, new_mid
from workers.sandbox.meta import MetaStandIn
from workers.sandbox.meta_people import People
from workers.sandbox.meta_webhook import Webhook


class SandboxInstagram(MetaStandIn[Account]):
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
        self._page_id = page_id
        webhook = Webhook(app_secret, webhook_url)
        account = Account(address, page_id or address, access_token, webhook, People(folder))
        super().__init__(account, instagram_app(account), name="instagram", verify_token=verify_token)

    def connection(self, **options: str) -> dict[str, Any]:
        """The entry for `accounts.yaml`."""
        login = {"login": "facebook", "page_id": self._page_id} if self._page_id else {"login": "instagram"}
        return self.connected(self.network.ig_id, login | options)

    def customer_sends(self, contact: str, text: str = "", files: Sequence[Path] = ()) -> str:
        """One message; returns when our webhook has answered: the message's id."""
        message = self.network.customer_message(text, files, self.api_url)
        self.network.people.keeps(contact, str(message["mid"]), text, files)
        self.customer_does(contact, message=message)
        return str(message["mid"])

    def customer_mentions_us(self, contact: str, story: Path) -> str:
        """In a story, which nobody may keep without more ado: the message's id."""
        attachment = self.network.attachment(story.read_bytes(), self.api_url, "story_mention")
        mid = new_mid()
        self.customer_does(contact, message={"mid": mid, "attachments": [attachment]})
        return mid

    def customer_does(self, contact: str, **content: Any) -> None:
        """Anything that Meta's webhook reference describes: `message`, `postback`, `reaction`, `message_edit` …"""
        self.network.people.writes(contact)
        document = self.network.envelope([self.network.from_customer(contact, **content)])
        self.tell(document)
