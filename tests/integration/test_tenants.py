"""
Several tenants in one Trombone: what one of them has is never reached from another's side.

Threads, uploads, replies and idempotency keys of two accounts are tried against each other in `test_gateway_threads`,
`test_gateway_uploads`, `test_gateway_replies` and `test_gateway_preflight`; here are webhooks, credentials and AMQP.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import pika
import pytest
from pika.exceptions import ChannelClosedByBroker, ProbableAccessDeniedError

from ingest.modules import ingest_module
from schemas.attachment import Source
from tests.integration.gateway_door import PUBLIC, Door, open_door, sign
from tests.services import RabbitApi
from workers.commands.stages import topology
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.settings import Settings, load

pytestmark = pytest.mark.services

WEBHOOK = "/webhooks/sms/twilio"
SIDS = {"acme": "AC" + "1" * 32, "rival": "AC" + "2" * 32}
NUMBERS = {"acme": "+15005550006", "rival": "+15005550007"}
TOKENS = {"acme": "token-of-acme", "rival": "token-of-rival"}
CUSTOMER = "+14155550100"


def tenants(folder: Path) -> Settings:
    """Two accounts with a number each; their secrets lie in files of their own."""
    accounts = {}
    for name, token in TOKENS.items():
        (folder / name).write_text(f"{token}\n")
        connection = {
            "provider": "twilio",
            "address": NUMBERS[name],
            "api_url": "https://api.twilio.com",
            "credentials": {"account_sid": {"value": SIDS[name]}, "auth_token": {"file": str(folder / name)}},
        }
        accounts[name] = {"name": name, "channels": {"sms": [connection]}}
    return load({}, endpoints={"public_url": PUBLIC}, accounts=accounts)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    with open_door(tmp_path, settings=tenants(tmp_path)) as door:
        yield door


def message(to: str, sid: str) -> bytes:
    fields = {"MessageSid": "SM1", "AccountSid": sid, "From": CUSTOMER, "To": to, "Body": "hello", "NumMedia": "0"}
    return urlencode(fields).encode()


def post(door: Door, body: bytes, token: str) -> tuple[int, str]:
    answer = door.twilio(body, **{"X-Twilio-Signature": sign(PUBLIC + WEBHOOK, body, token)})
    return answer.status, "" if answer.status == 200 else answer.error


@pytest.mark.parametrize("name", ["acme", "rival"])
def test_a_message_is_brought_to_the_account_of_its_number(door: Door, name: str) -> None:
    """Found by the number that received it, proven by that account's own secret."""
    assert post(door, message(NUMBERS[name], SIDS[name]), TOKENS[name]) == (200, "")
    (event,) = door.events(1)
    assert (event.account, event.data.account, event.data.address) == (name, name, NUMBERS[name])


@pytest.mark.parametrize(
    ("to", "sid", "signed_by", "refusal"),
    [
        ("acme", "acme", "rival", (403, "signature_invalid")),
        ("rival", "rival", "acme", (403, "signature_invalid")),
        ("acme", "rival", "rival", (404, "account_unknown")),
        ("acme", "rival", "acme", (404, "account_unknown")),
    ],
)
def test_one_tenants_secret_opens_nothing_of_another(
    door: Door, to: str, sid: str, signed_by: str, refusal: tuple[int, str]
) -> None:
    """Neither its own secret for another's number, nor its own SID: nothing is written down or published."""
    assert post(door, message(NUMBERS[to], SIDS[sid]), TOKENS[signed_by]) == refusal
    assert (door.intake_rows(), door.heard.events) == ([], [])


def test_another_tenants_media_are_asked_for_with_ones_own_credentials(tmp_path: Path) -> None:
    """Whoever announces the URL of another's file gets no further than Twilio lets them with their own secret."""
    settings = tenants(tmp_path)
    rival = settings.connection("rival", "sms")
    assert rival is not None
    acmes = Source(url=f"https://api.twilio.com/2010-04-01/Accounts/{SIDS['acme']}/Messages/MM1/Media/ME1")
    with pytest.raises(StopIteration) as done:
        next(ingest_module("sms", "twilio").download(acmes, rival))
    assert done.value.value.basic == (SIDS["rival"], TOKENS["rival"])


