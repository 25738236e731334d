"""Upstream systems publish with any AMQP client, and whatever they get wrong disturbs nobody else."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker

from schemas import identity, object_keys
from tests.http_origin import Origin, answer
from tests.integration.cluster import ACCOUNT, STAGES, Cluster, own_servers
from tests.polling import eventually
from tests.services import RabbitApi
from workers.sandbox.eyes import look
from workers.sandbox.scene import camera_scene

pytestmark = pytest.mark.services

TEN_LINES = Path(__file__).with_name("ten_lines.py")
KEY = "acme.reply_requested.v1.sms"
SOURCE = "https://helpdesk.example/tests"
UPSTREAM_USER = "acme-helpdesk"


@pytest.fixture(scope="module")
def photo() -> bytes:
    return camera_scene((2400, 1800), orientation=6)


@pytest.fixture(scope="module")
def origin(photo: bytes) -> Iterator[Origin]:
    """A web server of the upstream system."""
    with Origin({"/part.jpg": answer(photo, content_type="image/jpeg")}) as origin:
        yield origin


@pytest.fixture(scope="module")
def cluster(
    rabbitmq_api: RabbitApi,
    s3_url: str,
    postgres_url: str,
    origin: Origin,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with (
        own_servers(rabbitmq_api, s3_url, postgres_url) as servers,
        Cluster(folder, *servers, allowed=origin.address) as cluster,
    ):
        yield cluster


@pytest.fixture(scope="module")
def upstream_url(rabbitmq_api: RabbitApi, cluster: Cluster) -> Iterator[str]:
    """A RabbitMQ user as an operator makes it for acme: it may write to `trombone.in` under acme's keys, no more."""
    user = f"{UPSTREAM_USER}-{cluster.port}"
    parts = urlsplit(cluster.broker_url)
    vhost = quote(parts.path.removeprefix("/"), safe="")
    rabbitmq_api.call("PUT", f"/users/{user}", {"password": "its-own", "tags": ""})
    rabbitmq_api.call(
        "PUT", f"/permissions/{vhost}/{user}", {"configure": "^$", "write": r"^trombone\.in$", "read": "^$"}
    )
    rabbitmq_api.call(
        "PUT", f"/topic-permissions/{vhost}/{user}", {"exchange": "trombone.in", "write": r"^acme\.", "read": "^$"}
    )
    yield urlunsplit(parts._replace(netloc=f"{user}:its-own@{parts.hostname}:{parts.port}"))
    rabbitmq_api.call("DELETE", f"/users/{user}")


def test_the_foreign_client_has_ten_lines_and_nothing_of_ours() -> None:
    """Only pika and the standard library."""
    lines = [line for line in TEN_LINES.read_text().splitlines() if line and not line.startswith(('"""', "#"))]
    imported = {name for line in lines if line.startswith("import ") for name in line.partition("#")[0][7:].split(",")}

    assert len(lines) <= 10
    assert {name.strip() for name in imported} == {"json", "os", "time", "uuid", "pika"}


@pytest.mark.parametrize("by", ["upload", "url"])
def test_ten_lines_of_pika_bring_a_file_to_the_phone(
    cluster: Cluster, upstream_url: str, origin: Origin, photo: bytes, tmp_path: Path, by: str
) -> None:
    """By the key of an upload, or by a URL of the publisher's own."""
    path = tmp_path / "part.jpg"
    path.write_bytes(photo)
    source = {"url": origin.url("/part.jpg")}
    if by == "upload":
        source = {"object_key": object_keys.upload(ACCOUNT, cluster.helpdesk.upload(path))}
    customer = cluster.customer()

    environ = {"AMQP_URL": upstream_url, "CONTACT": customer, "SOURCE": json.dumps(source)}
    subprocess.run([sys.executable, TEN_LINES], env=environ, check=True, timeout=30)

    phone = cluster.twilio.phone(customer)
    eventually(lambda: phone.received, within=45)
    (message,) = phone.received
    (file,) = message.files
    seen = look(file.path.read_bytes())
    assert message.text == "The part you need."
    assert (file.size_bytes <= 600_000, seen.bright_side, seen.has_metadata) == (True, "top", False)


def event(contact: str, reply_id: str, **changes: object) -> dict[str, Any]:
    """A good event; `changes` are made to its data."""
    data = {"account": ACCOUNT, "channel": "sms", "contact": contact, "text": "Hello from upstream"} | changes
    return {
        "specversion": "1.0",
        "type": "trombone.reply_requested.v1",
        "source": SOURCE,
        "id": reply_id,
        "time": "2026-11-22T12:00:00Z",
        "account": data["account"],
        "data": data | {"expires_at": "2126-11-22T12:00:00Z"},
    }


def publish(url: str, body: bytes, routing_key: str = KEY) -> None:
    connection = pika.BlockingConnection(pika.URLParameters(url))
    try:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("trombone.in", routing_key, body, mandatory=True)
    finally:
        if connection.is_open:
            connection.close()


def renamed(good: dict[str, Any], event_type: str) -> bytes:
    return json.dumps(good | {"type": event_type}).encode()


def without_contact(good: dict[str, Any]) -> bytes:
    wrong = copy.deepcopy(good)
    del wrong["data"]["contact"]
    return json.dumps(wrong).encode()


def twice(good: dict[str, Any]) -> bytes:
    """The same key a second time: which one counts is anybody's guess."""
    return json.dumps(good).replace('"contact":', '"contact": "+14155550000", "contact":').encode()


