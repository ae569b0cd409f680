"""The books of a fleet's runs, in the hub's store: its items, who has which, and what became of each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal, NoReturn

from aiogandi.changes import written
from aiogandi.errors import InvalidArgument
from aiogandi.fleet.books import scripts
from aiogandi.fleet.items import Item
from aiogandi.hub.fields import fields
from aiogandi.hub.journal.durability import check
from aiogandi.hub.scripts import Script
from aiogandi.hub.store import Store

AT_ONCE: Final = 500
"""Items that one exchange submits, at most: other processes' exchanges go between."""


@dataclass(frozen=True, slots=True)
class BegunItem:
    """An item that this process has from now on. *deaths*: how often in a row its process has died; *steps*: how
    many calls it had made when somebody looked, None where nobody has; *is_new*: nobody has begun it before.
    """

    item: Item
    action: str
    deaths: int
    steps: int | None
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class UnknownAction:
    """An item is left to workers that know its *action*: this one does not."""

    action: str


@dataclass(frozen=True, slots=True)
class RunProgress:
    """How far a *run* is. It began at *since* (UTC, by the store's clock). Of its *items* so many are *done*, have
    *failed*, are *under_way* on workers that are heard of, and are *waiting*: nobody has begun them, or whoever did has
    died or left. *is_cancelled* says that it was cancelled, and not submitted again since.
    """

    run: str
    action: str
    since: datetime
    items: int
    done: int
    failed: int
    under_way: int
    waiting: int
    is_cancelled: bool

    @property
    def is_over(self) -> bool:
        """Whether each item has its outcome."""
        return self.done + self.failed == self.items


@dataclass(frozen=True, slots=True)
class EndedItems:
    """Outcomes as they stand in the books: of each item its *id*, itself, and what became of it."""

    outcomes: Sequence[tuple[str, Item, Mapping[str, Any]]]
    looked_at: int
    is_all: bool
    """Whether no item is open, so that no further outcome comes."""


