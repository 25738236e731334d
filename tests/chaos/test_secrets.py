"""Secrets are planted in every setting that takes one; after all that broke, they are looked for everywhere."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace as changed
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from schemas.codec import decode
from schemas.event import AnyEvent
from tests.chaos.world import World
from tests.integration.cluster import ACCOUNT
from tests.integration.program import ROOT, Program, descendants
from tests.polling import eventually
from workers.runtime.dead_letters import DeadLetters
from workers.runtime.letters import event_message
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.stores import open_store
from workers.runtime.tables import events
from workers.runtime.topology import REQUEUE, requeue_key

pytestmark = pytest.mark.services

EXAMPLE = ROOT / "schemas" / "media_received" / "examples" / "v1" / "inbound-photo.json"
DECODING = ("validator", "thumbnailer", "fitter")


def planted(chaos: World) -> Mapping[str, str]:
    """By name: the provider's token, keys of the API, of media and of visitors, and the passwords in URLs."""
    environ = chaos.cluster.environ
    passwords = {
        name: found[1]
        for name in ("TROMBONE_STORE_URL", "TROMBONE_DATABASE_URL", "TROMBONE_BROKER_URL")
        if (found := re.search(r"://(\w+:[^@]+)@", environ[name]))
    }
    keys = {name: value for name, value in environ.items() if "SECRET" in name}
    media = {"media key": environ["TROMBONE_MEDIA_KEYS"].partition(":")[2]}
    return {**keys, **passwords, **media, "API key": chaos.cluster.helpdesk.key}


def leaks(text: str | bytes, secrets: Mapping[str, str]) -> list[str]:
    body = text.encode() if isinstance(text, str) else text
    return [name for name, secret in secrets.items() if secret.encode() in body]


@pytest.fixture
def dead(chaos: World) -> AnyEvent:
    """An event in a queue where nobody consumes it: a dead letter with a traceback."""
    event = decode(EXAMPLE.read_bytes())
    event = replace(event, account=ACCOUNT, data=replace(event.data, account=ACCOUNT))
    publisher = RabbitBroker(chaos.rabbit.url).publisher()
    publisher.publish(changed(event_message(event), exchange=REQUEUE, routing_key=requeue_key("store")))
    publisher.close()
    eventually(lambda: chaos.dead_letters().get("store"), within=20)
    return event


def test_secrets_are_nowhere(chaos: World, dead: AnyEvent) -> None:
    """Not in logs, events, dead letters, tracebacks, nor in what an operator is shown."""
    secrets = planted(chaos)
    traffic = chaos.traffic()
    chaos.store.flaky(0.5)
    traffic.send(4)
    chaos.store.heal()
    chaos.settled(traffic)

    found = {place: leaks(text, secrets) for place, text in everywhere(chaos, dead)}

    assert {place: names for place, names in found.items() if names} == {}
    assert {"logs", "events", "dead letter", "traceback", "explain", "dead show"} <= found.keys()
    with DeadLetters(chaos.rabbit.url) as letters:
        letters.purge("store")


def everywhere(chaos: World, dead: AnyEvent) -> Iterator[tuple[str, str | bytes]]:
    cluster = chaos.cluster
    yield "logs", cluster.logs()
    with chaos.record.read() as connection:
        yield "events", b"\n".join(connection.execute(select(events.c.body)).scalars())
        details = connection.execute(select(events.c.detail).where(events.c.detail.is_not(None))).scalars()
        yield "details", "\n".join(details)
    with DeadLetters(chaos.rabbit.url) as letters:
        for letter in letters.list("store"):
            yield "dead letter", json.dumps([dict(letter.headers), letter.body.decode()], default=str)
    store = open_store(cluster.environ["TROMBONE_STORE_URL"])
    for kept in store.list(f"dead/{ACCOUNT}/"):
        with store.read(kept.key) as chunks:
            yield "traceback", b"".join(chunks)
    yield "explain", cluster.trombone("explain", dead.data.message).stdout
    yield "dead show", cluster.trombone("dead", "show", "store", dead.id).stdout


@pytest.mark.parametrize("name", DECODING)
def test_a_child_that_decodes_has_no_secret_within_its_reach(chaos: World, name: str) -> None:
    """Neither in its environment nor anywhere in its memory; the fork server that it comes from neither."""
    program = chaos.cluster.programs[name]
    traffic = chaos.traffic()
    traffic.send(2)
    chaos.settled(traffic)
    children = descendants(program.pid)

    found = {pid: leaks(b"".join(everything_of(pid)), planted(chaos)) for pid in children}

    assert children
    assert {pid: names for pid, names in found.items() if names} == {}
    assert holds_secrets(program, planted(chaos)), "the way of looking finds them where they are"


def holds_secrets(program: Program, secrets: Mapping[str, str]) -> list[str]:
    return leaks(b"".join(everything_of(program.pid)), secrets)


def everything_of(pid: int) -> Iterator[bytes]:
    """Its environment, and every page that it may write to."""
    yield Path(f"/proc/{pid}/environ").read_bytes()
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(one, 16) for one in place.split("-"))
                with suppress(OSError, ValueError, OverflowError):
                    memory.seek(start)
                    yield memory.read(end - start)
