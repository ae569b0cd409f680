"""A durable run of `bulk`: each of its items is a key, and ends once however often the run is begun."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Literal, NoReturn, Protocol
from uuid import UUID

from aiogandi.changes.discretion import KnownSecrets
from aiogandi.changes.journal import Held
from aiogandi.changes.once import Block
from aiogandi.changes.storage import Storage
from aiogandi.checks import require
from aiogandi.journals.damage import understood
from aiogandi.journals.results import pack, unpack
from aiogandi.operations.operation import Operation


class Durable(Protocol):
    """What a run needs of its client."""

    account: str
    secrets: KnownSecrets

    def once(
        self, key: str, run: int = 0, *, waits: bool = True
    ) -> AbstractAsyncContextManager[Block]:
        """The block of a key. Where it *waits* not and the key is held, `KeyHeld` is raised."""

    async def find(self, key: str, run: int) -> Held | None:
        """What is recorded under a key that is concluded."""


class Opened(Protocol):
    """The journal that a run is in."""

    def require_home(self) -> None:
        """`WrongLoop` where this is not the loop, or the process, that has opened it."""


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """What became of one item of a run: its *key*, and its *state*: ``"done"``, ``"failed"``, or
    ``"open"`` where its process was ended. *result* is what the action returned, as far as that is JSON or
    one of our models and has no password in it; *error* is the failure in words, without passwords. *since* is when it was begun first (UTC).
    """

    key: str
    state: Literal["done", "failed", "open"]
    result: Any
    error: str | None
    since: datetime


class Run:
    """A run of `bulk` that goes on where an earlier process has ended: ``bulk(action, items, run=run)``.

    Each item runs under a key, as the block of `Gandi.once` does: its changing calls go one after the other,
    and must be the same ones in the same order when it is begun again. An item that is done is not: its
    result is given from the journal where it is JSON or one of our models. Any other result is made again,
    by the action, over the calls that are recorded.
    """

    def __init__(
        self,
        name: str,
        key: Callable[[Any], str],
        client: Durable,
        storage: Storage,
        journal: Opened,
    ) -> None:
        client.secrets.require_none_in({"the run's name": name})
        self.name = name
        self._key = key
        self._client = client
        self._storage = storage
        self._journal = journal
        self._number: int | None = None

    def __repr__(self) -> str:
        return f"<Run {self.name}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{self!r} belongs to its journal and is neither copied nor pickled: its name, given to"
            " Journal.run() of another process, goes on with it"
        )

    def key_of(self, item: Any) -> str:
        """What *item* is called. `InvalidArgument` where that is no text, or may be another one next time."""
        require(
            self._key is not str or _has_a_lasting_text(item),
            "item",
            item,
            "with the default key=str a string, a number, a date, a path, a UUID or a tuple of these, whose text"
            " is the same in each process; for others give key=, such as key=lambda vm: str(vm.id)",
        )
        key = self._key(item)
        holds = isinstance(key, str) and bool(key)
        require(holds, "key", key, f"a text that is not empty, for the item {item!r}")
        return key

    @property
    def secrets(self) -> KnownSecrets:
        """The secrets that its client has met."""
        return self._client.secrets

    async def steps(self, item: Any) -> int:
        """How many changing calls are recorded of an item, whatever became of them."""
        self._journal.require_home()
        number = await self._storage.run(self._client.account, self.name)
        return await self._storage.steps(self._client.account, number, (self.key_of(item),))

    async def carry_out(
        self, action: Callable[[Any], Awaitable[Any]], item: Any, *, waits: bool
    ) -> tuple[Any, bool]:
        """The result of *action* for *item*, and whether it is that of an earlier run."""
        self._journal.require_home()
        if self._number is None:
            self._number = await self._storage.run(self._client.account, self.name)
        key = self.key_of(item)
        done = await self._client.find(key, self._number)
        if done is not None and done.result is not None:
            return self._read(key, done.result), True
        async with self._client.once(key, self._number, waits=waits) as block:
            held = block.held
            if held.is_concluded and held.result is not None:
                return self._read(key, block.recall()), True
            result = await action(item)
            if isinstance(result, Operation):
                result = await result.wait()
            told = pack(result)
            # What has a secret in it is not kept: the action gives it again, over its recorded steps.
            block.result = None if block.secrets.are_in(told) else told
            return result, held.is_concluded

    async def outcomes(self) -> AsyncIterator[RunOutcome]:
        """What became of each item that was begun so far, the oldest first, from the journal alone."""
        self._journal.require_home()
        number = await self._storage.find_run(self._client.account, self.name)
        if number is None:
            return  # nobody has begun it
        for entry in await self._storage.entries(self._client.account, number):
            if len(entry.key) == 1:
                [key] = entry.key
                state: Any = "done" if entry.state == "concluded" else entry.state
                result = None if entry.result is None else self._read(key, entry.result)
                with understood(repr(self._journal), f"when {key!r} began"):
                    since = datetime.fromtimestamp(entry.since, UTC)
                yield RunOutcome(key, state, result, entry.error, since)

    def _read(self, key: str, kept: Any) -> Any:
        with understood(repr(self._journal), f"the result of {key!r}"):
            return unpack(kept)


def _has_a_lasting_text(item: Any) -> bool:
    """Whether ``str(item)`` is sure to be the same when the program is started again. That of an object has
    its address in it, and that of a server its state.
    """
    if isinstance(item, tuple):
        return all(map(_has_a_lasting_text, item))
    return isinstance(item, str | int | float | Decimal | date | PurePath | UUID)
