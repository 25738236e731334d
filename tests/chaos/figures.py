"""What the rows found: a table at the end of a run, and in the file that TROMBONE_CHAOS_FIGURES names."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.traffic import Counts

COUNTED = ("sent", "confirmed", "lost", "unexpected", "duplicated", "twice", "failed", "in_doubt", "held")
"""`held`: messages that somebody kept unacked for too long. The broker took them back."""
_NAME = "figures"


class Figures:
    """What one row found. It may tell again."""

    def __init__(self, row: pytest.Item) -> None:
        self._row = row

    def tell(self, counts: Counts | None = None, **more: Any) -> None:
        found = (asdict(counts) if counts else {}) | more
        self._row.user_properties.append((_NAME, found))


def keep(line: str) -> None:
    if path := os.environ.get("TROMBONE_CHAOS_FIGURES"):
        with Path(path).open("a") as file:
            file.write(f"{line}\n")


def head() -> list[str]:
    columns = ("row", "outcome", "seconds", *(one.replace("_", " ") for one in COUNTED), "more")
    return [_row(columns), _row(["---"] * len(columns))]


def line_of(report: pytest.TestReport) -> str:
    """A row of the table, in Markdown."""
    found: dict[str, Any] = {}
    for name, value in report.user_properties:
        found |= value if name == _NAME and isinstance(value, Mapping) else {}
    counted = [str(found.pop(one, "")) for one in COUNTED]
    found = {name: value for name, value in found.items() if value != {}}
    settled = {"settled_after": f"{seconds} s"} if (seconds := found.pop("seconds", 0)) else {}
    more = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in (settled | found).items())
    name = report.nodeid.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return _row([name, report.outcome, f"{report.duration:.0f}", *counted, more])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(one.replace('|', '/') for one in cells)} |"
