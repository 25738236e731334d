"""The far side of all five channels on one machine: each provider's stand-in, and customers who are new each time."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import randbelow, token_hex
from typing import Any, Protocol

from workers.sandbox.instagram import SandboxInstagram
from workers.sandbox.mail import SandboxMail
from workers.sandbox.twilio import SandboxTwilio
from workers.sandbox.webchat import SandboxWebchat
from workers.sandbox.whatsapp import SandboxWhatsApp

SHOP_NUMBER = "+15005550006"
WEBCHAT = "demo-shop"
ACCOUNT_SID = "AC" + "0" * 32
FOLDERS = {
    "sms": "phones",
    "webchat": "visitors",
    "email": "mailboxes",
    "whatsapp": "whatsapp",
    "instagram": "instagram",
}
"""Where what customers receive lies, by channel."""


class StandIn(Protocol):
    """What every one of them has."""

    @property
    def fetch_allow(self) -> list[str]: ...

    def connection(self) -> dict[str, Any]: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True)
class StandIns:
    """One field per channel. What customers receive lies in `folder`, a folder per channel."""

    folder: Path
    sms: SandboxTwilio
    webchat: SandboxWebchat
    email: SandboxMail
    whatsapp: SandboxWhatsApp
    instagram: SandboxInstagram

    @property
    def by_channel(self) -> Mapping[str, StandIn]:
        return {
            "sms": self.sms,
            "webchat": self.webchat,
            "email": self.email,
            "whatsapp": self.whatsapp,
            "instagram": self.instagram,
        }

    def folder_of(self, channel: str) -> Path:
        return self.folder / FOLDERS[channel]

    def newcomer(self, channel: str) -> str:
        """A customer whom nobody knows yet, so that a demo on real services never meets an older one's conversation."""
        made: Mapping[str, Callable[[], str]] = {
            "sms": _number,
            "webchat": self.webchat.arrives,
            "email": _mail_address,
            "whatsapp": _number,
            "instagram": _id_of_digits,
        }
        return made[channel]()

    @contextmanager
    def running(self) -> Iterator[None]:
        with ExitStack() as stack:
            for one in self.by_channel.values():
                one.start()
                stack.callback(one.stop)
            yield


def stand_ins(gateway_url: str, folder: Path) -> StandIns:
    """With secrets of their own. The mail's door is set when it is open."""

    def secret() -> str:
        return token_hex(16)

    folders = {channel: folder / name for channel, name in FOLDERS.items()}
    meta = f"{gateway_url}/webhooks/{{}}/meta"
    whatsapp = SandboxWhatsApp(secret(), secret(), meta.format("whatsapp"), folders["whatsapp"])
    whatsapp.network.statuses = ("sent", "delivered", "read")
    webhook = f"{gateway_url}/webhooks/sms/twilio"
    return StandIns(
        folder=folder,
        sms=SandboxTwilio(ACCOUNT_SID, secret(), webhook, folders["sms"], numbers=[SHOP_NUMBER]),
        webchat=SandboxWebchat(gateway_url, folders["webchat"], address=WEBCHAT),
        email=SandboxMail(folders["email"], thread_key=secret(), password=secret()),
        whatsapp=whatsapp,
        instagram=SandboxInstagram(secret(), secret(), meta.format("instagram"), folders["instagram"]),
    )


def _number() -> str:
    return f"+1555{1_000_000 + randbelow(9_000_000)}"


def _mail_address() -> str:
    return f"kim-{token_hex(4)}@customer.example"


def _id_of_digits() -> str:
    return str(10**15 + randbelow(10**15))
