"""What stands in the tables, read as the journal's values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, Final, ParamSpec, TypeVar

from aiogandi.changes import written
from aiogandi.changes.journal import Held, Key, Recorded
from aiogandi.changes.state import OPEN, State
from aiogandi.journals.sqlite.failures import Unreadable

Given = ParamSpec("Given")
Result = TypeVar("Result")


IS_OPEN: Final = "calls.state IN ({})".format(", ".join(f"'{state}'" for state in OPEN))
"""The condition that a call may have run, and nobody knows."""


def reading(read: Callable[Given, Result]) -> Callable[Given, Result]:
    """Make *read*, which does nothing but read, say `Unreadable` of what it cannot understand: bytes that
    SQLite has given back as they were, and that were other ones when they were written.
    """

    @wraps(read)
    def careful(*args: Given.args, **named: Given.kwargs) -> Result:
        try:
            return read(*args, **named)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Unreadable(f"a row cannot be understood ({error})") from error

    return careful


@reading
def held(number: int, connection: sqlite3.Connection) -> Held:
    [row] = connection.execute("SELECT * FROM keys WHERE id = ?", (number,))
    key = tuple(json.loads(row["key"]))
    kept = [of_concluded(number, key, each) for each in json.loads(row["steps"] or "[]")]
    # One that did not run when the key was concluded has given way to the later one.
    steps = {
        each.step or 0: each for each in (*kept, *recorded(connection, "calls.key = ?", number))
    }
    result = None if row["result"] is None else written.read(row["result"])
    ordered = [steps[step] for step in sorted(steps)]
    return Held(number, row["state"] == "concluded", ordered, result)


_KEPT: Final = ("number", "step", "client", "method", "yields", "since")
"""What stays as it is of a step whose key is concluded; the rest is written as JSON is."""


def concluded(call: Recorded) -> dict[str, Any]:
    return {
        **{name: getattr(call, name) for name in _KEPT},
        "arguments": written.write(call.arguments),
        "prints": list(call.prints),
        "state": str(call.state),
        "ids": dict(call.ids),
        "outcome": None if call.outcome is None else written.write(call.outcome),
        "ended": None if call.ended is None else written.write(call.ended),
    }


def of_concluded(number: int, key: Key, told: Mapping[str, Any]) -> Recorded:
    return Recorded(
        **{name: told[name] for name in _KEPT},
        key=key,
        place=number,
        arguments=written.read(told["arguments"]),
        prints=tuple(told["prints"]),
        state=State(told["state"]),
        sends=1,
        newest=None,
        timeout=0.0,
        settle=0.0,
        patience=None,
        ids=told["ids"],
        outcome=None if told["outcome"] is None else written.read(told["outcome"]),
        ended=None if told["ended"] is None else written.read(told["ended"]),
    )


@reading
def recorded(connection: sqlite3.Connection, which: str, *given: Any) -> list[Recorded]:
    """The calls for which *which* holds, which is a condition of this file's own, the oldest first."""
    rows = connection.execute(
        "SELECT calls.*, keys.key AS words FROM calls LEFT JOIN keys ON calls.key = keys.id"  # noqa: S608
        f" WHERE {which} ORDER BY calls.id",
        given,
    )
    return [
        Recorded(
            number=row["id"],
            key=None if row["words"] is None else tuple(json.loads(row["words"])),
            place=row["key"],
            step=row["step"],
            client=row["client"],
            method=row["method"],
            arguments=written.read(row["arguments"]),
            prints=tuple(json.loads(row["prints"])),
            yields=row["yields"],
            state=State(row["state"]),
            sends=row["sends"],
            newest=row["newest"],
            since=row["since"],
            timeout=row["timeout"],
            settle=row["settle"],
            patience=row["patience"],
            ids=json.loads(row["ids"]),
            outcome=None if row["outcome"] is None else written.read(row["outcome"]),
            ended=None if row["ended"] is None else written.read(row["ended"]),
        )
        for row in rows
    ]


def one(connection: sqlite3.Connection, query: str, *given: Any, default: Any = None) -> Any:
    """The first column of the first row."""
    rows: Iterable[Sequence[Any]] = connection.execute(query, given)
    return next((row[0] for row in rows), default)
