"""What the command prints: results on stdout, everything else on stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from aiogandi.cli.terminal.records import Record
from aiogandi.cli.terminal.tables import facts_of, fitting, one_line, rows_of

UNLIMITED: Final = 10_000
"""Width in characters of a table that another program reads, so that no line is broken."""


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
        if self._out.is_terminal:
            self._out.print(fitting(records, columns, self._out.width))
        else:
            self._out.print(rows_of(records, columns))

    def facts(self, record: Record, columns: Mapping[str, str]) -> None:
        """Print one thing: a line for each of *columns* (heading: field), or the JSON object."""
        if self.as_json:
            self.document(record)
            return
        self._out.print(facts_of(record, columns))


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 server``, ``20 servers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
