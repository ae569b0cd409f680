"""Read many things at once, since the API reads one with each call."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

from aiogandi.bulk import bulk
from aiogandi.cli.exits import FAILED, OK, explain, refuses_login
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.screen import counted
from aiogandi.errors import NotFound

T = TypeVar("T")


async def read_all(
    connection: Connection,
    noun: str,
    ids: Sequence[int],
    read: Callable[[int], Awaitable[T]],
    *,
    listed: bool = False,
) -> tuple[list[T], int]:
    """Return what *read* returns for each of *ids*, in their order, and an exit code.

    A thing that cannot be read is reported on stderr, and the exit code is 1. *listed*: the ids
    come from a list of a moment ago, so a thing that does not exist was deleted meanwhile and is
    left out without a word. A refused login ends the reading and is raised.
    """
    ids = list(dict.fromkeys(ids))
    found: dict[int, T] = {}
    code = OK
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
            elif not (listed and isinstance(outcome.error, NotFound)):
                code = FAILED
                problem = explain(outcome.error) if outcome.error else ""
                connection.screen.problem(f"{noun} {outcome.item}: {problem}")
            show(len(found), 0, len(ids) - len(found))
    if refusal is not None:
        raise refusal
    return [found[number] for number in ids if number in found], code
