"""The inside of the sandbox WhatsApp: media that expire, customers who write, and statuses of what they get."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from workers.sandbox.meta_faults import MediaFault, MediaFaults
from workers.sandbox.meta_people import People
from workers.sandbox.meta_rules import GraphNo
from workers.sandbox.meta_webhook import Webhook
from workers.sandbox.phone import Fetched
from workers.sandbox.sniffing import sniffed
from workers.sandbox.whatsapp_rules import KINDS, Asked, kind_of

UPLOAD_LIVES, INBOUND_LIVES, URL_LIVES = 30 * 86_400, 7 * 86_400, 300
MAX_INBOUND_BYTES = 100_000_000
NO_DETAILS = "Object does not exist, cannot be loaded due to missing permissions, or does not support this operation"


@dataclass(frozen=True)
class Kept:
    """A file that Meta holds for a while."""

    content: Fetched
    until: float


@dataclass
class Number:
    """One of our phone numbers, and everything that Meta knows about it."""

    phone_number_id: str
    display: str
    access_token: str = field(repr=False)
    webhook: Webhook
    people: People
    statuses: Sequence[str] = ("sent", "delivered")
    """What is reported of a message that arrives, in this order."""
    tells_errors_late: bool = False
    """The window is a matter of a status then, not of the answer: Meta does both."""
    unusable_files: int = 0
    """So many of the next files turn out to be unusable when it is too late to say so in the answer."""
    rejections: list[GraphNo] = field(default_factory=list)
    faults: MediaFaults = field(default_factory=MediaFaults)
    media: dict[str, Kept] = field(default_factory=dict)
    urls: dict[str, tuple[str, float]] = field(default_factory=dict)

    def close(self) -> None:
        self.webhook.close()

    def keep(self, content: Fetched, lives_seconds: float = UPLOAD_LIVES) -> str:
        media_id = str(uuid4().int)[:16]
        self.media[media_id] = Kept(content, self.people.now() + lives_seconds)
        return media_id

    def find(self, media_id: str) -> Fetched:
        """Raises GraphNo 100/33, as for any object that is not there."""
        kept = self.media.get(media_id)
        if kept is None or kept.until < self.people.now():
            raise GraphNo(100, f"Unsupported get request. {NO_DETAILS}.", subcode=33)
        return kept.content

    def url_of(self, media_id: str) -> str:
        """A token that is good for five minutes."""
        token = uuid4().hex
        dead = self.faults.meets(MediaFault.EXPIRED_URL) is not None
        self.urls[token] = (media_id, self.people.now() + (-1 if dead else URL_LIVES))
        return token

    def behind(self, token: str) -> Fetched | None:
        media_id, until = self.urls.get(token, ("", 0.0))
        return self.media[media_id].content if until >= self.people.now() else None

    def take(self, asked: Asked) -> str:
        """Accept a message: it arrives and is reported in the background. Raises GraphNo."""
        media = self._media_of(asked)
        message_id = f"wamid.{uuid4().hex}"
        closed = not self.people.may_be_answered(asked.contact)
        if closed and not self.tells_errors_late:
            raise _closed()
        code = 131047 if closed else self._fails_with(asked)
        if code is not None:
            self._report(message_id, asked, ["failed"], code)
            return message_id
        files = [replace(media, name=asked.filename)] if media else []
        self.people.receives(asked.contact, message_id, self.display, asked.text, files)
        self._report(message_id, asked, self.statuses)
        return message_id

    def customer_sends(self, contact: str, text: str, files: Sequence[Path]) -> list[dict[str, Any]]:
        """The messages of a webhook: one file each, the words with the first that takes them."""
        self.people.writes(contact)
        contents = [self._file_message(path) for path in files]
        words = text
        for kind, content in contents:
            if words and kind in ("image", "video", "document"):
                content["caption"], words = words, ""
        if words or not contents:
            contents.insert(0, ("text", {"body": words}))
        return [self.message(contact, kind, content) for kind, content in contents]

    def message(self, contact: str, kind: str, content: Any) -> dict[str, Any]:
        """As it stands in a webhook; `content` is what the field of this type holds."""
        sender = {"from": contact.lstrip("+")} if contact.startswith("+") else {"from_user_id": contact}
        bare = {**sender, "id": f"wamid.{uuid4().hex}", "timestamp": str(int(self.people.now())), "type": kind}
        return bare | ({"errors": content} if kind == "unsupported" else {kind: content})

    def envelope(self, contact: str, messages: Sequence[dict[str, Any]]) -> dict[str, Any]:
        known = {"wa_id": contact.lstrip("+")} if contact.startswith("+") else {"user_id": contact}
        return self._enveloped({"contacts": [{"profile": {"name": "Kim Doe"}, **known}], "messages": list(messages)})

    def _fails_with(self, asked: Asked) -> int | None:
        if asked.media_id and self.unusable_files:
            self.unusable_files -= 1
            return 131053
        return self.people.customer(asked.contact).fails_with

    def _media_of(self, asked: Asked) -> Fetched | None:
        if asked.media_id is None:
            return None
        try:
            found = self.find(asked.media_id)
        except GraphNo:
            raise GraphNo(131009, "Parameter value is not valid", details="the media id is unknown") from None
        if found.media_type not in KINDS[asked.kind][1]:
            raise GraphNo(131053, "Media upload error", details=f"{found.media_type} is no {asked.kind}")
        return found

    def _file_message(self, path: Path) -> tuple[str, Any]:
        content = path.read_bytes()
        if len(content) > MAX_INBOUND_BYTES:
            details = {"details": "File size exceeds the limit."}
            return "unsupported", [{"code": 131052, "title": "Media download error", "error_data": details}]
        media_type = sniffed(content)
        kind = kind_of(media_type)
        media_id = self.keep(Fetched(media_type, content), INBOUND_LIVES)
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        told: dict[str, Any] = {"id": media_id, "mime_type": media_type, "sha256": digest}
        if media_type == "audio/ogg":
            told |= {"mime_type": "audio/ogg; codecs=opus", "voice": True}
        return kind, told | ({"filename": path.name} if kind == "document" else {})

    def _report(self, message_id: str, asked: Asked, statuses: Sequence[str], code: int | None = None) -> None:
        self.webhook.tell_all(list(self._statuses(message_id, asked, statuses, code)))

    def _statuses(
        self, message_id: str, asked: Asked, statuses: Sequence[str], code: int | None
    ) -> Iterator[dict[str, Any]]:
        for status in statuses:
            told: dict[str, Any] = {
                "id": message_id,
                "status": status,
                "timestamp": str(int(self.people.now())),
                "recipient_id": asked.contact.lstrip("+"),
            }
            told |= {"biz_opaque_callback_data": asked.token} if asked.token else {}
            told |= {"errors": [{"code": code, "title": "Message failed"}]} if code is not None else {}
            yield self._enveloped({"statuses": [told]})

    def _enveloped(self, value: dict[str, Any]) -> dict[str, Any]:
        metadata = {"display_phone_number": self.display.lstrip("+"), "phone_number_id": self.phone_number_id}
        change = {"value": {"messaging_product": "whatsapp", "metadata": metadata, **value}, "field": "messages"}
        return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": [change]}]}


def _closed() -> GraphNo:
    return GraphNo(131047, "Re-engagement message", details="More than 24 hours have passed since the customer wrote.")
