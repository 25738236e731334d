"""Tables of the README that are made from the source: `python -m workers.commands.docs [--check]`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workers import roster
from workers.runtime.provider_limits import Limit, Section
from workers.runtime.settings import Settings, load

README = Path(__file__).parents[2] / "README.md"


def flow_table() -> Iterator[str]:
    """One row per worker, from its own declaration."""
    yield "| worker | queue | consumes | emits | what it does |"
    yield "| --- | --- | --- | --- | --- |"
    for worker in roster.everyone():
        story = (sys.modules[f"workers.{worker.name}"].__doc__ or "").strip().splitlines()[0]
        consumes = ", ".join(f"`{one.event_type}`" for one in worker.handlers)
        emits = ", ".join(f"`{one.event_type}`" for one in worker.emits)
        yield f"| {worker.name} | `{worker.queues}` | {consumes} | {emits} | {story} |"


def limits_table(settings: Settings) -> Iterator[str]:
    """One row per outbound limit, with its source and the day it was read."""
    yield "| channel | provider | limit | value | source | read |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for channel, providers in settings.channels.items():
        for provider, limits in providers.items():
            for name, limit in _limits(limits.outbound):
                yield f"| {channel} | {provider} | {name} | {_shown(limit)} | {limit.source} | {limit.read} |"


def _limits(section: Section) -> Iterator[tuple[str, Limit[Any]]]:
    """Of the message, then of each kind of file."""
    for name in type(section).model_fields:
        found = getattr(section, name)
        if isinstance(found, Limit):
            yield name, found
        elif isinstance(found, dict):
            yield from ((f"{kind} {inner}", limit) for kind, of in found.items() for inner, limit in _limits(of))


def _shown(limit: Limit[Any]) -> str:
    return (", ".join(limit.value) or "all") if isinstance(limit.value, list) else str(limit.value)


def rendered(readme: str) -> str:
    """The README with every generated part replaced between its markers."""
    tables = {"flow": flow_table(), "limits": limits_table(load({}))}
    for name, lines in tables.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        before, rest = readme.split(begin)
        _, after = rest.split(end)
        readme = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}"
    return readme


def main() -> int:
    current = README.read_text()
    wanted = rendered(current)
    if "--check" in sys.argv[1:]:
        if current != wanted:
            sys.stderr.write("README.md has drifted: run python -m workers.commands.docs\n")
        return int(current != wanted)
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
