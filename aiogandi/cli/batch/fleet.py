"""A run of a fleet that is watched or cancelled from a terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from shlex import quote
from typing import TYPE_CHECKING, Any, Final

from rich.text import Text

from aiogandi import chores
from aiogandi.cancellation import cancel as cancel_tasks
from aiogandi.cli.exits import FAILED, OK, CommandFailed, WrongUse
from aiogandi.cli.service.sharing import Sight
from aiogandi.cli.terminal.progress import progress
from aiogandi.cli.terminal.questions import agrees, can_ask
from aiogandi.cli.terminal.records import jsonable
from aiogandi.cli.terminal.screen import Screen, counted
from aiogandi.cli.terminal.tables import one_line
from aiogandi.errors import HubError, InvalidArgument

if TYPE_CHECKING:
    # At run time these would load the client, which help and wrong use do without.
    from aiogandi.fleet.books.books import Books, RunProgress
    from aiogandi.fleet.items import Item
    from aiogandi.fleet.run import FleetRun

PAUSE: Final = 0.5
"""Seconds between two looks at how much is under way."""


@asynccontextmanager
async def books_of(sight: Sight) -> AsyncIterator[Books]:
    """The fleet's books in the hub's store, in which the command is meanwhile."""
    # Here and below, because help and wrong use do without the client, and the store's.
    from aiogandi.fleet.books.books import Books  # noqa: PLC0415

    books = Books(sight.hub.store)
    async with books.at_hand():
        yield books


def run_of(sight: Sight, name: str) -> FleetRun[Any, Any]:
    """The run of this name."""
    from aiogandi.fleet.run import FleetRun  # noqa: PLC0415

    return FleetRun(name, sight.hub.store)


async def find(books: Books, name: str) -> RunProgress:
    """Return how far a run is; `CommandFailed` where there is none of this name."""
    try:
        return await books.progress(name)
    except InvalidArgument:
        raise CommandFailed(f"the fleet has no run {name} (see: aiogandi fleet status)") from None


async def watch(sight: Sight, name: str) -> int:
    """Print what becomes of each item of a run until all have ended; returns the exit code."""
    screen = sight.screen
    async with books_of(sight) as books:
        await find(books, name)
        try:
            failed = await _watch(sight, books, name)
        except asyncio.CancelledError:
            screen.line("The watching has ended, and the run goes on. To watch it again:")
            screen.command(f"aiogandi fleet watch {quote(name)}")
            raise
        except InvalidArgument:
            raise CommandFailed(f"run {name} was forgotten meanwhile") from None
    if failed:
        screen.problem(f"{counted(failed, 'item')} of run {name} failed")
    return FAILED if failed else OK


async def _watch(sight: Sight, books: Books, name: str) -> int:
    """Print the outcomes; returns how many items have failed."""
    screen, known = sight.screen, await books.progress(name)
    done = failed = 0
    with progress(screen.err, f"Run {name}", known.items) as show:
        tell = _teller(screen)

        async def look() -> None:
            nonlocal known
            while True:
                with suppress(HubError, InvalidArgument):  # the loop below meets that, too
                    known = await books.progress(name)
                show(done, failed, known.under_way, total=known.items)
                await asyncio.sleep(PAUSE)

        looking = chores.begin(look)
        try:
            async with aclosing(run_of(sight, name).ends()) as ends:
                async for item, outcome in ends:
                    done += outcome["ok"]
                    failed += not outcome["ok"]
                    tell(item, outcome)
        finally:
            await cancel_tasks([looking])
        show(done, failed, 0, total=done + failed)
    return failed


def _teller(screen: Screen) -> Callable[[Item, Mapping[str, Any]], None]:
    """Return what prints an outcome, on stdout. Where one terminal shows that and the bar, it stands above the bar."""
    if screen.as_json:
        return lambda item, outcome: screen.record(_record(item, outcome))
    if screen.err.is_interactive and screen.writes_to_terminal:
        return lambda item, outcome: screen.err.print(Text(one_line(_line(item, outcome))))
    return lambda item, outcome: screen.result(_line(item, outcome))


def _line(item: Item, outcome: Mapping[str, Any]) -> str:
    from aiogandi.fleet.items import DEFAULT  # noqa: PLC0415

    whose = "" if item.account == DEFAULT else f" of {item.account}"
    return f"{item.key}{whose}: {_error(outcome) or 'ok'}"


def _record(item: Item, outcome: Mapping[str, Any]) -> dict[str, Any]:
    from aiogandi.fleet import outcomes  # noqa: PLC0415

    return {
        "key": item.key,
        "account": item.account,
        "item": item.value,
        "ok": outcome["ok"],
        "result": jsonable(outcomes.read(item.value, outcome).result),
        "error": _error(outcome),
    }


def _error(outcome: Mapping[str, Any]) -> str | None:
    return None if outcome["ok"] else f"{outcome['kind']}: {outcome['message']}"


async def cancel(sight: Sight, name: str, *, yes: bool) -> int:
    """End what nobody has begun of a run, when the user agrees; returns the exit code."""
    screen = sight.screen
    if not yes and not can_ask():
        raise WrongUse("cancel without a terminal to ask on needs --yes")
    async with books_of(sight) as books:
        known = await find(books, name)
        if not yes:
            waiting = counted(known.waiting, "item")
            question = f"Cancel run {name}: {waiting} waiting, {known.under_way} under way?"
            with sight.interrupts.asking():
                agreed = agrees(question)
            if not agreed:
                raise CommandFailed("nothing was changed")
        ended = await run_of(sight, name).cancel()
        known = await books.progress(name)
    going_on = known.items - known.done - known.failed
    if screen.as_json:
        screen.document({"ended": ended, "going_on": going_on})
    else:
        verb = "goes on to its end" if going_on == 1 else "go on to their end"
        screen.result(f"{counted(ended, 'item')} ended, {going_on} {verb}")
    return OK


async def forget(sight: Sight, name: str) -> int:
    """Remove a run that has ended; returns the exit code."""
    async with books_of(sight) as books:
        known = await find(books, name)
        if not known.is_over:
            number = known.items - known.done - known.failed
            has, them = ("has", "it") if number == 1 else ("have", "them")
            raise CommandFailed(
                f"{counted(number, 'item')} of run {name} {has} not ended (to end {them}:"
                f" aiogandi fleet cancel {quote(name)})"
            )
        await run_of(sight, name).forget()
    if sight.screen.as_json:
        sight.screen.document({"forgotten": known.items})
    else:
        sight.screen.result(f"Run {name} forgotten, with {counted(known.items, 'outcome')}")
    return OK
