"""What a terminal is given to show: tables, and strangers' words without their control characters."""

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

UNFOLDED = 10_000
"""Columns of what no person looks at: in a pipe or a file a row is one line, for grep and cut."""

WIDTH = None if sys.stdout.isatty() else UNFOLDED

out = Console(width=WIDTH)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*cells(*row))
    out.print(table)


def cells(*words: str) -> Iterator[Text]:
    return (Text(harmless(word).replace("\n", " ")) for word in words)


def harmless(text: str) -> str:
    """What strangers wrote, for a terminal: control characters are shown, not obeyed."""
    return "".join(one if one.isprintable() or one == "\n" else ascii(one)[1:-1] for one in text)
