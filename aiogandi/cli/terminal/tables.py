"""Records in tables, as wide as the reader lets them be."""

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aiogandi.cli.terminal.records import Record

LEAST: Final = {"hostname": 9, "name": 9, "product_name": 9, "label": 16, "last_error": 16}
"""The fields that a narrow terminal breaks, and how many characters of them a line has at least. All
others are short, or copied by hand like ids, passwords and addresses, and stay whole."""

GAP: Final = 2
"""Blanks between two columns."""

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


def rows_of(records: Sequence[Record], columns: Mapping[str, str]) -> Table:
    """Return the table of *records* that another program reads: a line for each, however long.

    *columns* are the fields that are shown, by their headings.
    """
    return _table(records, columns, ", ", kept=())


def fitting(records: Sequence[Record], columns: Mapping[str, str], width: int) -> RenderableType:
    """Return *records* as a terminal of *width* characters shows them.

    That is a table, in which the items of a list stand below each other. Where the terminal is too
    narrow for one that can be read, the records themselves stand below each other, and each of their
    fields has a line.
    """
    needed = GAP * (len(columns) - 1)
    for heading, field in columns.items():
        longest = max((_width(record[field]) for record in records), default=0)
        needed += max(cell_len(heading), min(longest, LEAST.get(field, longest)))
    if records and needed > width:
        return _one_below_another(records, columns)
    return _table(records, columns, "\n", kept=[*columns.values() - LEAST.keys()])


def facts_of(record: Record, columns: Mapping[str, str], separator: str = ", ") -> Table:
    """Return one record: a line for each of *columns*, with its heading."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="bold")
    grid.add_column(overflow="fold")
    for heading, field in columns.items():
        grid.add_row(heading, _cell(record[field], separator))
    return grid


def one_line(text: str) -> str:
    """Return *text* in one line, without characters that control a terminal."""
    return _CONTROL.sub(" ", text).rstrip()


def _one_below_another(records: Sequence[Record], columns: Mapping[str, str]) -> Group:
    blocks: list[RenderableType] = []
    for record in records:
        blocks += [facts_of(record, columns, "\n"), ""]
    return Group(*blocks[:-1])


def _table(
    records: Sequence[Record], columns: Mapping[str, str], separator: str, kept: Container[str]
) -> Table:
    """Return the table. The fields in *kept* are never broken, and *separator* is between the items of a
    list.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, GAP - 1, 0, 0))
    for heading, field in columns.items():
        is_id = field == "id" or field.endswith("_id")
        values = [record[field] for record in records if record[field] is not None]
        numbers = bool(values or is_id) and all(isinstance(value, int) for value in values)
        table.add_column(
            heading,
            overflow="fold",
            no_wrap=field in kept,
            justify="right" if numbers else "left",
        )
    for record in records:
        table.add_row(*(_cell(record[field], separator) for field in columns.values()))
    return table


def _width(value: Any) -> int:
    """How wide a value is where nothing of it is broken."""
    return max(map(cell_len, _text(value, "\n").split("\n")))


def _cell(value: Any, separator: str) -> Text:
    text = _text(value, separator)
    return Text(text, style=_STYLES.get(text, ""))


def _text(value: Any, separator: str) -> str:
    if value is None or value == []:
        return "-"
    if isinstance(value, str):
        return one_line(value)
    if isinstance(value, Iterable):
        return separator.join(_text(item, separator) for item in value)
    return str(value)
