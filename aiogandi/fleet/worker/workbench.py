"""The items that a worker has under way."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Protocol

from aiogandi import chores
from aiogandi.changes import discretion
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.journal import KeyHeld
from aiogandi.changes.once import BLOCKS
from aiogandi.errors import ClientClosed, HubError
from aiogandi.fleet import outcomes
from aiogandi.fleet.books.books import BegunItem, Books, UnknownAction
from aiogandi.fleet.fleet import Action
from aiogandi.fleet.items import account_of
from aiogandi.fleet.worker.clients import AccountClient, Clients, NoClient
from aiogandi.hub.store import Store
from aiogandi.transport.rank import behind

log = logging.getLogger("aiogandi.fleet")

SUSPECT: Final = 2
"""After so many deaths of its process in a row it is looked at whether an item comes further."""

UNKNOWN_ACTION: Final = 5.0
"""Seconds after which an item is delivered again whose action this worker does not know: others may."""


class RunsAlone(Protocol):
    """Runs an item in a process of its own."""

    async def __call__(self, run: str, begun: BegunItem) -> str | None:
        """Return when that has ended: None where the item has its outcome, else how the process died. `KeyHeld` and
        `HubError` mean the same as where an item runs here.
        """


class Workbench:
    """Carries out the items that are delivered, each once at a time and at most *limit* at once, and writes their
    outcomes into *books*.

    A delivery waits for its item, and no more: an item goes on where its delivery is cut off, and a further delivery
    of it joins it. So there may be more deliveries than *limit*: some wait for a place.
    """

    def __init__(
        self,
        store: Store,
        books: Books,
        clients: Clients,
        actions: Mapping[str, Action],
        *,
        limit: int,
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
        self._places = asyncio.Semaphore(limit)
        self.under_way = 0
        """How many items have a place."""
        self._leaves = False

    @property
    def accounts(self) -> set[str]:
        """The accounts whose items are here."""
        return {account_of(id_) for _, id_ in self._items}

    async def attend(self, run: str, id_: str) -> float | None:
        """Carry out an item: None when it has ended; else the seconds after which it is to be delivered again."""
        parcel = (run, id_)
        task = self._items.get(parcel)
        if task is None:
            if self._leaves:
                return 0.0
            task = self._items[parcel] = chores.begin(
                partial(self._carry_out, run, id_), lambda _: self._items.pop(parcel, None)
            )
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if not task.cancelled():  # but this delivery
                raise
            return 0.0

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
        async with self._places:
            self.under_way += 1
            try:
                return await self._begin(run, id_)
            except KeyHeld:
                return self._store.lease
            except (HubError, ClientClosed) as error:
                return self._later(run, id_, error)
            except Exception:
                log.exception("run %s, item %s: it is delivered again", run, id_)
                return self._store.lease
            finally:
                self.under_way -= 1

    async def _begin(self, run: str, id_: str) -> float | None:
        begun = await self._books.begin(run, id_, self._actions)
        match begun:
            case "over":
                return None
            case "held":
                return self._store.lease
            case UnknownAction(action):
                if action not in self._unknown:
                    self._unknown.add(action)
                    log.warning("action %s is not known here: it is left to other workers", action)
                return UNKNOWN_ACTION
        try:
            with behind():  # the calls of single callers go first
                await self._see_to(run, begun)
        except BaseException:
            await self._let_go(run, id_)
            raise
        return None

    def _later(self, run: str, id_: str, error: Exception) -> float:
        log.info("run %s, item %s: %s; it is delivered again", run, id_, error)
        return self._store.deadline

    async def _see_to(self, run: str, begun: BegunItem) -> None:
        item = begun.item
        try:
            client = await self._clients.of(item.account)
        except NoClient as error:
            outcome = outcomes.failed("NoClient", str(error))
        else:
            if self._alone is not None and await self._is_suspect(client, run, begun):
                return await self._run_alone(self._alone, run, begun)
            action = self._actions[begun.action]
            outcome = await self._outcome(action, client, run, begun)
            client.ended += 1
            if outcome.get("kind") == ClientClosed.__name__:
                await self._clients.discard(client)
        return await self._write_down(run, item.id, outcome)

    async def _outcome(
        self, action: Action, client: AccountClient, run: str, begun: BegunItem
    ) -> dict[str, Any]:
        try:
            return await outcome_of(action, client, run, begun)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if self._leaves or task is None:
                raise
            task.uncancel()  # nobody but its action has cancelled it
            return outcomes.failed(type(error).__name__, "its action has cancelled its own task")

    async def _is_suspect(self, client: AccountClient, run: str, begun: BegunItem) -> bool:
        """Whether it seems to be the item itself that ends its processes: it makes no further call between them."""
        if begun.deaths < SUSPECT:
            return False
        item = begun.item
        steps = await client.run(run).steps(item.journal_key)
        if begun.steps is not None and steps <= begun.steps:
            return True
        await self._books.note_steps(run, item.id, steps, are_more=begun.steps is not None)
        return False

    async def _run_alone(self, alone: RunsAlone, run: str, begun: BegunItem) -> None:
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
    action: Action, client: AccountClient, run: str, begun: BegunItem
) -> dict[str, Any]:
    """Carry out an item under its key, and return what becomes of it. `KeyHeld` where somebody else has it, and `HubError`
    or `ClientClosed` where it is not over.
    """
    item, secrets = begun.item, KnownSecrets(())

    async def act(_: str) -> Any:
        nonlocal secrets
        secrets = BLOCKS.get()[-1].secrets  # those that the item's own calls have
        return await action(client.gandi, item.value)

    try:
        journal_run = client.run(run)
        secrets = journal_run.secrets
        result, was_done = await journal_run.carry_out(act, item.journal_key, waits=False)
        # That it was done by a process that has died since is no news.
        return outcomes.done(result, secrets, repeated=was_done and begun.is_new)
    except outcomes.Unfit as error:
        return outcomes.failed("Unfit", str(error))
    except (KeyHeld, HubError):
        raise
    except BaseException as error:  # whatever it is, also SystemExit, it is this item's outcome
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise
        if isinstance(error, ClientClosed) and client.is_closing:
            raise
        kind = type(error).__name__
        text = discretion.told(error).removeprefix(kind).removeprefix(": ")
        return outcomes.failed(kind, secrets.redacted(text))
