"""The inside of the sandbox Twilio: accounts' messages, the way to the phone and back, and what is said about it."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import urllib3

from workers.sandbox import twilio_webhook
from workers.sandbox.phone import CARRIER_LIMITS, Fetched, Phones
from workers.sandbox.twilio_media import Unusable, fetch_all
from workers.sandbox.twilio_rules import START_WORDS, STOP_WORDS, Asked, SaysNo
from workers.sandbox.twilio_webhook import Alert

API_VERSION = "2010-04-01"
THREADS = 4


@dataclass
class Sent:
    """A message that Twilio took from us."""

    sid: str
    asked: Asked
    status: str = "queued"
    error_code: int | None = None
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Network:
    account_sid: str
    auth_token: str = field(repr=False)
    folder: Path
    webhook_url: str = ""
    api_url: str = ""
    numbers: tuple[str, ...] = ()
    number_type: str | None = None
    service: str | None = None
    """A Messaging Service with all of the numbers."""
    sent: list[Sent] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    rejections: list[SaysNo] = field(default_factory=list)
    opted_out: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.media: dict[str, Fetched] = {}
        self._inbound: dict[str, tuple[dict[str, str], str]] = {}
        self.phones = Phones(self.folder, CARRIER_LIMITS[self.number_type])
        timeout = urllib3.Timeout(connect=twilio_webhook.CONNECT_SECONDS, read=twilio_webhook.READ_SECONDS)
        self._http = urllib3.PoolManager(timeout=timeout, maxsize=THREADS)
        self._jobs = ThreadPoolExecutor(THREADS, thread_name_prefix="sandbox-twilio")

    def close(self) -> None:
        self._jobs.shutdown(cancel_futures=True)
        self._http.clear()

    def take(self, asked: Asked) -> Sent:
        """Accept a message from us; it goes on its way in the background."""
        sent = Sent(
            sid=new_sid("MM" if asked.media_urls else "SM"),
            asked=asked,
            status="accepted" if asked.service else "queued",
        )
        self.sent.append(sent)
        self._jobs.submit(self._deliver, sent)
        return sent

    def send_mms(self, sender: str, recipient: str, text: str, media: Sequence[Fetched]) -> tuple[str, Future[None]]:
        """A customer's phone sends to one of our numbers: the MessageSid, and when our webhook has answered."""
        word = text.strip().upper()
        if word in STOP_WORDS | START_WORDS:
            (self.opted_out.add if word in STOP_WORDS else self.opted_out.discard)(sender)
        sid = new_sid("MM" if media else "SM")
        self.phones.customer(sender).write(sid, text, media)
        parameters = self._addressed(sid, sender, recipient)
        parameters |= {"Body": text, "NumMedia": str(len(media)), "NumSegments": "1", "SmsStatus": "received"}
        for index, one in enumerate(media):
            media_sid = new_sid("ME")
            self.media[media_sid] = one
            path = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{sid}/Media/{media_sid}"
            parameters |= {f"MediaUrl{index}": self.api_url + path, f"MediaContentType{index}": one.media_type}
        if self.service and recipient in self.numbers:
            parameters["MessagingServiceSid"] = self.service
        self._inbound[sid] = parameters, str(uuid4())
        return sid, self.call_again(sid)

    def call_again(self, sid: str) -> Future[None]:
        """The same webhook with the same token, as Twilio does when it got no answer."""
        parameters, token = self._inbound[sid]
        return self._jobs.submit(self._call, self.webhook_url, parameters, token)

    def _deliver(self, sent: Sent) -> None:
        asked, phone = sent.asked, self.phones.customer(sent.asked.recipient)
        try:
            media = fetch_all(self._http, asked.media_urls, asked.body)
        except Unusable as unusable:
            self.alerts.append(Alert(unusable.code, asked.media_urls[0], str(unusable)))
            self._report(sent, "failed", unusable.code)
            return
        self._report(sent, "sent")
        if code := phone.refuses(media, too_large=30019):
            self._report(sent, "undelivered", code)
            return
        phone.receive(sent.sid, asked.sender, asked.body, media)
        self._report(sent, "delivered")

    def _report(self, sent: Sent, status: str, error_code: int | None = None) -> None:
        sent.status, sent.error_code = status, error_code
        if not sent.asked.status_callback:
            return
        parameters = self._addressed(sent.sid, sent.asked.sender, sent.asked.recipient)
        parameters |= {"MessageStatus": status, "SmsStatus": status}
        if sent.asked.service:
            parameters["MessagingServiceSid"] = sent.asked.service
        if error_code is not None:
            parameters["ErrorCode"] = str(error_code)
        self._call(sent.asked.status_callback, parameters)

    def _call(self, url: str, parameters: dict[str, str], token: str | None = None) -> None:
        if alert := twilio_webhook.call(self._http, self.auth_token, url, parameters, token or str(uuid4())):
            self.alerts.append(alert)

    def _addressed(self, sid: str, sender: str, recipient: str) -> dict[str, str]:
        """What stands in every webhook."""
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account_sid,
            "From": sender,
            "To": recipient,
            "ApiVersion": API_VERSION,
        }


def new_sid(prefix: str) -> str:
    return prefix + uuid4().hex
