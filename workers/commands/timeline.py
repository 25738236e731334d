"""One message's life as a readable timeline: for `trombone explain` and the demo."""

from collections.abc import Callable, Iterator

from rich.console import Console
from rich.filesize import decimal
from rich.text import Text

from workers.commands.terminal import harmless
from workers.runtime.assemble import LivePorts
from workers.runtime.journey import JourneyAnswer, JourneyFile, JourneyLine, explain

Where = Callable[[str], str]
"""From an object key to what a person can open."""


def print_timeline(ports: LivePorts, message: str, out: Console, where: Where = str) -> int:
    """Exit code: 1 when nobody has heard of the message."""
    lines = explain(ports.record, message)
    if not lines:
        out.print(f"Nobody has heard of message {message}.")
        return 1
    for line in lines:
        for text in _lines(line, where):
            out.print(text, soft_wrap=True)
    return 0


def _lines(line: JourneyLine, where: Where) -> Iterator[Text]:
    yield Text.assemble(
        (f"  {line.since_start_seconds:7.3f} s  ", "dim"), (f"{line.type:<22}", _color(line)), f" {_who(line)}"
    )
    if line.reason:
        yield _detail(f"{line.reason.sentence} [{line.reason.code}]")
    for file in line.files:
        yield _detail(_file(file))
        if file.released_by:
            yield _detail(f"  released from quarantine by {harmless(file.released_by)}", "yellow")
        if file.conversion:
            yield _detail("  " + ", ".join(file.conversion.steps))
        if file.object_key:
            yield _detail(f"  {where(file.object_key)}", "cyan")
    for answer in line.answers:
        yield _detail(_answer(answer))


def _who(line: JourneyLine) -> str:
    if line.how == "retry":
        return f"{line.worker} tries again in {line.delay_seconds:g} s: {line.detail} [{line.code}]"
    if line.how == "dead":
        return f"dead letter of {line.worker}: {line.detail} [{line.code}]"
    if line.how == "conflict":
        return "the same id with other content: ignored"
    if line.how == "attempt":
        ended = "" if line.took_seconds is None else f", answered after {line.took_seconds * 1000:.0f} ms"
        return f"{line.attempt} of the deliverer{ended}"
    took = "" if line.took_seconds is None else f" in {line.took_seconds * 1000:.0f} ms"
    return f"by {line.source.removeprefix('trombone/')}{took}"


def _color(line: JourneyLine) -> str:
    if line.how in ("dead", "conflict") or line.type in ("media_rejected", "delivery_failed", "delivery_in_doubt"):
        return "red"
    return "yellow" if line.how == "retry" or line.type == "delivery_unconfirmed" else "green"


def _file(file: JourneyFile) -> str:
    size = f" {decimal(file.size_bytes)}" if file.size_bytes is not None else ""
    pixels = f" {file.width}x{file.height}" if file.width else ""
    return f"file {file.index + 1}: {file.name or 'unnamed'} {file.media_type or ''}{pixels}{size}"


def _answer(answer: JourneyAnswer) -> str:
    attempt = f", attempt {answer.attempt}" if answer.attempt else ""
    external = f", as {answer.external_id}" if answer.external_id else ""
    why = f": {answer.reason.sentence} [{answer.reason.code}]" if answer.reason else ""
    return f"part {answer.state}{attempt}{external}{why}"


def _detail(text: str, style: str = "") -> Text:
    return Text(f"{'':13}{text}", style=style)
