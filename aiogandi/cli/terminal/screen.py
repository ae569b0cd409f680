"""What the command prints: results on stdout, everything else on stderr."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from aiogandi.cli.terminal.records import Record

UNLIMITED: Final = 10_000
"""Width in characters of a table that another program reads, so that no line is broken."""

COPIED: Final = ("password", "ips", "disks")
"""The fields that are copied by hand and never broken in a narrow terminal, besides ids."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

_STYLES: Final = {
    "running": "green",
    "attached": "green",
    "done": "green",
    "DONE": "green",
    "failed": "red",
    "invalid": "red",
    "ERROR": "red",
    "unknown": "red",
    "SUPPORT": "red",
    "under_way": "yellow",
    "being_created": "yellow",
    "PENDING": "yellow",
    "RUN": "yellow",
}


class Screen:
    """Stdout and stderr. With *as_json*, stdout gets one JSON document and nothing else."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.err = Console(stderr=True, highlight=False)
        self._out = Console(highlight=False)
        if not self._out.is_terminal:
            self._out.width = UNLIMITED

    def line(self, text: str) -> None:
        """Print one line for people, on stderr. A terminal shows it broken between words."""
        self.err.print(Text(one_line(text)), soft_wrap=not self.err.is_terminal)

    def command(self, text: str) -> None:
        """Print a command that can be copied, on stderr: in one line, however long it is."""
        self.err.print(Text(f"  {one_line(text)}"), soft_wrap=True)

    def problem(self, text: str) -> None:
        """Print one line that says what is wrong, on stderr."""
        self.line(f"aiogandi: {text}")

    def result(self, text: str) -> None:
        """Print one line of the result, on stdout."""
        self._out.print(Text(one_line(text)), soft_wrap=True)

    def document(self, value: Any) -> None:
        """Print the JSON document, on stdout."""
        # Written in ASCII, because the service may send characters that control a terminal.
        sys.stdout.write(json.dumps(value, indent=2) + "\n")
        sys.stdout.flush()

    def rows(self, records: Sequence[Record], columns: Mapping[str, str]) -> None:
        """Print many things: a table with *columns* (heading: field), or the JSON array."""
        if self.as_json:
            self.document(list(records))
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading, field in columns.items():
            is_id = field == "id" or field.endswith("_id")
            values = [record[field] for record in records if record[field] is not None]
            numbers = bool(values or is_id) and all(isinstance(value, int) for value in values)
            table.add_column(
                heading,
                overflow="fold",
                no_wrap=is_id or field in COPIED,
                justify="right" if numbers else "left",
            )
        # A terminal shows the items of a list below each other, where a row may have several lines.
        separator = "\n" if self._out.is_terminal else ", "
        for record in records:
            cells = [_cell(record[field], separator) for field in columns.values()]
            table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
        self._out.print(table)

    def facts(self, record: Record, columns: Mapping[str, str]) -> None:
        """Print one thing: a line for each of *columns* (heading: field), or the JSON object."""
        if self.as_json:
            self.document(record)
            return
        grid = Table.grid(padding=(0, 2))
        for heading, field in columns.items():
            grid.add_row(Text(heading, style="bold"), Text(_cell(record[field])))
        self._out.print(grid)


def one_line(text: str) -> str:
    """Return *text* in one line, without characters that control a terminal."""
    return _CONTROL.sub(" ", text).rstrip()


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 server``, ``20 servers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cell(value: Any, separator: str = ", ") -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Iterable):
        return separator.join(map(_cell, value))
    return str(value)
