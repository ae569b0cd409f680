"""The items that a worker has under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

from aiogandi import chores
from aiogandi.changes import discretion
from aiogandi.changes.journal import KeyHeld
from aiogandi.changes.once import BLOCKS
from aiogandi.errors import ClientClosed, HubError
from aiogandi.fleet import outcomes
from aiogandi.fleet.books import Begun, Books
from aiogandi.fleet.clients import AccountClient, Clients, NoClient
from aiogandi.fleet.fleet import Action
from aiogandi.hub.store import Store
from aiogandi.operations.operation import Operation
from aiogandi.transport.rank import behind

log = logging.getLogger("aiogandi.fleet")

SUSPECT: Final = 2
"""After so many deaths of its process in a row it is looked at whether an item comes further."""

UNKNOWN_ACTION: Final = 5.0
"""Seconds after which an item is delivered again whose action this worker does not know: others may."""


class RunsAlone(Protocol):
    """Runs an item in a process of its own."""

    async def __call__(self, run: str, begun: Begun) -> str | None:
        """Return when that has ended: None where the item has its outcome, else how the process died. `KeyHeld` and
        `HubError` mean the same as where an item runs here.
        """


class Workbench:
    """Carries out the items that are delivered, each once at a time, and writes their outcomes into *books*.

    A delivery waits for its item, and no more: an item goes on where its delivery is cut off, and a further delivery
    of it joins it.
    """

    def __init__(
        self,
        store: Store,
        books: Books,
        clients: Clients,
        actions: Mapping[str, Action],
        *,
        tries: int,
        alone: RunsAlone | None,
    ) -> None:
        self._store = store
        self._books = books
        self._clients = clients
        self._actions = actions
        self._tries = tries
        self._alone = alone
        self._items: dict[tuple[str, str], asyncio.Task[float | None]] = {}
        self._unknown: set[str] = set()
        self._leaves = False

    @property
    def under_way(self) -> int:
        """How many items are."""
        return len(self._items)

    async def attend(self, run: str, id_: str) -> float | None:
        """Carry out an item: None when it has ended; else the seconds after which it is to be delivered again."""
        place = (run, id_)
        task = self._items.get(place)
        if task is None:
            if self._leaves:
                return 0.0
            task = self._items[place] = chores.begin(
                partial(self._carry_out, run, id_), lambda _: self._items.pop(place, None)
            )
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():  # and not this delivery
                return 0.0
            raise

    async def idle(self) -> None:
        """Wait until no item is under way."""
        while self._items:
            await asyncio.wait([*self._items.values()])

    async def leave(self) -> None:
        """Carry out no more, and cut off what is under way: others go on with it."""
        self._leaves = True
        for task in [*self._items.values()]:
            task.cancel()
        await self.idle()

    # -- an item -------------------------------------------------------------------------------

    async def _carry_out(self, run: str, id_: str) -> float | None:
        try:
            begun = await self._books.begin(run, id_)
        except HubError as error:
            return self._later(run, id_, error)
        if begun == "over":
            return None
        if begun == "held":
            return self._store.lease
        try:
            with behind():  # the calls of single callers go first
                return await self._see_to(run, begun)
        except KeyHeld:
            return self._store.lease
        except (HubError, ClientClosed) as error:
            return self._later(run, id_, error)
        finally:
            await self._let_go(run, id_)

    def _later(self, run: str, id_: str, error: Exception) -> float:
        log.info("run %s, item %s: %s; it is delivered again", run, id_, error)
        return self._store.deadline

    async def _see_to(self, run: str, begun: Begun) -> float | None:
        item = begun.item
        action = self._actions.get(begun.action)
        if action is None:
            if begun.action not in self._unknown:
                self._unknown.add(begun.action)
                log.warning(
                    "action %s is not known here: it is left to other workers", begun.action
                )
            return UNKNOWN_ACTION
        try:
            client = await self._clients.of(item.account)
        except NoClient as error:
            outcome = outcomes.failed("NoClient", str(error))
        else:
            if self._alone is not None and await self._is_suspect(client, run, begun):
                await self._run_alone(self._alone, run, begun)
                return None
            outcome = await outcome_of(action, client, run, begun)
        await self._write_down(run, item.id, outcome)
        return None

    async def _is_suspect(self, client: AccountClient, run: str, begun: Begun) -> bool:
        """Whether it seems to be the item itself that ends its processes: it makes no further call between them."""
        if begun.deaths < SUSPECT:
            return False
        item = begun.item
        steps = await client.run(run).steps(item.key)
        if begun.steps is not None and steps <= begun.steps:
            return True
        await self._books.note_steps(run, item.id, steps, are_more=begun.steps is not None)
        return False

    async def _run_alone(self, alone: RunsAlone, run: str, begun: Begun) -> None:
        id_ = begun.item.id
        log.warning(
            "run %s, item %s: its process has died again and again; it runs alone", run, id_
        )
        while (death := await alone(run, begun)) is not None:
            number = await self._books.died(run, id_)
            if number >= self._tries:
                told = f"its process died {number} times while it ran alone, at last by {death}"
                await self._write_down(run, id_, outcomes.failed(outcomes.DIED, told))
                return

    async def _write_down(self, run: str, id_: str, outcome: Mapping[str, Any]) -> None:
        """Write the outcome down, as soon as the store takes it."""
        while True:
            try:
                await self._books.end(run, id_, outcome)
            except HubError:
                if not self._store.is_away:
                    raise
                await self._store.back()
            else:
                return

    async def _let_go(self, run: str, id_: str) -> None:
        try:
            await self._books.let_go(run, id_)
        except HubError as error:  # it is seen there that this process has gone
            log.debug("run %s, item %s: it is not let go: %s", run, id_, error)


async def outcome_of(
    action: Action, client: AccountClient, run: str, begun: Begun
) -> dict[str, Any]:
    """Carry out an item under its key, and return what becomes of it. `KeyHeld` where somebody else has it, and `HubError`
    or `ClientClosed` where it is not over.
    """
    item, journal_run = begun.item, client.run(run)
    secrets = journal_run.secrets

    async def act(_: str) -> Any:
        nonlocal secrets
        secrets = BLOCKS.get()[-1].secrets  # those that the item's own calls have
        result = await action(client.gandi, item.value)
        return await result.wait() if isinstance(result, Operation) else result

    try:
        result, was_done = await journal_run.carry_out(act, item.key, waits=False)
        # That it was done by a process that has died since is no news.
        return outcomes.done(result, repeated=was_done and begun.deaths == 0)
    except outcomes.Unfit as error:
        return outcomes.failed("Unfit", str(error))
    except (KeyHeld, HubError, ClientClosed):
        raise
    except BaseException as error:  # whatever it is, also SystemExit, it is this item's outcome
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        kind = type(error).__name__
        text = discretion.told(error).removeprefix(kind).removeprefix(": ")
        return outcomes.failed(kind, secrets.redacted(text))
