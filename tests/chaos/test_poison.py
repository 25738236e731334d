"""A message that kills its worker: it becomes a dead letter, and no innocent one does."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace as changed
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.codec import decode
from tests.chaos.figures import Figures
from tests.chaos.fragile import POISON, worker
from tests.integration.program import ROOT
from tests.services.process import tied_to_us
from workers.runtime.dead_letters import DeadLetters
from workers.runtime.letters import event_message
from workers.runtime.rabbitmq import RabbitBroker
from workers.runtime.settings import load
from workers.runtime.topology import REQUEUE, plan, requeue_key

pytestmark = pytest.mark.services

MESSAGES = 64
EXAMPLE = ROOT / "schemas" / "media_received" / "examples" / "v1" / "inbound-photo.json"
LIVES_SECONDS = 40.0


def test_a_message_that_kills_its_worker_takes_no_other_along(vhost_url: str, tmp_path: Path, figures: Figures) -> None:
    """64 messages, the poison among the first, at the prefetch that is shipped: 63 done, 1 dead, 0 innocents dead."""
    broker = RabbitBroker(vhost_url)
    broker.declare(plan([worker], load({})))
    original = decode(EXAMPLE.read_bytes())
    messages = []
    for number in range(MESSAGES):
        data = replace(original.data, ticket=POISON if number == 3 else "innocent")
        event = replace(original, id=f"m{number}", data=data)
        messages.append(changed(event_message(event), exchange=REQUEUE, routing_key=requeue_key("fragile")))
    publisher = broker.publisher()
    publisher.publish(*messages)

    ends: Counter[int] = Counter()
    with DeadLetters(vhost_url) as letters:
        while not (letters.depths(["fragile"])["fragile"] and len(done(tmp_path)) == MESSAGES - 1):
            ends[life(vhost_url, tmp_path, letters)] += 1
            assert ends.total() < 20
        dead = [(one.message_id, one.reason) for one in letters.list("fragile")]
    broker.close()
    figures.tell(done=len(done(tmp_path)), dead=len(dead), innocents_dead=len(dead) - 1, kills=ends[134])

    assert dead == [("m3", "delivery_limit")]
    assert done(tmp_path) == {f"m{number}" for number in range(MESSAGES)} - {"m3"}


def done(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.name.startswith("m")}


def life(url: str, folder: Path, letters: DeadLetters) -> int:
    """One process until it dies, or until there is nothing left for it to do."""
    command = tied_to_us([sys.executable, "-m", "tests.chaos.fragile", url, str(folder)])
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(int(LIVES_SECONDS * 5)):
            try:
                return process.wait(0.2)
            except subprocess.TimeoutExpired:
                if letters.depths(["fragile"])["fragile"] and len(done(folder)) == MESSAGES - 1:
                    break
    finally:
        process.kill()
    return process.wait()
