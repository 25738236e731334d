"""Counts the messages of one subject, from the first after the warm-up, and reports what one costs."""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

WARM_UP = 300
"""Connections, pools and caches are made by the first ones; they count for nobody."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Bench:
    """What every subject is told. `count` messages are measured, after WARM_UP others."""

    url: str
    broker_pid: int
    count: int
    prefetch: int = 32

    @property
    def filling(self) -> int:
        """Some are left over, so that nobody idles at the end."""
        return WARM_UP + self.count + 4 * self.prefetch


class Meter:
    """`tick` is called from any thread; at the last message it prints the report and ends the process."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._lock = Lock()
        self._seen = self._first = 0
        self._began = (0.0, 0.0, 0.0)

    def tick(self, messages: int = 1) -> None:
        with self._lock:
            before, self._seen = self._seen, self._seen + messages
            if before < WARM_UP <= self._seen:
                self._first = self._seen
                self._began = self._now()
            elif self._seen >= WARM_UP + self._bench.count:
                self._report()

    def _report(self) -> None:
        count = self._seen - self._first
        wall, client, broker = (now - then for now, then in zip(self._now(), self._began, strict=True))
        report = {"rate": count / wall, "client_us": client / count * 1e6, "broker_us": broker / count * 1e6}
        sys.__stdout__.write(json.dumps(report) + "\n")
        sys.__stdout__.flush()
        os._exit(0)

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), cpu_seconds(self._bench.broker_pid)


def cpu_seconds(pid: int) -> float:
    """Of another process, in steps of a hundredth of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
