"""Tables of the READMEs that are made from the source: `python -m workers.commands.docs [--check]`."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from deliver.linking import readable
from workers import roster
from workers.commands.channel_matrix import channel_table
from workers.runtime.provider_limits import Limit, OutboundLimits, Section, limits_in
from workers.runtime.settings import Settings, load
from workers.runtime.topology import RECORD

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
SOURCES = ROOT / "config" / "README.md"


WATCHERS = {
    "recorder": (f"`{RECORD}`", "every event, retry and dead letter", "nothing: it writes the record"),
    "auditor": ("none", "the record and the intake", "once more, with the same ids, what is overdue"),
    "notifier": ("none", "the record", "nothing: it calls webhooks"),
}
"""(queue, consumes, emits) of those that turn no event into another."""


def flow_table() -> Iterator[str]:
    """One row per worker, from its own declaration; then whoever watches them."""
    yield "| worker | queue | consumes | emits | what it does |"
    yield "| --- | --- | --- | --- | --- |"
    for worker in roster.everyone():
        consumes = ", ".join(f"`{one.event_type}`" for one in worker.handlers)
        emits = ", ".join(f"`{one.event_type}`" for one in worker.emits)
        yield f"| {worker.name} | `{worker.queues}` | {consumes} | {emits} | {_story(worker.name)} |"
    for name, (queue, consumes, emits) in WATCHERS.items():
        yield f"| {name} | {queue} | {consumes} | {emits} | {_story(name)} |"


def _story(name: str) -> str:
    return (import_module(f"workers.{name}").__doc__ or "").strip().splitlines()[0]


def matrix(settings: Settings) -> Iterator[str]:
    """One row per provider, outbound: what a message carries, and how large a file of each kind may be."""
    yield "| channel | provider | image | video | audio | file | files | message | text | too large |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    for channel, provider, label, limits in _outbound(settings):
        of_kind = [_kind(limits, kind) for kind in ("image", "video", "audio", "file")]
        unit = "bytes" if limits.text_unit and limits.text_unit.value == "bytes" else "characters"
        link = "a link" if limits.links and limits.links.value else "refused"
        cells = [
            *of_kind,
            str(limits.max_files_per_message.value),
            readable(limits.max_message_bytes.value),
            f"{limits.max_text.value} {unit}",
            link,
        ]
        yield f"| {channel} | {provider}{label} | {' | '.join(cells)} |"


def _outbound(settings: Settings) -> Iterator[tuple[str, str, str, OutboundLimits]]:
    """(channel, provider, which of its variants, limits)."""
    for channel, providers in settings.channels.items():
        for provider, limits in providers.items():
            yield channel, provider, "", limits.outbound
            for values in limits.variants.values():
                for value, outbound in values.items():
                    yield channel, provider, f", {value.replace('_', ' ')}", outbound


def _kind(limits: OutboundLimits, name: str) -> str:
    """A kind that a channel does not know leaves as a file, if that is not limited to types."""
    kind = limits.kinds.get(name) or limits.kinds.get("file")
    if kind is None or (name not in limits.kinds and kind.media_types.value):
        return "no"
    return readable(kind.max_bytes.value)


def limits_table(settings: Settings) -> Iterator[str]:
    """One row per limit, with its source and the day it was read; of a variant only what differs."""
    yield "| channel | provider | limit | value | source | read |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for channel, providers in settings.channels.items():
        for provider, limits in providers.items():
            usual = {name: limit for _, name, limit in _rows("", limits.outbound)}
            rows = [*_rows("in: ", limits.inbound), *_rows("", limits.outbound)]
            for option in limits.variants.values():
                for value, outbound in option.items():
                    differing = [row for row in _rows(f"{value}: ", outbound) if usual.get(row[1]) != row[2]]
                    rows += differing
            for prefix, name, limit in rows:
                yield f"| {channel} | {provider} | {prefix}{name} | {_shown(limit)} | {limit.source} | {limit.read} |"


def _rows(prefix: str, section: Section) -> Iterator[tuple[str, str, Limit[Any]]]:
    return ((prefix, name, limit) for name, limit in limits_in(section))


def _shown(limit: Limit[Any]) -> str:
    return (", ".join(limit.value) or "all") if isinstance(limit.value, list) else str(limit.value)


def rendered(text: str, tables: Mapping[str, Iterable[str]]) -> str:
    """The text with every generated part replaced between its markers."""
    for name, lines in tables.items():
        begin, end = f"<!-- generated: {name} -->", f"<!-- end: {name} -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}"
    return text


def pages() -> dict[Path, str]:
    """What each README should say."""
    settings = load({})
    tables = {"flow": flow_table(), "matrix": channel_table(settings), "limits": matrix(settings)}
    return {
        README: rendered(README.read_text(), tables),
        SOURCES: rendered(SOURCES.read_text(), {"sources": limits_table(settings)}),
    }


def main() -> int:
    drifted = {path: text for path, text in pages().items() if path.read_text() != text}
    for path, text in drifted.items():
        if "--check" in sys.argv[1:]:
            sys.stderr.write(f"{path.name} of {path.parent.name} has drifted: run python -m workers.commands.docs\n")
        else:
            path.write_text(text)
    return int(bool(drifted)) if "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
