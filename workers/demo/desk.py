"""What the demo's agent does and sees at the desk."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workers.commands.helpdesk import Helpdesk
from workers.demo.waiting import NeverCame, wait_for
from workers.sandbox.eyes import Seen, look

BAD_ENDS = ("refused", "failed", "in_doubt")


@dataclass(frozen=True)
class Desk:
    helpdesk: Helpdesk

    def reply(self, channel: str, contact: str, text: str, *paths: Path) -> str:
        """The message's id."""
        uploads = [(self.helpdesk.upload(path), path.name) for path in paths]
        return str(self.helpdesk.reply(channel, contact, text=text, uploads=uploads)["message"])

    def shown_from(self, contact: str, count: int = 1) -> list[dict[str, Any]]:
        """The messages of a customer, once so many are shown. Raises NeverCame."""

        def known() -> str | None:
            found = (one["conversation"] for one in self.helpdesk.conversations() if one["contact"] == contact)
            return next(found, None)

        return self.shown_in(wait_for(known, "the customer's message"), count)

    def shown_in(self, conversation: str, count: int) -> list[dict[str, Any]]:
        """The messages of a thread, once so many of the customer's are shown. Raises NeverCame."""

        def shown() -> list[dict[str, Any]] | None:
            messages = self.helpdesk.thread(conversation)["messages"]
            done = [one for one in messages if one["state"] == "shown"]
            return done if len(done) >= count else None

        return wait_for(shown, "the customer's message")

    def seen(self, message: str, state: str) -> dict[str, Any]:
        """The message, once it is in this state. Raises NeverCame, with the reason where it ended otherwise."""

        def reached() -> dict[str, Any] | None:
            found = self.helpdesk.message(message)
            if found and found["state"] in BAD_ENDS:
                why = (found["reason"] or {}).get("sentence") or found["state"]
                raise NeverCame(f"the reply was not {state}: {why}")
            return found if found and found["state"] == state else None

        return wait_for(reached, f"the message as {state}")

    def ended(self, message: str) -> dict[str, Any]:
        """The message, once there is nothing more to wait for, well or not. Raises NeverCame."""

        def over() -> dict[str, Any] | None:
            found = self.helpdesk.message(message)
            return found if found and found["ended"] else None

        return wait_for(over, "the end of the message")

    def thumbnail(self, file: dict[str, Any]) -> Seen:
        return look(self.helpdesk.download(file["thumbnail_url"]))

    def original(self, file: dict[str, Any]) -> bytes:
        return self.helpdesk.download(file["url"])
