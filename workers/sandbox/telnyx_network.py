"""The inside of the sandbox Telnyx: accounts' messages, the way to the phone and back, and what is said about it."""

import base64
import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from workers.sandbox.calling import Alert, complaint
from workers.sandbox.phone import CARRIER_LIMITS, Fetched, Phones
from workers.sandbox.telnyx_rules import Asked, SaysNo

THREADS = 4
WEBHOOK_SECONDS, TRIES = 2.0, 3
"""https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks, read 2026-11-27."""
FETCH_SECONDS = 15.0
MAX_TOTAL_BYTES = 1_000_000
"""https://support.telnyx.com/en/articles/4450150-faqs-about-mms-at-telnyx, read 2026-11-27: less than 1 MB."""
TITLES = {40302: "Message too large", 40317: "Invalid MMS content"}
OPT_OUT, OPT_IN = "STOP", "START"


@dataclass
class Sent:
    """A message that Telnyx took from us."""

    id: str
    asked: Asked
    status: str = "queued"
    error_code: int | None = None


@dataclass
class Network:
    api_key: str = field(repr=False)
    folder: Path
    webhook_url: str
    numbers: tuple[str, ...]
    number_type: str | None = None
    media_url: str = ""
    sent: list[Sent] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    rejections: list[SaysNo] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)
    media: dict[str, Fetched] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._key = Ed25519PrivateKey.generate()
        self.phones = Phones(self.folder, CARRIER_LIMITS[self.number_type])
        self._http = urllib3.PoolManager(maxsize=THREADS, retries=False, timeout=WEBHOOK_SECONDS)
        self._jobs = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox-telnyx")

    def close(self) -> None:
        self._jobs.shutdown(cancel_futures=True)
        self._http.clear()

    @property
    def public_key(self) -> str:
        return base64.b64encode(self._key.public_key().public_bytes_raw()).decode()

    def take(self, asked: Asked) -> Sent:
        """Accept a message from us; it goes on its way in the background."""
        sent = Sent(id=str(uuid4()), asked=asked)
        self.sent.append(sent)
        self._jobs.submit(self._deliver, sent)
        return sent

    def inbound(
        self, sender: str, text: str, media: Sequence[Fetched], *, wrong_digest: bool
    ) -> tuple[str, Future[None]]:
        """A customer's phone sends to our first number: the message's id, and when our webhook has answered."""
        word = text.strip().upper()
        if word in (OPT_OUT, OPT_IN):
            (self.opted_out.add if word == OPT_OUT else self.opted_out.discard)(sender)
        message = str(uuid4())
        self.phones.customer(sender).write(message, text, media)
        payload = self._payload(message, sender, self.numbers[0], "inbound", text, status="delivered")
        payload["media"] = [self._handed_out(one, wrong_digest=wrong_digest) for one in media]
        payload["type"] = "MMS" if media else "SMS"
        return message, self._jobs.submit(self._call, self.webhook_url, "message.received", payload)

    def _handed_out(self, one: Fetched, *, wrong_digest: bool) -> dict[str, Any]:
        name = uuid4().hex
        self.media[name] = one
        content = b"other bytes" if wrong_digest else one.content
        return {
            "url": f"{self.media_url}/{name}",
            "content_type": one.media_type,
            "hash_sha256": hashlib.sha256(content).hexdigest(),
            "size": len(one.content),
        }

    def _deliver(self, sent: Sent) -> None:
        asked, phone = sent.asked, self.phones.customer(sent.asked.recipient)
        media = [self._fetched(url) for url in asked.media_urls]
        whole = [one for one in media if one is not None]
        code = 40317 if len(whole) < len(media) else None
        if sum(len(one.content) for one in whole) >= MAX_TOTAL_BYTES:
            code = 40302
        if code is None:
            self._report(sent, "message.sent", "sent")
            code = phone.refuses(whole, too_large=40302)
        if code is None:
            phone.receive(sent.id, asked.sender, asked.text, whole)
        self._report(sent, "message.finalized", "delivery_failed" if code else "delivered", code)

    def _fetched(self, url: str) -> Fetched | None:
        try:
            answer = self._http.request("GET", url, redirect=False, timeout=FETCH_SECONDS)
        except urllib3.exceptions.HTTPError as error:
            self.alerts.append(Alert(url, str(error)))
            return None
        if answer.status != 200:
            self.alerts.append(Alert(url, f"HTTP {answer.status}"))
            return None
        return Fetched(answer.headers.get("Content-Type", "").partition(";")[0].strip(), answer.data)

    def _report(self, sent: Sent, event: str, status: str, code: int | None = None) -> None:
        sent.status, sent.error_code = status, code
        asked = sent.asked
        payload = self._payload(sent.id, asked.sender, asked.recipient, "outbound", asked.text, status=status)
        if code is not None:
            payload["errors"] = [{"code": str(code), "title": TITLES.get(code, "Undeliverable"), "detail": None}]
        self._call(asked.webhook_url or self.webhook_url, event, payload)

    def _payload(  # noqa: PLR0913, PLR0917 - what stands in every message
        self, message: str, sender: str, recipient: str, direction: str, text: str, status: str
    ) -> dict[str, Any]:
        return {
            "record_type": "message",
            "direction": direction,
            "id": message,
            "type": "SMS",
            "messaging_profile_id": str(uuid4()),
            "from": {"phone_number": sender, "carrier": "", "line_type": "Wireless"},
            "to": [{"phone_number": recipient, "status": status, "carrier": "", "line_type": "Wireless"}],
            "cc": [],
            "text": text,
            "media": [],
            "errors": [],
            "parts": 1,
        }

    def _call(self, url: str, event: str, payload: Mapping[str, Any]) -> None:
        """Signed anew at each try; an alert when no try is answered with 2xx in time."""
        now = datetime.now(UTC)
        data = {"record_type": "event", "id": str(uuid4()), "event_type": event, "occurred_at": now.isoformat()}
        for attempt in range(1, TRIES + 1):
            meta = {"attempt": attempt, "delivered_to": url}
            body = json.dumps({"data": {**data, "payload": payload}, "meta": meta}).encode()
            why = complaint(self._http, url, body, self.signed(body), welcome=range(200, 300))
            if why is None:
                return
        self.alerts.append(Alert(url, str(why)))

    def signed(self, body: bytes) -> dict[str, str]:
        timestamp = str(int(time.time()))
        signature = self._key.sign(timestamp.encode() + b"|" + body)
        return {
            "Content-Type": "application/json",
            "User-Agent": "telnyx-webhooks",
            "telnyx-signature-ed25519": base64.b64encode(signature).decode(),
            "telnyx-timestamp": timestamp,
        }
