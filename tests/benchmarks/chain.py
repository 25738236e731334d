# ruff: noqa: T201 - a benchmark prints
"""
The whole way of a photo, against a plain Celery chain: messages/s, CPU, latency and memory, in the same run.

Inbound: download, validate, keep, two previews, note it. Outbound: fetch, validate, preview, fit to an MMS, send.
Celery has two children; we have every worker as a process of its own. Both have the same broker, store and database.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks.table import Table
from tests.benchmarks.whole_way.subjects import CeleryChain, Subject, Trombone
from tests.benchmarks.whole_way.surroundings import Surroundings
from tests.services import S3, Postgres, Rabbit
from tests.services.postgres import database
from tests.services.s3 import bucket

PEERS = ("celery>=5.5,<6",)
SUBJECTS = {"celery": CeleryChain, "trombone": Trombone}
CELLS = {("small", "in"): 90, ("small", "out"): 140, ("large", "in"): 30, ("large", "out"): 23}
"""How many messages make a burst of about ten seconds."""
PATIENCE_SECONDS = 180.0
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Measured:
    """`cpu_ms` of all its processes per message, `p95` seconds at half the rate, `peak_mib` of its largest process."""

    rate: float
    cpu_ms: float
    p95: float
    peak_mib: float


def measure(subject: Subject, around: Surroundings, size: str, way: str, count: int, tag: str, rate: float) -> Measured:
    names = prepared(subject, size, way, count, f"{tag}-burst")
    reset_peaks(subject.processes())
    before, began = cpu_seconds(subject.processes()), datetime.now(UTC)
    for name in names:
        publish(subject, size, way, name)
    moments = finished(subject, names)
    wall = (max(moments.values()) - began).total_seconds()
    time.sleep(0.5)
    used = cpu_seconds(subject.processes()) - before
    peak = max(peak_mib(pid) for pid in subject.processes())
    assert not around.wrong, around.wrong
    latencies = steady(subject, size, way, max(10, count // 2), f"{tag}-steady", (rate or count / wall) / 2)
    return Measured(count / wall, used / count * 1000, statistics.quantiles(latencies, n=20)[-1], peak)


def steady(subject: Subject, size: str, way: str, count: int, tag: str, rate: float) -> list[float]:
    """Seconds from asking to done, of evenly spaced messages."""
    names = prepared(subject, size, way, count, tag)
    asked: dict[str, datetime] = {}
    began = time.monotonic()
    for number, name in enumerate(names):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        asked[name] = datetime.now(UTC)
        publish(subject, size, way, name)
    return [(moment - asked[name]).total_seconds() for name, moment in finished(subject, names).items()]


def prepared(subject: Subject, size: str, way: str, count: int, tag: str) -> list[str]:
    names = [f"{tag}-{number}" for number in range(count)]
    for name in names if way == "out" else ():
        subject.upload(size, name)
    return names


def publish(subject: Subject, size: str, way: str, name: str) -> None:
    (subject.inbound if way == "in" else subject.outbound)(size, name)


def finished(subject: Subject, names: Sequence[str]) -> Mapping[str, datetime]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(moments := subject.done(names)) < len(names):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(moments)} of {len(names)} are done")
        time.sleep(0.1)
    return moments


def cpu_seconds(pids: Sequence[int]) -> float:
    """With what their children used that have ended (a decoding child lives for one file)."""
    return sum(sum(int(one) for one in _stat(pid)[11:15]) for pid in pids) / TICK


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return ["0"] * 20


def reset_peaks(pids: Sequence[int]) -> None:
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_mib(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
    except FileNotFoundError:
        return 0.0
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024


@contextmanager
def running(name: str, servers: tuple[Rabbit, S3, Postgres], around: Surroundings) -> Iterator[Subject]:
    rabbit, s3, postgres = servers
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = (
            stack.enter_context(rabbit.api.vhost()),
            stack.enter_context(bucket(s3.url)),
            stack.enter_context(database(postgres.url)),
        )
        subject: Subject = SUBJECTS[name](folder, urls, around)
        stack.callback(subject.stop)
        subject.start()
        yield subject


def report(found: Mapping[tuple[str, str, str], list[Measured]]) -> None:
    table = Table("", "messages/s", "CPU ms/message", "p95 s", "peak MiB")
    for (size, way, name), rounds in found.items():
        columns = [statistics.median(getattr(one, field) for one in rounds) for field in Measured.__slots__]
        table.add(f"{size} {way} {name}", *(f"{value:.2f}" for value in columns))
    table.show()
    ratios = Table("trombone / celery", "messages/s", "CPU", "p95", "peak")
    for size, way in dict.fromkeys((size, way) for size, way, _ in found):
        pairs = list(zip(found[size, way, "trombone"], found[size, way, "celery"], strict=True))
        columns = [statistics.median(getattr(a, f) / getattr(b, f) for a, b in pairs) for f in Measured.__slots__]
        ratios.add(f"{size} {way}", *(f"{value:.2f}" for value in columns))
    print()
    ratios.show()


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10.0, help="about how long a burst and a steady stream last")
    options = parser.parse_args(arguments)
    found: defaultdict[tuple[str, str, str], list[Measured]] = defaultdict(list)
    with ExitStack() as stack:
        servers = (stack.enter_context(Rabbit()), stack.enter_context(S3()), stack.enter_context(Postgres()))
        around = Surroundings()
        around.start()
        stack.callback(around.stop)
        for number in range(options.rounds):
            for name in list(SUBJECTS)[:: 1 if number % 2 == 0 else -1]:
                with running(name, servers, around) as subject:
                    for size, way in CELLS:
                        finished(subject, warmed(subject, size, way, f"warm-{number}-{size}-{way}"))
                    for (size, way), usual in CELLS.items():
                        count = max(8, round(usual * options.seconds / 10))
                        known = found[size, way, "celery"]
                        rate = known[-1].rate if known else 0.0
                        one = measure(subject, around, size, way, count, f"{number}-{size}-{way}", rate)
                        found[size, way, name].append(one)
                        print(f"{number} {name} {size} {way}: {one}", flush=True)
    report(found)


def warmed(subject: Subject, size: str, way: str, tag: str) -> Sequence[str]:
    names = prepared(subject, size, way, 4, tag)
    for name in names:
        publish(subject, size, way, name)
    return names


if __name__ == "__main__":
    main()
