"""
Messages with small photos in both directions, and what became of them.

The counters are those of RabbitMQ's own Jepsen suite (github.com/rabbitmq/jepsen, read 2026-11-22): what was confirmed
and is gone is lost, what nobody sent is unexpected, what came twice is duplicated, and what came though nobody had
confirmed it is recovered.
"""

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from uuid import uuid4

from tests.integration.cluster import NUMBER, Cluster
from workers.commands.helpdesk import GatewayAway, GatewayRefused
from workers.sandbox import twilio_webhook
from workers.sandbox.twilio_media import Fetched

HANDS = 6
ASKS_SECONDS = 30.0
"""How long a helpdesk asks again, with the same idempotency key, until somebody answers."""
HEARD_SECONDS = 300.0
"""How long a provider may take to tell us of a message: its calls wait for one another while we do not answer."""
MAX_NAMED = 5

_runs = count(1)


@dataclass
class Traffic:
    """`answered` are the texts that a door answered for; `asked` are all."""

    cluster: Cluster
    photo: Path
    name: str = field(default_factory=lambda: f"run {next(_runs)}")
    asked: dict[str, str] = field(default_factory=dict)
    """Text and direction."""
    answered: set[str] = field(default_factory=set)
    replies: dict[str, str] = field(default_factory=dict)
    """Text and message id of what an agent sent."""

    @contextmanager
    def flowing(self, messages: int, per_second: float) -> Iterator[threading.Event]:
        """Send beside the block, and wait at its end until all is sent. The event says that it is."""
        sent = threading.Event()

        def send() -> None:
            with ThreadPoolExecutor(HANDS) as hands:
                for number in range(messages):
                    asked.append(hands.submit(self._customer if number % 2 else self._agent, number))
                    time.sleep(1 / per_second)
            sent.set()

        asked: list[Future[None]] = []
        thread = threading.Thread(target=send, name="traffic")
        thread.start()
        try:
            yield sent
        finally:
            thread.join()
        for one in asked:
            one.result()

    def send(self, messages: int) -> None:
        with self.flowing(messages, per_second=50):
            pass

    def _customer(self, number: int) -> None:
        """Sent once: a provider that nobody answered forgets."""
        text = f"{self.name} in {number}"
        self.asked[text] = "inbound"
        network = self.cluster.twilio._network
        media = [Fetched("image/jpeg", self.photo.read_bytes())]
        _, answer = network.send_mms(self.cluster.customer(), NUMBER, text, media)
        answer.result(HEARD_SECONDS)
        if text in self.cluster.answered:
            self.answered.add(text)

    def _agent(self, number: int) -> None:
        text, key = f"{self.name} out {number}", uuid4().hex
        self.asked[text] = "outbound"
        customer, helpdesk = self.cluster.customer(), self.cluster.helpdesk
        until = time.monotonic() + ASKS_SECONDS
        while time.monotonic() < until:
            try:
                upload = helpdesk.upload(self.photo)
                told = helpdesk.reply(
                    "sms", customer, text=text, uploads=[(upload, self.photo.name)], idempotency_key=key
                )
            except (GatewayAway, GatewayRefused):
                time.sleep(0.3)
                continue
            self.replies[text] = str(told["message"])
            self.answered.add(text)
            return


@dataclass(frozen=True)
class Counts:
    """`failed` and `in_doubt` are visible ends of what should have arrived; `twice` is what a phone got twice."""

    sent: int
    confirmed: int
    lost: int
    unexpected: int
    duplicated: int
    recovered: int
    twice: int
    failed: int
    in_doubt: int
    seconds: float = 0.0
    guilty: Mapping[str, str] = field(default_factory=dict)
    """Some of what is lost, doubled or failed, and its state: `trombone explain` and the logs tell the rest."""

    @property
    def wrong(self) -> dict[str, object]:
        """What must be 0, and whom it concerns."""
        names = ("lost", "unexpected", "duplicated", "twice", "failed", "guilty")
        return {name: found for name in names if (found := getattr(self, name))}


@dataclass(frozen=True)
class Seen:
    """A message of the record."""

    text: str
    direction: str
    state: str
    ended: bool
    thumbnails: bool


def count_up(traffic: Traffic, record: list[Seen], accepted: Counter[str], arrived: Counter[str]) -> Counts:
    """`accepted` are the texts that the provider took, `arrived` those on the phones."""
    mine = [one for one in record if one.text.startswith(f"{traffic.name} ")]
    shown = Counter(one.text for one in mine if one.direction == "inbound" and one.ended and one.thumbnails)
    visible = {one.text: one.state for one in mine if one.direction == "outbound"}
    in_doubt = {text for text, state in visible.items() if state == "in_doubt"}
    failed = {text for text, state in visible.items() if state in ("failed", "refused")}
    there = Counter({text: 1 for text in arrived if text in traffic.asked}) + shown
    states = {one.text: one.state for one in mine}
    times = Counter(one.text for one in mine)
    lost = traffic.answered - there.keys() - in_doubt - failed
    twice = {text for text in traffic.asked if accepted[text] > 1}
    doubled = {text for text, seen in times.items() if seen > 1}
    guilty = sorted(lost | failed | twice | doubled | (times.keys() - traffic.asked.keys()))
    return Counts(
        sent=len(traffic.asked),
        confirmed=len(traffic.answered),
        lost=len(lost),
        unexpected=len(times.keys() - traffic.asked.keys()),
        duplicated=sum(times[text] - 1 for text in doubled),
        recovered=len(there.keys() - traffic.answered),
        twice=sum(max(accepted[text], arrived[text]) - 1 for text in twice),
        failed=len(failed),
        in_doubt=len(in_doubt - arrived.keys()),
        guilty={text: states.get(text, "not in the record") for text in guilty[:MAX_NAMED]},
    )


def knowing(cluster: Cluster) -> None:
    """Let the cluster's Twilio remember which messages our webhook answered for."""
    network = cluster.twilio._network
    cluster.answered = set()

    def call(url: str, parameters: dict[str, str], token: str | None = None) -> None:
        token = token or str(uuid4())
        if alert := twilio_webhook.call(network._http, network.auth_token, url, parameters, token):
            network.alerts.append(alert)
        elif "Body" in parameters:
            cluster.answered.add(parameters["Body"])

    network._call = call
