"""The README's first example, word for word, against a real broker."""

import re

import pika
import pytest

from schemas.codec import decode
from schemas.reply_requested import ReplyRequested
from tests.contracts.files import SCHEMAS
from workers.runtime.topology import UPSTREAM

pytestmark = pytest.mark.services


def example() -> str:
    block = re.search(r"```python\n(.*?)```", (SCHEMAS / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block
    return block[1]


def test_what_an_integrator_copies_is_an_event_that_we_read(vhost_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Published by plain pika under the documented key, and readable as from outside."""
    monkeypatch.setenv("AMQP_URL", vhost_url)
    monkeypatch.setenv("FILE_URL", "https://files.example/part.jpg")
    monkeypatch.setenv("REPLY_ID", "reply-1")
    connection = pika.BlockingConnection(pika.URLParameters(vhost_url))
    channel = connection.channel()
    channel.exchange_declare(UPSTREAM, "topic", durable=True)
    channel.queue_declare("ours", durable=True)
    channel.queue_bind("ours", UPSTREAM, "acme.reply_requested.v1.sms")

    exec(compile(example(), "schemas/README.md", "exec"), {})

    _, properties, body = channel.basic_get("ours", auto_ack=True)
    connection.close()
    event = decode(body, outer=True)
    assert isinstance(event.data, ReplyRequested)
    assert (event.id, event.data.files[0].source.url) == ("reply-1", "https://files.example/part.jpg")
    assert (properties.type, properties.message_id) == ("trombone.reply_requested.v1", "reply-1")
