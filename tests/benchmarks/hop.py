"""
One hop (consume, publish, confirm, ack) of our worker against what teams use instead.

Quorum queues, persistent messages of about 1.2 KB, prefetch 32, the input acked after its output is confirmed. Every
subject runs in a process of its own, on a fresh virtual host. Every round runs every subject once; ratios are taken
inside a round, since a machine's mood changes between them. CPU per message says more than messages per second: it
hardly depends on who else is busy.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from statistics import median

from tests.benchmarks.hops.meter import Bench
from tests.benchmarks.table import Table
from tests.services import Rabbit

PEERS = ("celery>=5.5,<6", "dramatiq[rabbitmq]>=2,<3", "faststream[rabbit]>=0.7,<0.8")
OURS = "Trombone"
SUBJECTS = {
    OURS: ("trombone_worker", 5000),
    "Trombone, 4 threads": ("trombone_worker:4", 5000),
    "pika loop, unread": ("pika_loop", 5000),
    "FastStream": ("faststream_tasks", 2000),
    "Dramatiq, 8 threads": ("dramatiq_threads", 2000),
    "Celery, solo": ("celery_solo", 1000),
}
Round = dict[str, dict[str, float]]


def measure(names: Iterable[str], rounds: int) -> list[Round]:
    with Rabbit() as rabbit:
        found: list[Round] = []
        for number in range(rounds):
            found.append({})
            for name in names:
                found[-1][name] = once(rabbit, name)
                rate = found[-1][name]["rate"]
                sys.stderr.write(f"round {number + 1} of {rounds}: {name}: {rate:.0f} messages/s\n")
        return found


def once(rabbit: Rabbit, name: str) -> dict[str, float]:
    module, count = SUBJECTS[name]
    with rabbit.api.vhost() as url:
        bench = Bench(url=url, broker_pid=rabbit.pid, count=count)
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.hops", module, json.dumps(asdict(bench))],
            capture_output=True,
            text=True,
            check=False,
            timeout=90,
            env=os.environ | {"C_FORCE_ROOT": "1"},
        )
    if done.returncode:
        raise RuntimeError(f"{name}: {done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])  # Celery greets first


def report(found: list[Round]) -> Table:
    table = Table("subject", "messages/s", "client µs", "broker µs", f"{OURS}: speed", "CPU")
    for name in found[0]:
        mine = [(one[OURS], one[name]) for one in found]
        table.add(
            name,
            *(f"{median(one[name][figure] for one in found):.0f}" for figure in ("rate", "client_us", "broker_us")),
            f"x {median(ours['rate'] / peer['rate'] for ours, peer in mine):.2f}",
            f"x {median(cpu(ours) / cpu(peer) for ours, peer in mine):.2f}",
        )
    return table


def cpu(one: dict[str, float]) -> float:
    """Of the client and the broker together."""
    return one["client_us"] + one["broker_us"]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    report(measure(SUBJECTS, parser.parse_args(arguments).rounds)).show()


if __name__ == "__main__":
    main()
