"""
How Meta calls our webhook: signed JSON, repeated until somebody answers 200.

https://developers.facebook.com/documentation/business-messaging/instagram-messaging/webhooks, read 2026-11-22. Meta
repeats for hours; here it gives up after three tries and raises an alert.
"""

import hashlib
import hmac
import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import urllib3

from workers.sandbox.calling import Alert, complaint

ANSWER_SECONDS = 5.0
TRIES = 3


def signature(app_secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass
class Webhook:
    """Calls go out one after the other, in the order in which they were asked for, each `copies` times."""

    app_secret: str = field(repr=False)
    url: str
    copies: int = 1
    alerts: list[Alert] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._http = urllib3.PoolManager(timeout=ANSWER_SECONDS)
        self._caller = ThreadPoolExecutor(1, thread_name_prefix="sandbox-meta-webhook")

    def close(self) -> None:
        self._caller.shutdown(cancel_futures=True)
        self._http.clear()

    def subscribe(self, verify_token: str) -> bool:
        """The handshake: whether our side gives the challenge back."""
        query = {"hub.mode": "subscribe", "hub.verify_token": verify_token, "hub.challenge": "1158201444"}
        answer = self._http.request("GET", f"{self.url}?{urlencode(query)}", retries=False)
        return answer.status == 200 and answer.data == b"1158201444"

    def tell(self, document: dict[str, Any]) -> Future[None]:
        return self._caller.submit(self._tell, document)

    def tell_all(self, documents: Sequence[dict[str, Any]]) -> None:
        for document in documents:
            self.tell(document)

    def _tell(self, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()  # escaped unicode, as Meta writes it
        for _ in range(self.copies):
            self._post(body)

    def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/json", "User-Agent": "facebookexternalua"}
        headers["X-Hub-Signature-256"] = signature(self.app_secret, body)
        for _ in range(TRIES):
            why = complaint(self._http, self.url, body, headers, welcome=(200,))
            if why is None:
                return
        self.alerts.append(Alert(self.url, str(why)))