class Books:
    """The books in *store*. Each method is `HubError` where that is away."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_durable: bool | None = None

    @asynccontextmanager
    async def at_hand(self) -> AsyncIterator[None]:
        """Be in the store meanwhile, as long as nothing else of this process is."""
        self._store.join()
        try:
            await self._store.begun()
            self._is_durable = None  # it may be another store than last time
            yield
        finally:
            await self._store.leave()

    # -- who gives work ------------------------------------------------------------------------

    async def open(self, run: str, action: str, items: Sequence[Item]) -> None:
        """Begin a run, or go on with it. `InvalidArgument` where it has another action, or another one of *items*."""
        for some in pages_of(items):
            answer, *other = await self._store.run(scripts.COMPARE, run, *_words_of(some))
            if answer == b"other":
                self._refuse(run, some, other[0])
        answer, *other = await self._write(scripts.OPEN, run, action)
        if answer == b"action":
            raise InvalidArgument(
                f"run={run!r}: it runs {other[0].decode()}, and not {action}. Other work needs another name"
            )

    async def submit(self, run: str, items: Sequence[Item]) -> list[Item]:
        """Note *items*; return those that are to be delivered: what has ended well is not. `InvalidArgument`
        where one of them stands there with another value.
        """
        by_id = {item.id: item for item in items}
        answer, *ids = await self._write(scripts.SUBMIT, run, *_words_of(items))
        if answer == b"gone":
            raise _no_run(run)
        if answer == b"other":
            self._refuse(run, items, ids[0])
        return [by_id[each.decode()] for each in ids]

    def _refuse(self, run: str, items: Sequence[Item], id_: bytes) -> NoReturn:
        [item] = [item for item in items if item.id == id_.decode()]
        raise InvalidArgument(
            f"item {item.key!r}: run {run!r} of account {item.account!r} has another one with this key. Other work needs"
            " another key, or another run"
        )

    async def cancel(self, run: str, outcome: Mapping[str, Any]) -> int:
        """Give *outcome* to what is not begun; return how many items that were."""
        number, cursor = 0, b"0"
        while True:
            answer, *told = await self._write(scripts.CANCEL, run, written.write(outcome), cursor)
            if answer == b"gone":
                raise _no_run(run)
            ended, cursor = told
            number += int(ended)
            if cursor == b"0":
                return number

    async def forget(self, run: str) -> None:
        """Remove what stands there of a run. `InvalidArgument` where items of it are open, or there is none."""
        answer, number = await self._write(scripts.FORGET, run)
        if answer == b"open":
            raise InvalidArgument(f"run {run!r}: {number} items have not ended; cancel it first")
        if not number:
            raise _no_run(run)

    async def progress(self, run: str) -> RunProgress:
        """How far it is. `InvalidArgument` where there is no such run."""
        for found in await self._store.run(scripts.PROGRESS, run):
            return _progress(found)
        raise _no_run(run)

    async def all_progress(self) -> list[RunProgress]:
        """How far each run is, the oldest first."""
        return [_progress(found) for found in await self._store.run(scripts.PROGRESS, "")]

    async def outcomes(self, run: str, first: int) -> EndedItems:
        """The outcomes from the *first* on, in the order of the ends. `InvalidArgument` where there is no such run."""
        answer, *told = await self._store.run(scripts.OUTCOMES, run, first)
        if answer == b"gone":
            raise _no_run(run)
        open_items, looked_at, *words = told
        outcomes = [
            (id_.decode(), Item.read(item), written.read(outcome.decode()))
            for id_, item, outcome in _threes(words)
        ]
        return EndedItems(outcomes, int(looked_at), is_all=int(open_items) == 0)

    async def holders(self, run: str) -> dict[str, str]:
        """Which process has which item: the ids of what is begun and has not ended, with the processes' names."""
        return fields(await self._store.run(scripts.HOLDERS, run))

    # -- who does it ---------------------------------------------------------------------------

    async def begin(
        self, run: str, id_: str, actions: Iterable[str]
    ) -> BegunItem | UnknownAction | Literal["over", "held"]:
        """Have an item from now on, if it has one of these *actions*; ``"over"`` where it has ended, ``"held"`` where
        a living process has it.
        """
        answer, *told = await self._store.run(
            scripts.BEGIN, run, id_, self._store.process, *actions
        )
        if answer == b"unknown":
            return UnknownAction(told[0].decode())
        if answer != b"begun":
            return "over" if answer == b"over" else "held"
        text, action, is_new, deaths, steps = told
        known = int(steps) if steps else None
        return BegunItem(Item.read(text), action.decode(), int(deaths), known, bool(is_new))

    async def let_go(self, run: str, id_: str) -> None:
        """Have it no more, though it has not ended. It has been begun all the same."""
        await self._store.run(scripts.LET_GO, run, id_, self._store.process)

    async def note_steps(self, run: str, id_: str, steps: int, *, are_more: bool) -> None:
        """Note how many calls an item has made; with *are_more* its deaths count no more."""
        await self._store.run(scripts.STEPS, run, id_, steps, int(are_more))

    async def died(self, run: str, id_: str) -> int:
        """Note that a process died that had it alone; return how often that was."""
        return int(await self._write(scripts.DIED, run, id_))

    async def end(self, run: str, id_: str, outcome: Mapping[str, Any]) -> bool:
        """Write down what became of it; False where that was written before."""
        is_ok = int(outcome["ok"])
        return bool(await self._write(scripts.END, run, id_, is_ok, written.write(outcome)))

    async def accounts(self) -> dict[str, int]:
        """How many open items each account has."""
        told = fields(await self._store.run(scripts.ACCOUNTS))
        return {account: int(number) for account, number in told.items()}

    async def may_tend(self, seconds: float) -> bool:
        """Whether this process, and nobody else for *seconds*, is to tend to what the engine may have lost."""
        return bool(await self._store.run(scripts.TEND, self._store.process, int(seconds * 1000)))

    async def waiting(self, run: str, seconds: float) -> AsyncIterator[list[str]]:
        """Pages of the ids of what has been open for *seconds*."""
        first = 0
        while page := await self._store.run(scripts.WAITING, run, first, seconds):
            yield [each.decode() for each in page]
            first += len(page)

    async def _write(self, script: Script, *words: Any) -> Any:
        """Run a script, and have what it has written on the store's disk where that is set so."""
        if self._is_durable is None:  # who only reads does not ask
            self._is_durable = await check(self._store, warns=False)
        run = self._store.run_durably if self._is_durable else self._store.run
        return await run(script, *words)


def pages_of(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """`AT_ONCE` items after the other."""
    return (items[first : first + AT_ONCE] for first in range(0, len(items), AT_ONCE))


def _words_of(items: Sequence[Item]) -> list[str]:
    return [word for item in items for word in (item.id, item.text)]


def _no_run(run: str) -> InvalidArgument:
    return InvalidArgument(f"run={run!r}: there is none of this name, or it was forgotten")


def _progress(found: Sequence[Any]) -> RunProgress:
    run, told, items, open_items, held, failed = found
    about = fields(told)
    return RunProgress(
        run=run.decode(),
        action=about["action"],
        since=datetime.fromtimestamp(float(about["since"]), UTC),
        items=int(items),
        done=int(about.get("done", 0)),
        failed=int(failed),
        under_way=int(held),
        waiting=int(open_items) - int(held),
        is_cancelled="cancelled" in about,
    )


def _threes(words: Sequence[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    return zip(words[::3], words[1::3], words[2::3], strict=True)
