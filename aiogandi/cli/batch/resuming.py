"""A bulk run that goes on where an earlier command has ended: ``--run NAME``.

Each thing is a key of the run in the journal: a name for what is created, an id for what is changed. Its
action is done again over what is recorded, which gives the same calls without sending them. So an action
must come to the same calls each time, and not to those that follow from what it has changed itself:
`recorded` tells which it has made.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from aiogandi.changes.journal import KeyHeld, Recorded
from aiogandi.changes.state import State
from aiogandi.cli.batch.items import Item, Target
from aiogandi.cli.exits import CommandFailed
from aiogandi.cli.service.connection import Connection


class Left(Exception):
    """The waiting ended before this thing did. Its operation, if there is one, goes on."""


class KeptRun:
    """The run of *connection*, for `bulk`.

    *pause* lies between two tries to get a thing that another command has under way; it raises `Left`
    where nobody waits any more.
    """

    def __init__(self, connection: Connection, pause: Callable[[], Awaitable[None]]) -> None:
        journal, name = connection.journal, connection.run
        if journal is None or name is None:
            raise CommandFailed("there is no run to go on with")
        self.name = name
        self._run = journal.run(name, key=key_of, gandi=connection.gandi)
        self._screen = connection.screen
        self._pause = pause
        self._told: set[str] = set()

    def key_of(self, item: Item) -> str:
        """What the journal calls the thing."""
        return self._run.key_of(item)

    async def carry_out(
        self, action: Callable[[Item], Awaitable[Any]], item: Item, *, waits: bool
    ) -> tuple[Any, bool]:
        """Do *action* to the thing; returns it, and whether an earlier command has done it.

        What another command has under way raises `KeyHeld`; with *waits* it is waited for.
        """
        while True:
            try:
                return await self._try(action, item)
            except KeyHeld as held:
                item.held = True
                if not waits:
                    raise
                self._tell(str(held))
                await self._pause()

    async def _try(self, action: Callable[[Item], Awaitable[Any]], item: Item) -> tuple[Any, bool]:
        left: Left | None = None

        async def act(item: Item) -> Any:
            nonlocal left
            item.held = False
            try:
                return await action(item)
            except Left as error:
                left = error
                raise asyncio.CancelledError from None

        try:
            return await self._run.carry_out(act, item, waits=False)
        except asyncio.CancelledError:
            # For the journal it was cancelled, which is no failure of the thing: it goes on next time.
            if left is None:
                raise
            raise left from None

    def _tell(self, holder: str) -> None:
        if holder not in self._told:
            self._told.add(holder)
            self._screen.line(f"The rest is under way in {holder}: waiting for that")


def key_of(item: Item) -> str:
    """What the journal calls a thing."""
    return key_of_target(item.target)


def key_of_target(target: Target) -> str:
    """What the journal calls it: its id, or its name where it is created."""
    return target.key or str(target.id or target.name)


async def begun(connection: Connection) -> list[str]:
    """Return what earlier commands of the run have begun, by the names that the journal has for it."""
    if connection.journal is None or connection.run is None:
        return []
    run = connection.journal.run(connection.run, gandi=connection.gandi)
    return [outcome.key async for outcome in run.outcomes()]


async def not_begun(connection: Connection, targets: Sequence[Target]) -> list[Target]:
    """Return those which no earlier command of the run has begun: only they need what is new."""
    known = set(await begun(connection))
    return [target for target in targets if key_of_target(target) not in known]


def recorded(number: int) -> Recorded | None:
    """Return the call that an earlier command has made for the current thing in this place, counted from
    0; None where there was none, or it did not run.
    """
    from aiogandi.changes.once import BLOCKS  # noqa: PLC0415 - help and wrong use do without the client

    blocks = BLOCKS.get()
    steps = blocks[-1].held.steps if blocks else []
    found = steps[number] if number < len(steps) else None
    return None if found is None or found.state is State.ABSENT else found
