"""Read many things at once, since the API reads one with each call."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiogandi.bulk import bulk
from aiogandi.cli.batch.failures import Failure, tell_failures
from aiogandi.cli.batch.items import Target
from aiogandi.cli.exits import FAILED, OK, is_missing, refuses_login
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.records import Record
from aiogandi.cli.terminal.screen import Screen, counted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What was read, and how much could not be read."""

    noun: str
    found: list[T]
    failed: int

    @property
    def missing(self) -> str:
        """How much of it is missing: ``3 of 60 servers could not be read``."""
        total = len(self.found) + self.failed
        return f"{self.failed} of {counted(total, self.noun)} could not be read"


async def read_all(
    connection: Connection,
    noun: str,
    ids: Sequence[int],
    read: Callable[[int], Awaitable[T]],
    *,
    listed: bool = False,
) -> Reading[T]:
    """Return what *read* returns for each of *ids*, in their order.

    What cannot be read is told on stderr. *listed*: the ids come from a list of a moment ago, so a
    thing that does not exist was deleted meanwhile and is left out without a word. A refused login
    ends the reading and is raised.
    """
    ids = list(dict.fromkeys(ids))
    found: dict[int, T] = {}
    failures: dict[int, Exception] = {}
    refusal: Exception | None = None

    def wanted() -> Iterator[int]:
        for number in ids:
            if refusal is not None:
                return
            yield number

    title = f"Reading {counted(len(ids), noun)}"
    with progress(connection.screen.err, title, len(ids), keep=False) as show:
        async for outcome in bulk(read, wanted()):
            if outcome.ok:
                found[outcome.item] = outcome.result
            elif refuses_login(outcome.error):
                refusal = outcome.error
            elif not (listed and is_missing(outcome.error, noun)):
                failures[outcome.item] = outcome.error
            show(len(found), len(failures), len(ids) - len(found) - len(failures))
    if refusal is not None:
        raise refusal
    told = [Failure(Target(number), failures[number]) for number in ids if number in failures]
    tell_failures(connection.screen, noun, told)
    return Reading(noun, [found[number] for number in ids if number in found], len(told))


def show_rows(
    screen: Screen,
    records: Sequence[Record],
    columns: Mapping[str, str],
    readings: Iterable[Reading[Any]],
) -> int:
    """Print what was read; returns the exit code.

    If it is not all, the last line says so on stderr, and the code is `FAILED`. Where nothing could be
    read, its errors are told already, and an empty table would look as if there were nothing.
    """
    failed = [reading for reading in readings if reading.failed]
    if records or not failed or screen.as_json:
        screen.rows(records, columns)
    for reading in failed:
        if reading.found:
            screen.problem(f"incomplete: {reading.missing}")
    return FAILED if failed else OK
