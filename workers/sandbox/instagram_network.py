"""The inside of the sandbox Instagram: customers who write, what they get, echoes of it and that it was seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3

from workers.sandbox.instagram_media import fetch
from workers.sandbox.instagram_rules import Asked
from workers.sandbox.meta_faults import MediaFaults
from workers.sandbox.meta_people import WINDOW_SECONDS, People
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.meta_webhook import Webhook
from workers.sandbox.phone import Fetched
from workers.sandbox.sniffing import sniffed

URL_LIVES = 600
PERSON_MAY_ANSWER_WITHIN = 7 * WINDOW_SECONDS
_FILES = ("image", "video", "audio")


@dataclass
class Account:
    """One Instagram account, reached by `node`: its own id, or the page's. `sees`: customers open what they get."""

    ig_id: str
    node: str
    access_token: str = field(repr=False)
    webhook: Webhook
    people: People
    sees: bool = True
    people_may_answer: bool = False
    """Whether Meta has given the permission to tag what a person wrote."""
    rejections: list[GraphNo] = field(default_factory=list)
    faults: MediaFaults = field(default_factory=MediaFaults)
    media: dict[str, tuple[Fetched, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._http = urllib3.PoolManager()

    def close(self) -> None:
        self._http.clear()
        self.webhook.close()

    def take(self, asked: Asked) -> str:
        """Fetch the files, accept the message: the echo and the rest follow in the background. Raises GraphNo."""
        self._check_window(asked)
        files = [fetch(self._http, one) for one in asked.attachments]
        mid = new_mid()
        self.people.receives(asked.contact, mid, self.ig_id, asked.text, files)
        told: dict[str, Any] = {"mid": mid, "is_echo": True} | ({"text": asked.text} if asked.text else {})
        if asked.attachments:
            told["attachments"] = [{"type": one.kind, "payload": {"url": one.url}} for one in asked.attachments]
        self.webhook.tell(self.envelope([self._item(self.ig_id, asked.contact, message=told)]))
        if self.sees:
            self.webhook.tell(self.envelope([self._item(asked.contact, self.ig_id, read={"mid": mid})]))
        return mid

    def customer_message(self, text: str, files: Sequence[Path], base_url: str) -> dict[str, Any]:
        """Words and several files may share a message, this way round."""
        message: dict[str, Any] = {"mid": new_mid()} | ({"text": text} if text else {})
        if files:
            message["attachments"] = [self.attachment(path.read_bytes(), base_url) for path in files]
        return message

    def attachment(self, content: bytes, base_url: str, kind: str | None = None) -> dict[str, Any]:
        media_type, asset = sniffed(content), uuid4().hex
        family = media_type.partition("/")[0]
        self.media[asset] = (Fetched(media_type, content), self.people.now() + URL_LIVES)
        url = f"{base_url}/ig_messaging_cdn/?asset_id={asset}&signature=Abc"
        return {"type": kind or (family if family in _FILES else "file"), "payload": {"url": url}}

    def find(self, asset: str) -> Fetched | None:
        found, until = self.media.get(asset, (None, 0.0))
        return found if until >= self.people.now() else None

    def from_customer(self, contact: str, **content: Any) -> dict[str, Any]:
        return self._item(contact, self.ig_id, **content)

    def envelope(self, items: Sequence[dict[str, Any]], place: str = "messaging") -> dict[str, Any]:
        entry = {"id": self.ig_id, "time": self._moment(), place: list(items)}
        return {"object": "instagram", "entry": [entry]}

    def _check_window(self, asked: Asked) -> None:
        if asked.by_a_person and not self.people_may_answer:
            raise GraphNo(10, "This message is sent with a tag that your app may not use", status=403)
        within = PERSON_MAY_ANSWER_WITHIN if asked.by_a_person else WINDOW_SECONDS
        if not self.people.may_be_answered(asked.contact, within):
            raise GraphNo(10, "This message is sent outside of allowed window.", subcode=2534022, status=403)
        code = self.people.customer(asked.contact).fails_with
        if code is not None:
            raise GraphNo(code, "This person isn't available right now.")

    def _item(self, sender: str, recipient: str, **content: Any) -> dict[str, Any]:
        return {"sender": {"id": sender}, "recipient": {"id": recipient}, "timestamp": self._moment(), **content}

    def _moment(self) -> int:
        return int(self.people.now() * 1000)


def new_mid() -> str:
    return f"aWdfZAG1f{uuid4().hex}"