WRONG = {
    "malformed JSON": (lambda good: json.dumps(good).encode()[:-1], KEY, "ingest.sms", "not_json"),
    "a key given twice": (twice, KEY, "ingest.sms", "not_json"),
    "no envelope": (lambda good: json.dumps(good["data"]).encode(), KEY, "ingest.sms", "not_an_event"),
    "an unknown event": (
        lambda good: renamed(good, "trombone.reply_imagined.v1"),
        KEY,
        "ingest.sms",
        "unknown_event",
    ),
    "an unknown event under its own key": (
        lambda good: renamed(good, "trombone.reply_imagined.v1"),
        "acme.reply_imagined.v1.sms",
        "unrouted",
        "unknown_event",
    ),
    "a wrong field": (without_contact, KEY, "ingest.sms", "wrong_field"),
    "another account's routing key": (
        lambda good: json.dumps(good).encode(),
        "rival.reply_requested.v1.sms",
        "ingest.sms",
        "account_mismatch",
    ),
    "an unknown routing key": (lambda good: json.dumps(good).encode(), "acme.good.morning", "unrouted", "unrouted"),
    "a channel that nobody has": (
        lambda good: json.dumps(good).encode(),
        "acme.reply_requested.v1.telegraph",
        "unrouted",
        "unrouted",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_dead_lettered_with_a_reason_and_disturbs_nothing(cluster: Cluster, what: str) -> None:
    """Exactly one dead letter in one queue, untouched; the good message behind it arrives; no worker has ended."""
    spoil, routing_key, queue, reason = WRONG[what]
    before = {name: cluster.programs[name].pid for name in STAGES}
    dead = {name: len(cluster.dead_letters(name)) for name in ("ingest.sms", "ingest.webchat", "unrouted", "record")}
    bad_one, good_one = cluster.customer(), cluster.customer()
    body = spoil(event(bad_one, f"bad: {what}"))

    publish(cluster.broker_url, body, routing_key)
    publish(cluster.broker_url, json.dumps(event(good_one, f"good: {what}")).encode())

    assert cluster.seen(identity.root_id(ACCOUNT, SOURCE, f"good: {what}"), "delivered")
    letter = eventually(lambda: cluster.dead_letters(queue)[dead[queue] :], within=15)[0]
    now = {name: len(cluster.dead_letters(name)) for name in dead}
    assert (letter.reason, letter.body) == (reason, body)
    assert letter.headers["x-worker"] in ("ingestor", "deliverer")
    assert now == dead | {queue: dead[queue] + 1}
    assert len(cluster.twilio.phone(good_one).received) == 1
    assert not cluster.twilio.phone(bad_one).received
    assert all(cluster.programs[name].is_running() for name in STAGES)
    assert {name: cluster.programs[name].pid for name in STAGES} == before


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"files": [{"source": {"object_key": "quarantine/rival/uploads/u-1"}}]}, "file_not_in_account"),
        ({"files": [{"source": {"object_key": "media/acme/c-1/ab/original"}}]}, "file_not_in_account"),
        ({"files": [{"source": {"object_key": "quarantine/acme/uploads/never-there"}}]}, "upload_gone"),
        ({"files": [{"source": {"url": "http://127.0.0.1:1/metadata"}}]}, "address_not_allowed"),
        ({"address": "+15005559999"}, "channel_not_connected"),
    ],
)
def test_what_may_not_be_sent_is_refused_in_the_thread(
    cluster: Cluster, changes: dict[str, object], reason: str
) -> None:
    """Another account's object, our own store's inside, an address of our network: the agent reads why."""
    reply_id, customer = f"refused: {json.dumps(changes)}", cluster.customer()

    publish(cluster.broker_url, json.dumps(event(customer, reply_id, **changes)).encode())

    message = cluster.seen(identity.root_id(ACCOUNT, SOURCE, reply_id), "refused")
    reasons = [message["reason"], *(file["reason"] for file in message["attachments"])]
    assert {one["code"] for one in reasons if one} == {reason}
    assert not cluster.twilio.phone(customer).received


def test_the_broker_itself_holds_an_upstream_user_to_its_account(cluster: Cluster, upstream_url: str) -> None:
    """With the permissions that an operator sets, another account's routing key never gets in."""
    body = json.dumps(event(cluster.customer(), "from acme's user")).encode()

    with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
        publish(upstream_url, body, "rival.reply_requested.v1.sms")


def test_the_same_event_twice_is_sent_once(cluster: Cluster, upstream_url: str) -> None:
    """A publisher whose confirm got lost publishes again with the same id and source."""
    customer = cluster.customer()
    body = json.dumps(event(customer, "twice")).encode()

    publish(upstream_url, body)
    publish(upstream_url, body)
    publish(upstream_url, json.dumps(event(customer, "after it")).encode())

    assert cluster.seen(identity.root_id(ACCOUNT, SOURCE, "after it"), "delivered")
    assert cluster.seen(identity.root_id(ACCOUNT, SOURCE, "twice"), "delivered")
    assert len(cluster.twilio.phone(customer).received) == 2


def test_a_stranger_cannot_spoil_the_books(cluster: Cluster) -> None:
    """What was refused has its end like what was sent; what was unreadable never came in: it is a dead letter."""
    audited = cluster.trombone("audit")

    assert (audited.returncode, audited.stderr) == (0, "")
    assert "Gap 0" in audited.stdout


def test_logs_say_what_was_wrong_and_not_what_was_written(cluster: Cluster) -> None:
    """Not even of what could not be read."""
    assert cluster.leaked("Hello from upstream", "The part you need", "part.jpg", "+14155550000") == []
