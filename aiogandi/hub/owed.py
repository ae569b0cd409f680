"""What a client owes a store that was away when it closed: others of its process may go on."""

from __future__ import annotations

import asyncio

from aiogandi import chores
from aiogandi.errors import HubError
from aiogandi.hub.link import Word
from aiogandi.hub.scripts import Script
from aiogandi.hub.store import Store


class Owed:
    """*script*, which is run when *store* is back, unless this process has left that before."""

    def __init__(self, store: Store, script: Script, *words: Word) -> None:
        self._store = store
        self._script = script
        self._words = words
        self._task: asyncio.Task[None] | None = None
        store.on_back.append(self._came_back)
        store.on_left.append(self._let_go)

    def _came_back(self) -> None:
        self._task = chores.begin(self._run)

    async def _run(self) -> None:
        try:
            await self._store.run(self._script, *self._words)
        except HubError:
            return  # it is away again, and comes back again
        self._let_go()

    def _let_go(self) -> None:
        if self._let_go in self._store.on_left:
            self._store.on_back.remove(self._came_back)
            self._store.on_left.remove(self._let_go)
