"""A client's keys: blocks are entered here, and what is left of earlier ones is found out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiogandi.changes.journal import Held, Key
from aiogandi.changes.once import BLOCKS, Block, Send, hold
from aiogandi.changes.pending import Register
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.recovery import Recovered, Recovery


class Keys:
    """Enters blocks of keys, whose calls are sent by *send*. *admit* raises where none may begin."""

    def __init__(
        self,
        recorder: Recorder,
        recovery: Recovery,
        register: Register,
        send: Send,
        admit: Callable[[], None],
    ) -> None:
        self._recorder = recorder
        self._recovery = recovery
        self._register = register
        self._send = send
        self._admit = admit

    def block(self) -> Block | None:
        """The innermost block of this client that the current task is in."""
        return next((block for block in reversed(BLOCKS.get()) if block.owner is self), None)

    @asynccontextmanager
    async def once(self, key: str, run: int = 0, *, waits: bool = True) -> AsyncIterator[Block]:
        """The block of a key. Where it *waits* not and the key is held, `KeyHeld` is raised."""
        self._admit()
        journal, prints = await self._recorder.both()
        outer = self.block()
        run = run or (0 if outer is None else outer.run)  # an item's inner keys are the run's, too
        words = _words(outer, key)
        secrets = (self._recorder.secrets if outer is None else outer.secrets).within()
        secrets.require_none_in({"the key": key})
        held = await hold(journal, words, run, self._admit, waits=waits)
        block = Block(self, self._send, journal, prints, words, held, run, secrets)
        try:
            self._register.forget(words)
            if any(step.is_unclear for step in held.steps):
                await self._recorder.catch_up()
                held = await journal.hold_again(held.number)
                for step in held.steps:
                    if step.is_unclear:
                        await self._recovery.find_out(step)
                block.held = await journal.hold_again(held.number)
            before = BLOCKS.get()
            BLOCKS.set((*before, block))
            try:
                yield block
            except BaseException as error:
                block.fail(error)
                raise
            finally:
                BLOCKS.set(before)
            await block.conclude()
        finally:
            block.let_go()

    async def find(self, key: str, run: int) -> Held | None:
        """What is recorded under a key that is concluded."""
        self._admit()
        journal, _ = await self._recorder.both()
        return await journal.find(_words(self.block(), key), run)

    async def recover(self) -> list[Recovered]:
        """See `Gandi.recover`."""
        self._admit()
        return await self._recovery.recover()


def _words(outer: Block | None, key: str) -> Key:
    return (key,) if outer is None else (*outer.words, key)
