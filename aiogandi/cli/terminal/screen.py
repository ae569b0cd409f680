"""What the command prints: results on stdout, everything else on stderr."""

import errno
import json
from collections.abc import Mapping, Sequence
from typing import IO, Any, Final, cast

from rich.console import Console, RenderableType
from rich.text import Text

from aiogandi.cli.exits import CommandFailed
from aiogandi.cli.terminal.outlet import Outlet
from aiogandi.cli.terminal.records import Record
from aiogandi.cli.terminal.tables import facts_of, fitting, one_line, rows_of

UNLIMITED: Final = 10_000
"""Width in characters of a table that another program reads, so that no line is broken."""


class Undelivered(CommandFailed):
    """Stdout has not taken a result, whose *text* is here."""

    def __init__(self, failure: OSError, text: str) -> None:
        super().__init__(f"standard output cannot be written: {failure.strerror}")
        self.text = text
        self.reader_left = failure.errno == errno.EPIPE
        """Whether somebody read as much as they wanted, like ``head``. Nobody needs to be told."""


class Screen:
    """Stdout and stderr. With *as_json*, stdout gets one JSON document and nothing else.

    Lines for people that stderr does not take are kept for `missed`.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._stdout = Outlet("stdout")
        self._stderr = Outlet("stderr")
        self._missed: list[str] = []
        self.err = _console(self._stderr)
        self._out = _console(self._stdout)
        if not self._out.is_terminal:
            self._out.width = UNLIMITED

    @property
    def writes_to_terminal(self) -> bool:
        """Whether a terminal shows the result."""
        return self._out.is_terminal

    def line(self, text: str) -> None:
        """Print one line for people, on stderr. A terminal shows it broken between words."""
        self._tell(one_line(text), whole=not self.err.is_terminal)

    def command(self, text: str) -> None:
        """Print a command that can be copied, on stderr: in one line, however long it is."""
        self._tell(f"  {one_line(text)}", whole=True)

    def problem(self, text: str) -> None:
        """Print one line that says what is wrong, on stderr."""
        self.line(f"aiogandi: {text}")

    def result(self, text: str) -> None:
        """Print one line of the result, on stdout."""
        self._deliver(Text(one_line(text)), whole=True)

    def document(self, value: Any) -> None:
        """Print the JSON document, on stdout."""
        # Written in ASCII, because the service may send characters that control a terminal.
        self._put(json.dumps(value, indent=2) + "\n")

    def record(self, value: Record) -> None:
        """Print one of many JSON documents that come one after the other, in a line of its own, on stdout."""
        self._put(json.dumps(value) + "\n")

    def missed(self) -> str:
        """Return the lines for people that nobody could be shown so far, after a last try on stdout,
        where no document stands.
        """
        text = "".join(f"{line}\n" for line in self._missed)
        self._missed.clear()
        return "" if text and not self.as_json and self._stdout.put(text) else text

    def instead(self, lost: Undelivered) -> str:
        """Print on stderr what stdout has not taken. Return what stderr has not taken either."""
        self.problem(f"{lost}; this is what belongs there:")
        return "" if self._stderr.put(lost.text) else lost.text

    def _tell(self, line: str, *, whole: bool) -> None:
        self.err.print(Text(line), soft_wrap=whole)
        if self._stderr.failure is not None:
            self._missed.append(line)

    def _deliver(self, renderable: RenderableType, *, whole: bool = False) -> None:
        with self._out.capture() as captured:
            self._out.print(renderable, soft_wrap=whole)
        self._put(captured.get())

    def _put(self, text: str) -> None:
        if not self._stdout.put(text) and self._stdout.failure is not None:
            raise Undelivered(self._stdout.failure, text)

    def rows(self, records: Sequence[Record], columns: Mapping[str, str]) -> None:
        """Print many things: a table with *columns* (heading: field), or the JSON array."""
        if self.as_json:
            self.document(list(records))
            return
        if self._out.is_terminal:
            self._deliver(fitting(records, columns, self._out.width))
        else:
            self._deliver(rows_of(records, columns))

    def facts(self, record: Record, columns: Mapping[str, str]) -> None:
        """Print one thing: a line for each of *columns* (heading: field), or the JSON object."""
        if self.as_json:
            self.document(record)
            return
        self._deliver(facts_of(record, columns))


def _console(outlet: Outlet) -> Console:
    return Console(file=cast("IO[str]", outlet), highlight=False)


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: ``1 server``, ``20 servers``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
