"""A client's keys: blocks are entered here, and what is left of earlier ones is found out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager

from aiogandi.changes.change import Change
from aiogandi.changes.journal import Held, Key
from aiogandi.changes.once import BLOCKS, Block, Send, hold, told
from aiogandi.changes.recorder import Recorder
from aiogandi.changes.recovery import Recovered, Recovery
from aiogandi.changes.register import Register
from aiogandi.errors import InvalidArgument


class Keys:
    """Enters blocks of keys, whose calls are sent by *send*. What is done inside of *scope* ends with the
    client, and does not begin after it.
    """

    def __init__(
        self,
        recorder: Recorder,
        recovery: Recovery,
        register: Register,
        send: Send,
        scope: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self.account = recorder.account
        self._recorder = recorder
        self._recovery = recovery
        self._register = register
        self._send = send
        self._scope = scope

    def block(self) -> Block | None:
        """The innermost block of this client that the current task is in."""
        return next(self._blocks(), None)

    def _blocks(self) -> Iterator[Block]:
        return (block for block in _around() if block.owner is self)

    def block_of(self, call: Change) -> Block | None:
        """The block that a changing call of this client stands in. `InvalidArgument` where that is another
        client's of the same account: the call would not be under the key, and would run again with it.
        """
        for block in _around():
            if block.owner is self:
                return block
            if block.account == self.account and not block.is_over:
                raise InvalidArgument(
                    f"{call.method}: it is made inside the block of {told(block.words)} by another client of"
                    " the same account, and would not be under that key. Make it with the client of the"
                    " block, or inside `async with gandi.once(…)` of this one"
                )
        return None

    def once(
        self, key: str, run: int = 0, *, waits: bool = True
    ) -> AbstractAsyncContextManager[Block]:
        """The block of a key. Where it *waits* not and the key is held, `KeyHeld` is raised."""
        return self._once(key, run, waits, _current_task())

    @asynccontextmanager
    async def _once(
        self, key: str, run: int, waits: bool, task: asyncio.Task[object] | None
    ) -> AsyncIterator[Block]:
        if task is not None and task is not asyncio.current_task():
            # What a task sets in its context is not seen outside of it.
            raise InvalidArgument(
                f"{told((key,))} is entered in another task than the one that asks for its block, whose"
                " calls would not be under the key: write `async with asyncio.timeout(…)` around it, where"
                " asyncio.wait_for() makes a task (before Python 3.12)"
            )
        block = await self._enter(key, run, waits=waits)
        BLOCKS.set((*BLOCKS.get(), block))
        try:
            try:
                yield block
                _require_inside(block)
            except BaseException as error:
                block.fail(error)
                raise
            finally:
                BLOCKS.set(tuple(each for each in BLOCKS.get() if each is not block))
            await block.conclude()
        finally:
            block.let_go()

    async def _enter(self, key: str, run: int, *, waits: bool) -> Block:
        with self._scope():
            journal, prints = await self._recorder.both()
            words, run = self._place(key, run)
            inmost = self.block()
            around = () if inmost is None else (*inmost.around, inmost.words)
            secrets = (self._recorder.secrets if inmost is None else inmost.secrets).within()
            secrets.require_none_in({"the key": key})
            held = await hold(journal, words, run, waits=waits)
            try:
                self._register.forget(held.number)
                if any(step.is_unclear for step in held.steps):
                    await self._recorder.catch_up()
                    held = await journal.hold_again(held.number)
                    for step in held.steps:
                        if step.is_unclear:
                            await self._recovery.find_out(step)
                    await (
                        self._recorder.catch_up()
                    )  # with what was found now, and could not be written
                    held = await journal.hold_again(held.number)
            except BaseException:
                journal.let_go(held.number)
                raise
        return Block(
            self, self.account, self._send, journal, prints, words, held, run, secrets, around
        )

    async def find(self, key: str, run: int) -> Held | None:
        """What is recorded under a key that is concluded."""
        with self._scope():
            journal, _ = await self._recorder.both()
            return await journal.find(*self._place(key, run))

    def _place(self, key: str, run: int) -> tuple[Key, int]:
        """What the key is called with the outer ones, and the run that it is in: an item's inner keys are
        the run's, too. A *run*'s own items are the same whatever other block it is begun in.
        """
        outer = next((block for block in self._blocks() if run in (0, block.run)), None)
        return ((key,), run) if outer is None else ((*outer.words, key), outer.run)

    async def recover(self) -> list[Recovered]:
        """See `Gandi.recover`."""
        with self._scope():
            return await self._recovery.recover()


def _around() -> list[Block]:
    """The blocks that the current task is in, the innermost first."""
    task = _current_task()
    # A task that has left a block in another context, `asyncio.wait_for`'s, still finds it in its own.
    return [block for block in reversed(BLOCKS.get()) if not block.was_left_by(task)]


def _require_inside(block: Block) -> None:
    if block not in BLOCKS.get():
        raise InvalidArgument(
            f"{told(block.words)} is left in another task than the one that entered it: the calls of this one"
            " were not under the key, which stays open"
        )


def _current_task() -> asyncio.Task[object] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no loop runs here
        return None
