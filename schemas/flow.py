"""Who publishes and who consumes each event, read from the workers' own docstrings (as text: nothing is imported)."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"^(consumes|emits) +([a-z_, ]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Station:
    """A worker as its file declares it. `queues` may hold `<channel>` or `<lane>`."""

    name: str
    queues: str
    consumes: tuple[str, ...] = ()
    emits: tuple[str, ...] = ()


GATEWAY = Station("gateway", "", emits=("payload_received", "reply_requested", "doubt_resolved"))
AUDITOR = Station("auditor", "", emits=("delivery_unconfirmed",))
UPSTREAM = Station("upstream", "", emits=("message_received", "reply_requested", "doubt_resolved"))
"""Other systems, which publish to `trombone.in`."""


def stations(workers: Path) -> list[Station]:
    """The worker files of a folder that say what they consume or emit, by name."""
    read = (_station(path) for path in sorted(workers.glob("*.py")))
    return [station for station in read if station is not None]


def _station(path: Path) -> Station | None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    said = {verb: tuple(names.split(", ")) for verb, names in _LINE.findall(ast.get_docstring(module) or "")}
    if not said:
        return None
    return Station(path.stem, _queues(module), said.get("consumes", ()), said.get("emits", ()))


def _queues(module: ast.Module) -> str:
    for node in ast.walk(module):
        if isinstance(node, ast.keyword) and node.arg == "queues" and isinstance(node.value, ast.Constant):
            return str(node.value.value)
    return ""
