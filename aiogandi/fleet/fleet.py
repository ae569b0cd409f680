"""`Fleet`: what a program and its workers share."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, TypeVar, overload

from aiogandi.checks import require, require_count
from aiogandi.client import Gandi
from aiogandi.errors import InvalidArgument
from aiogandi.fleet.books.books import Books, RunProgress, pages_of
from aiogandi.fleet.items import DEFAULT, Item, by_account, item_of, require_name
from aiogandi.fleet.run import FleetRun
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.models import OperationDetails
from aiogandi.operations.operation import Operation

if TYPE_CHECKING:
    from aiogandi.fleet.engine.engine import Engine

T = TypeVar("T")
R = TypeVar("R")
Action: TypeAlias = Callable[[Gandi, Any], Awaitable[Any]]
"""What is done with an item, by a client of the item's account."""
Settings: TypeAlias = Mapping[str, Any]
"""An account's: the arguments of its client, and ``rate_group``."""
AccountSettings: TypeAlias = Callable[[str], Settings | Awaitable[Settings]]
"""Returns the settings for an account's name."""
AnyAction = TypeVar("AnyAction", bound=Action)


class Fleet:
    """Work that any number of workers on any number of machines do together, through a hub's store.

        fleet = Fleet("redis://cache.internal:6379/0", account=settings_of)

        @fleet.action
        async def provision(gandi: Gandi, name: str) -> OperationDetails: ...

        run = await fleet.submit(provision, names, run="release-42")
        async for outcome in run: ...

    The workers are processes that import the same module: ``aiogandi worker module:fleet --limit 100``.

    - *hub*: a `RedisHub`, or the URL of its store. Programs and workers of one fleet have the same URL and prefix.
    - *account*: returns, for an account's name, the settings of its client: a mapping of `Gandi`'s arguments,
      ``login`` and ``password`` among them, but for ``hub`` and ``journal``; and ``rate_group``, who shares the
      rate (see `RedisHub`). It may be a coroutine function. It is called on workers alone, so passwords never
      leave them. None: there is one account, ``"default"``, whose settings are those of `Gandi.from_env`.
    - *tries*: how often an item may end a process that runs it alone, before it counts as failed.

    What stands in the store of an item is its value, its key, the names of its account, run and action, and its outcome.
    A fleet needs the extra ``fleet``: ``pip install 'aiogandi[fleet]'``. It logs to ``aiogandi.fleet``.
    """

    def __init__(
        self,
        hub: RedisHub | str,
        *,
        account: AccountSettings | None = None,
        tries: int = 3,
    ) -> None:
        self.actions: dict[str, Action] = {}
        """The actions by their names."""
        try:
            self.hub = hub if isinstance(hub, RedisHub) else RedisHub(hub)
        finally:
            # A URL that is refused may hold a password, and this frame is part of the traceback.
            del hub
        holds = account is None or callable(account)
        require(holds, "account", account, "a function of an account's name, or None")
        if not importlib.util.find_spec("streaq"):
            raise InvalidArgument("a fleet needs streaq: pip install 'aiogandi[fleet]'")
        self.account = account
        self.tries = require_count("tries", tries, 1)

    def __repr__(self) -> str:
        return f"<Fleet {self.hub!r} actions={sorted(self.actions)}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Fleet is what a module makes, and is neither copied nor pickled: import the module"
        )

    def action(self, function: AnyAction) -> AnyAction:
        """Make a coroutine function an action, and return it. It takes a client and an item, and is known by its name
        to all programs of the fleet: a name that another one has is `InvalidArgument`.

        It runs inside `Gandi.once`, under the item's key: its changing calls go one after the other, and must be
        the same ones when it is begun again. If it returns an `Operation`, that is waited for.
        """
        name = getattr(function, "__name__", "")
        holds = callable(function) and name.isidentifier()
        require(holds, "action", function, "a function with a name: async def name(gandi, item)")
        if self.actions.get(name, function) is not function:
            raise InvalidArgument(f"action {name!r}: the fleet has another one of this name")
        self.actions[name] = function
        return function

    @overload
    async def submit(
        self,
        action: Callable[[Gandi, T], Awaitable[Operation]],
        items: Iterable[T] | AsyncIterable[T],
        *,
        run: str,
        key: Callable[[T], str] = str,
        account: str | Callable[[T], str] = DEFAULT,
    ) -> FleetRun[T, OperationDetails]: ...

    @overload
    async def submit(
        self,
        action: Callable[[Gandi, T], Awaitable[R]],
        items: Iterable[T] | AsyncIterable[T],
        *,
        run: str,
        key: Callable[[T], str] = str,
        account: str | Callable[[T], str] = DEFAULT,
    ) -> FleetRun[T, R]: ...

    async def submit(
        self,
        action: Action,
        items: Iterable[Any] | AsyncIterable[Any],
        *,
        run: str,
        key: Callable[[Any], str] = str,
        account: str | Callable[[Any], str] = DEFAULT,
    ) -> FleetRun[Any, Any]:
        """Have *action* done with each of *items* by the fleet's workers, and return the run, without waiting for them.

        - *items*: values that JSON gives back as they are, of at most 16,384 bytes, without passwords.
        - *run*: what the run is called. Submitted again under the same name, items that are open or done are
          left as they are, further ones are added, and those that have failed are tried again. It may so be
          submitted again after whatever trouble.
        - *key*: what an item is called. No other item of its account and run may be called the same.
        - *account*: the account of all items, or a function that returns the one of an item.

        Raises `InvalidArgument`, before anything is written, where an argument or item does not fit, or the run
        has another action or another item with the same key; and `HubError` where the store is away, or goes
        away: submit it again then.
        """
        name = self._name_of(action)
        require_name("run", run)
        holds = callable(key)
        require(holds, "key", key, "a function of an item")
        holds = isinstance(account, str) or callable(account)
        require(holds, "account", account, "the name of an account, or a function of an item")
        given = await _collected(items, key, account)
        books, engine = Books(self.hub.store), self.engine()
        async with books.at_hand():
            try:
                await books.open(run, name, given)
                due: list[str] = []
                for some in pages_of(given):
                    due += [item.id for item in await books.submit(run, some)]
                for each, parcels in by_account(run, due).items():
                    await engine.publish(each, parcels)
            finally:
                await engine.close()
        return FleetRun(run, self.hub.store)

    def run(self, name: str) -> FleetRun[Any, Any]:
        """The run of this name, wherever it was submitted. Nothing is asked before it is used.

        What is in it only who submitted it knows. Tell type checkers so:
        ``run: FleetRun[str, int] = fleet.run("release-42")``.
        """
        return FleetRun(require_name("name", name), self.hub.store)

    async def runs(self) -> list[RunProgress]:
        """How far each run is, the oldest first. `HubError` where the store is away."""
        books = Books(self.hub.store)
        async with books.at_hand():
            return await books.all_progress()

    def engine(self) -> Engine:
        """What delivers the items. (For the parts of the fleet.)"""
        # Imported here: who only reads a run does without it.
        from aiogandi.fleet.engine.engine import Engine  # noqa: PLC0415

        store = self.hub.store
        return Engine(store.url, store.told, store.prefix, store.lease, store.deadline)

    def _name_of(self, action: Any) -> str:
        for name, each in self.actions.items():
            if each is action:
                return name
        known = ", ".join(sorted(self.actions)) or "none yet"
        raise InvalidArgument(
            f"action={action!r:.200}: none of this fleet's: put @fleet.action above it (known: {known})"
        )


async def _collected(
    items: Any, key: Callable[[Any], str], account: str | Callable[[Any], str]
) -> list[Item]:
    """All items, so that nothing is written where one of them does not fit."""
    holds = isinstance(items, Iterable | AsyncIterable) and not isinstance(items, str | bytes)
    require(holds, "items", items, "an iterable, or an async one, of items")
    found: dict[str, Item] = {}

    def add(value: Any) -> None:
        item = item_of(value, key, account)
        if item.id in found:
            raise InvalidArgument(
                f"item {value!r:.200}: account {item.account!r} has two items with the key {item.key!r}; give key="
            )
        found[item.id] = item

    if isinstance(items, AsyncIterable):
        async for value in items:
            add(value)
    else:
        for value in items:
            add(value)
    return list(found.values())
