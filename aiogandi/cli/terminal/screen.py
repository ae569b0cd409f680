"""Where the command speaks: results on stdout, everything else on stderr."""

import json
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

Record = Mapping[str, Any]
"""One thing, as JSON carries it; a table picks from it."""

UNLIMITED: Final = 10_000
"""Columns of a table that no terminal shows: what reads it wants whole lines."""

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
    "under way": "yellow",
    "being_created": "yellow",
    "PENDING": "yellow",
    "RUN": "yellow",
}


class Screen:
    """The two streams. With *as_json*, stdout gets one JSON document and nothing else."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.err = Console(stderr=True, highlight=False)
        self._out = Console(highlight=False)
        if not self._out.is_terminal:
            self._out.width = UNLIMITED

    def line(self, text: str) -> None:
        """One line for people, on stderr."""
        self.err.print(Text(one_line(text)), soft_wrap=True)

    def problem(self, text: str) -> None:
        """One line that something is wrong, on stderr."""
        self.line(f"aiogandi: {text}")

    def result(self, text: str) -> None:
        """One line of result, on stdout."""
        self._out.print(Text(one_line(text)), soft_wrap=True)

    def document(self, value: Any) -> None:
        """The JSON document."""
        # ASCII: what the service sends can hold characters that a terminal obeys.
        sys.stdout.write(json.dumps(value, indent=2) + "\n")
        sys.stdout.flush()

    def rows(self, records: Sequence[Record], columns: Mapping[str, str]) -> None:
        """Many things: a table with *columns* (heading: field), or the JSON array."""
        if self.as_json:
            self.document(list(records))
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for heading, field in columns.items():
            cells = [_cell(record[field]) for record in records]
            # What someone will copy must stay in one piece, however narrow the terminal.
            whole = field == "password" or field.endswith("_id") or field == "id"
            width = max(map(len, cells), default=0) if whole else None
            numbers = bool(records) and all(
                isinstance(record[field], int | None) for record in records
            )
            table.add_column(
                heading,
                overflow="fold",
                min_width=width,
                justify="right" if numbers else "left",
            )
        for record in records:
            cells = [_cell(record[field]) for field in columns.values()]
            table.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in cells))
        self._out.print(table)

    def facts(self, record: Record, columns: Mapping[str, str]) -> None:
        """One thing: a line for each of *columns* (heading: field), or the JSON object."""
        if self.as_json:
            self.document(record)
            return
        grid = Table.grid(padding=(0, 2))
        for heading, field in columns.items():
            grid.add_row(Text(heading, style="bold"), Text(_cell(record[field])))
        self._out.print(grid)


def record_of(model: Any) -> dict[str, Any]:
    """One of the client's models by its fields, dates in ISO 8601; what is raw is left out."""
    return {
        field.name: jsonable(getattr(model, field.name))
        for field in fields(model)
        if field.name != "raw"
    }


def jsonable(value: Any) -> Any:
    """*value* as JSON can carry it."""
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case str():
            return str(value)
        case bytes():
            return value.hex()
        case list() | tuple():
            return [jsonable(item) for item in value]
        case _ if hasattr(value, "__dataclass_fields__"):
            return record_of(value)
        case _:
            return value


def one_line(text: str) -> str:
    """*text* in one line, without characters that a terminal obeys."""
    return _CONTROL.sub(" ", text).rstrip()


def counted(number: int, noun: str) -> str:
    """``1 server``, ``20 servers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _cell(value: Any) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Iterable):
        return ", ".join(map(_cell, value))
    return str(value)