def test_a_connection_is_found_only_by_its_own_account(tmp_path: Path) -> None:
    """So nobody replies from another's number."""
    settings = tenants(tmp_path)
    assert settings.connection("rival", "sms", NUMBERS["acme"]) is None
    assert settings.connection("acme", "sms", NUMBERS["acme"]) is not None


@pytest.fixture(scope="module")
def vhost_of_two(rabbitmq_api: RabbitApi, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker with the whole topology."""
    settings = tenants(tmp_path_factory.mktemp("secrets"))
    with rabbitmq_api.vhost() as url:
        broker = RabbitBroker(url)
        broker.declare(topology(settings))
        broker.close()
        yield url


@pytest.fixture(scope="module")
def upstream(rabbitmq_api: RabbitApi, vhost_of_two: str) -> Iterator[str]:
    """A user as the README makes it for acme's upstream system."""
    user, parts = f"acme-upstream-{secrets.token_hex(4)}", urlsplit(vhost_of_two)
    vhost = quote(parts.path.removeprefix("/"), safe="")
    rabbitmq_api.call("PUT", f"/users/{user}", {"password": "its-own", "tags": ""})
    permissions = {"configure": "^$", "write": r"^trombone\.in$", "read": "^$"}
    rabbitmq_api.call("PUT", f"/permissions/{vhost}/{user}", permissions)
    topics = {"exchange": "trombone.in", "write": r"^acme\.", "read": "^$"}
    rabbitmq_api.call("PUT", f"/topic-permissions/{vhost}/{user}", topics)
    yield urlunsplit(parts._replace(netloc=f"{user}:its-own@{parts.hostname}:{parts.port}"))
    rabbitmq_api.call("DELETE", f"/users/{user}")


@pytest.fixture
def amqp_channel(upstream: str) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
    connection = pika.BlockingConnection(pika.URLParameters(upstream))
    channel = connection.channel()
    channel.confirm_delivery()
    yield channel
    if connection.is_open:
        connection.close()


def test_an_upstream_user_publishes_under_its_own_account(amqp_channel) -> None:
    """Confirmed and routed."""
    amqp_channel.basic_publish("trombone.in", "acme.reply_requested.v1.sms", b"{}", mandatory=True)


@pytest.mark.parametrize(
    ("exchange", "key"),
    [
        ("trombone.in", "rival.reply_requested.v1.sms"),
        ("trombone.in", "acmerival.reply_requested.v1.sms"),
        ("trombone.in", "#"),
        ("trombone", "acme.media_stored.v1.outbound.sms.light"),
        ("trombone.retry", "acme.x"),
        ("trombone.dead", "acme.x"),
        ("", "deliver.sms"),
    ],
)
def test_an_upstream_user_publishes_nowhere_else(amqp_channel, exchange: str, key: str) -> None:
    """Not for another account, not past the ingestor into the flow, not straight into a queue."""
    with pytest.raises(ChannelClosedByBroker, match="ACCESS_REFUSED"):
        amqp_channel.basic_publish(exchange, key, b"{}", mandatory=True)


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda channel: channel.basic_get("ingest.sms"), id="read a queue"),
        pytest.param(lambda channel: channel.basic_get("record"), id="read the record's queue"),
        pytest.param(lambda channel: channel.queue_purge("ingest.sms"), id="purge"),
        pytest.param(lambda channel: channel.queue_delete("ingest.sms"), id="delete"),
        pytest.param(lambda channel: channel.queue_declare("mine"), id="declare"),
        pytest.param(lambda channel: channel.exchange_declare("mine"), id="declare an exchange"),
        pytest.param(lambda channel: channel.queue_bind("ingest.sms", "trombone", "#"), id="bind"),
    ],
)
def test_an_upstream_user_reads_and_changes_nothing(amqp_channel, act) -> None:
    """It sees no event of anybody, its own included."""
    with pytest.raises((ChannelClosedByBroker, ProbableAccessDeniedError), match="ACCESS_REFUSED"):
        act(amqp_channel)
