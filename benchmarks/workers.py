"""Clients in processes of their own, which share a store or know nothing of each other.

Each is told what to do through a pipe, does it beside what it does already, and answers when it is done. Times
are those of ``time.monotonic``, which is one clock for all processes of a machine.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any, Final

from aiogandi import Gandi, Polling, RateLimit, RedisHub, bulk
from benchmarks.servers import LOGIN, PASSWORD

VM_ID: Final = 10_001
"""The first server of a sandbox, which readers ask for."""

FAREWELL: Final = "stop"

HubSettings = Mapping[str, Any]
"""What `RedisHub` is made of: ``url``, and more."""


class Worker:
    """Another process, in which *target* obeys the pipe that it is given before *args*, as `obey` does. It does any
    number of things at once.
    """

    def __init__(self, target: Callable[..., None], *args: Any) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit our event loop
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=target, args=(theirs, *args), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, command: str, *args: Any) -> None:
        """Have it begin something."""
        self._pipe.send((command, args))

    def answer(self) -> Any:
        """The result of what it has done first of what it was told; the calling thread waits."""
        result = self._pipe.recv()
        if isinstance(result, Exception):
            raise result
        return result

    def tell(self, command: str, *args: Any) -> Any:
        """Have it do something; returns its answer."""
        self.begin(command, *args)
        return self.answer()

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self._process.join()

    def stop(self) -> None:
        """Let it do nothing more for now."""
        os.kill(self._process.pid or 0, signal.SIGSTOP)

    def go_on(self) -> None:
        """Let it go on."""
        os.kill(self._process.pid or 0, signal.SIGCONT)

    def close(self) -> None:
        """Let it close its client, and end it."""
        with suppress(OSError, EOFError):
            self.tell(FAREWELL)
        self._process.terminate()
        self._process.join()
        self._pipe.close()


@contextmanager
def workers(
    number: int,
    url: str,
    *,
    rate_limit: RateLimit,
    speed: float = 1.0,
    hub: HubSettings | None = None,
) -> Iterator[Sequence[Worker]]:
    """So many, each of which has made its first call. Their rate and polling are sped up as the service's time is.

    Commands: ``greet`` makes a call; ``read`` (tasks, begins, ends, stops) reads with so many tasks until it
    stops, and returns how many answers came between the other two moments; ``reboot`` (VMs) begins so many operations and waits for them,
    and returns when each of them was seen to have ended, by its id; ``create`` (names) creates servers and
    returns when the last one was there; ``stats`` and ``exchanges`` are counts, of the client's own and of
    what was sent to the store.
    """
    polling = Polling(interval=1 / speed, max_interval=10 / speed)
    rate_limit = RateLimit(rate_limit.calls, rate_limit.per / speed)
    team = [Worker(_work, url, rate_limit, polling, hub) for _ in range(number)]
    try:
        together(team, "greet")
        yield team
    finally:
        for one in team:
            one.close()


def together(team: Sequence[Worker], command: str, *args: Any) -> list[Any]:
    """Have all do the same; returns their answers."""
    for one in team:
        one.begin(command, *args)
    return [one.answer() for one in team]


# -- in the other process ----------------------------------------------------------------------


def _work(
    pipe: Connection,
    url: str,
    rate_limit: RateLimit,
    polling: Polling,
    hub: HubSettings | None,
) -> None:
    # The parent, interrupted as well, says what there is to say.
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(pipe, url, rate_limit, polling, hub))


async def _main(
    pipe: Connection,
    url: str,
    rate_limit: RateLimit,
    polling: Polling,
    hub: HubSettings | None,
) -> None:
    shared = None if hub is None else RedisHub(**hub)
    async with Gandi(
        LOGIN, PASSWORD, url=url, rate_limit=rate_limit, polling=polling, hub=shared
    ) as gandi:
        await obey(pipe, _Work(gandi, shared))
    pipe.send(None)


async def obey(pipe: Connection, work: object) -> None:
    """Do what the pipe tells, each by the method of *work* that is called so, until it tells to stop."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    under_way: set[asyncio.Task[None]] = set()

    async def do(what: Callable[..., Awaitable[object]], args: Sequence[Any]) -> None:
        try:
            pipe.send(await what(*args))
        except Exception as error:  # noqa: BLE001 - it is the parent's
            pipe.send(error)

    def take() -> None:
        command, args = pipe.recv()
        if command == FAREWELL:
            stopped.set()
            return
        task = asyncio.create_task(do(getattr(work, command), args))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    loop.add_reader(pipe.fileno(), take)
    await stopped.wait()
    loop.remove_reader(pipe.fileno())


class _Work:
    """What a worker can be told to do."""

    def __init__(self, gandi: Gandi, hub: RedisHub | None) -> None:
        self._gandi = gandi
        self._hub = hub

    async def greet(self) -> None:
        await self._gandi.account_currency()

    async def read(self, tasks: int, begins: float, ends: float, stops: float) -> int:
        answers = 0

        async def read_on() -> None:
            nonlocal answers
            while True:
                await self._gandi.vm_info(VM_ID)
                answers += begins <= time.monotonic() < ends

        readers = [asyncio.create_task(read_on()) for _ in range(tasks)]
        ended, _ = await asyncio.wait(
            readers,
            timeout=stops - time.monotonic(),
            return_when=asyncio.FIRST_EXCEPTION,
        )
        for reader in readers:
            reader.cancel()
        await asyncio.wait(readers)
        for reader in ended:
            reader.result()
        return answers

    async def reboot(self, vms: Sequence[int]) -> dict[int, float]:
        noticed: dict[int, float] = {}

        async def follow(vm_id: int) -> None:
            operation = await self._gandi.vm_reboot(vm_id)
            await operation
            noticed[operation.id or 0] = time.monotonic()

        await asyncio.gather(*map(follow, vms))
        return noticed

    async def create(self, names: Sequence[str]) -> float:
        async for outcome in bulk(
            lambda name: self._gandi.vm_create(name, "password", 111, 1, 1), names, limit=len(names)
        ):
            if outcome.error is not None:
                raise outcome.error
        return time.monotonic()

    async def stats(self) -> dict[str, int]:
        return asdict(self._gandi.stats)

    async def exchanges(self) -> dict[str, int]:
        return {} if self._hub is None else self._hub.store.exchanges
