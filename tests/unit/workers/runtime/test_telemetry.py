"""Logs: one JSON object a line, with the delivery's fields and without anybody's secrets."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from pydantic import SecretStr

from workers.runtime.broker import Delivery
from workers.runtime.settings import load
from workers.runtime.telemetry import REDACTED, Redactor, configure, delivering, secrets_in

DELIVERY = Delivery("validate", "trombone", "key", b"", "message-1", {"x-attempt": 2}, redelivered=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def configuration() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_a_json_object() -> None:
    """With time, level and the fields as they were given."""
    stream = io.StringIO()
    configure("info", stream=stream)
    structlog.get_logger().info("delivery.completed", outputs=2)
    (line,) = logged(stream)
    assert (line["event"], line["level"], line["outputs"]) == ("delivery.completed", "info", 2)
    assert line["timestamp"].endswith("Z")


def test_a_person_at_a_terminal_gets_readable_lines() -> None:
    """No JSON where somebody is watching."""
    stream = Terminal()
    configure("info", stream=stream)
    structlog.get_logger().info("delivery.completed")
    assert "delivery.completed" in stream.getvalue()
    assert "{" not in stream.getvalue()


def test_lines_below_the_level_are_not_written() -> None:
    """Debug lines cost nothing in production."""
    stream = io.StringIO()
    configure("warning", stream=stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [line["event"] for line in logged(stream)] == ["loud"]


def test_a_line_written_during_a_delivery_says_which() -> None:
    """And one after it does not."""
    stream = io.StringIO()
    configure("info", stream=stream)
    with delivering(DELIVERY):
        structlog.get_logger().info("inside")
    structlog.get_logger().info("outside")
    inside, outside = logged(stream)
    assert (inside["queue"], inside["attempt"], inside["message_id"]) == ("validate", 2, "message-1")
    assert "queue" not in outside


def test_libraries_log_the_same_way() -> None:
    """kombu, uvicorn and others use `logging`; their lines are JSON and redacted too."""
    stream = io.StringIO()
    configure("info", ["hunter2"], stream=stream)
    logging.getLogger("kombu").warning("connecting with %s", "hunter2")
    (line,) = logged(stream)
    assert (line["event"], line["logger"], line["level"]) == (f"connecting with {REDACTED}", "kombu", "warning")


@pytest.mark.parametrize("stream", [io.StringIO(), Terminal()])
def test_a_declared_secret_never_gets_out(stream: io.StringIO) -> None:
    """Not in a field, nested, in a key, as bytes, in an exception's traceback, nor percent-encoded in a URL."""
    environ = {
        "TROMBONE_BROKER_URL": "amqp://user:p%40ssw0rd@127.0.0.1:5672/",
        "TROMBONE_MEDIA_KEYS": "k1:signing-key-one,k2:signing-key-two",
        "TROMBONE_SECRET_TWILIO": "token-123",
    }
    settings = load(environ)
    configure("info", secrets_in(settings), stream=stream)
    log = structlog.get_logger()
    log.info(
        "a", url=environ["TROMBONE_BROKER_URL"], decoded="p@ssw0rd", settings=settings, nested={"x": ["token-123"]}
    )
    log.info("b", keys=("k2:signing-key-two",), body=b"token-123", **{"token-123": 1})
    try:
        raise ValueError("sent token-123")  # noqa: TRY301
    except ValueError:
        log.exception("c")
    text = stream.getvalue()
    assert [secret for secret in ("p%40ssw0rd", "p@ssw0rd", "token-123", "signing-key") if secret in text] == []
    assert "ValueError" in text


def test_secret_fields_print_as_stars() -> None:
    """Even where no redactor is asked."""
    assert "hush-hush" not in repr(load({"TROMBONE_SECRET_X": "hush-hush"})) + str(SecretStr("hush-hush"))


def test_numbers_and_plain_words_pass_the_redactor() -> None:
    """A secret that is too short to be one blots nothing out."""
    line = {"event": "x", "size_bytes": 3, "ok": True, "none": None}
    assert Redactor(["long-secret", "x", ""])(None, "info", dict(line)) == line


def test_endpoints_without_a_password_are_no_secrets() -> None:
    """`memory://` may be printed."""
    assert secrets_in(load({}).endpoints) == {""}
