"""Figures in columns."""

import sys


class Table:
    def __init__(self, *heads: str) -> None:
        self._rows = [heads]

    def add(self, *cells: str) -> None:
        self._rows.append(cells)

    def show(self) -> None:
        widths = [max(map(len, column)) for column in zip(*self._rows, strict=True)]
        for first, *rest in self._rows:
            cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
            sys.stdout.write("  ".join([first.ljust(widths[0]), *cells]) + "\n")
