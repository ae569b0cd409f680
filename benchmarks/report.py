"""What a script found out: tables, figures beside what was wanted, and curves; as text or JSON."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

Cell = str | float | int | None

SENSES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "≥": operator.ge,
    "≤": operator.le,
    "=": operator.eq,
    ">": operator.gt,
}


@dataclass(frozen=True, slots=True)
class Table:
    """A table; its first column names the rows."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured figure beside the wanted one: ``Figure("…", 0.74, "≥", 0.70)``."""

    what: str
    measured: float
    sense: str
    wanted: float
    unit: str = ""

    @property
    def met(self) -> bool:
        """Whether it is as wanted."""
        return SENSES[self.sense](self.measured, self.wanted)

    def __str__(self) -> str:
        mark = "✓" if self.met else "✗"
        unit = f" {self.unit}" if self.unit else ""
        return (
            f"{mark} {self.what}: {spelt(self.measured)}{unit}"
            f" (wanted {self.sense} {spelt(self.wanted)}{unit})"
        )


@dataclass(frozen=True, slots=True)
class Curve:
    """How costs grow with the work: for each name, pairs of how much work and what it cost."""

    title: str
    work: str
    cost: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


@dataclass(slots=True)
class Report:
    """Everything that one script found out."""

    script: str
    claim: str
    tables: list[Table] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    seconds: float = 0.0
    """How long it ran."""

    def as_text(self) -> str:
        """As people read it."""
        parts = [f"## {self.script}\n{self.claim}"]
        parts += [_table_text(table) for table in self.tables]
        parts.append("\n".join(map(str, self.figures)))
        return "\n\n".join(part for part in parts if part) + f"\n({self.seconds:.0f} s)\n"

    def as_json(self) -> dict[str, Any]:
        """As programs read it."""
        return {
            "script": self.script,
            "claim": self.claim,
            "seconds": round(self.seconds, 1),
            "tables": [
                {
                    "title": table.title,
                    "rows": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
                }
                for table in self.tables
            ],
            "figures": [
                {
                    "what": figure.what,
                    "measured": figure.measured,
                    "sense": figure.sense,
                    "wanted": figure.wanted,
                    "unit": figure.unit,
                    "met": figure.met,
                }
                for figure in self.figures
            ],
        }


def spelt(value: Cell) -> str:
    """A number with as many digits as mean something."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value == int(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _table_text(table: Table) -> str:
    """A Markdown table whose columns also stand in line."""
    lines = [list(table.columns), *([spelt(cell) for cell in row] for row in table.rows)]
    widths = [max(2, *map(len, column)) for column in zip(*lines, strict=True)]

    def line(cells: Sequence[str]) -> str:
        first, *rest = cells
        padded = [first.ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        return f"| {' | '.join(padded)} |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    rows = [line(lines[0]), line(rule), *map(line, lines[1:])]
    return "\n".join([f"{table.title}:", "", *rows] if table.title else rows)
