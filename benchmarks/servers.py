"""Servers in a process of their own, so that their work is not taken for the client's.

They are spoken to through a pipe. Their times are those of ``time.monotonic``, which is one clock
for all processes of a machine (and the event loop's).
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, Final

from aiogandi import RateLimit
from aiogandi.sandbox import Sandbox

SHORTEST, LONGEST = 48.0, 72.0
"""Service seconds that an operation takes: about 60, as the budgets have it."""

LOGIN: Final = "AA1234-GANDI"
PASSWORD: Final = "mypassword"

FAREWELL: Final = "stop"

Commands = Mapping[str, Callable[..., Any]]


class Server:
    """A server in another process: ``url``, and what it can be told."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self.url: str = pipe.recv()

    def tell(self, command: str, *args: Any) -> Any:
        """Have the server do something; returns its answer. The calling thread waits."""
        self._pipe.send((command, args))
        return self._pipe.recv()


@contextmanager
def canned(replies: Mapping[str, bytes]) -> Iterator[Server]:
    """A server that answers each method with the same bytes, as fast as Python can.

    It reads no more of a request than it must, so it is not what limits a client beside it.
    Commands: ``busy``, its processor time so far in seconds.
    """
    with _process(_canned, dict(replies)) as server:
        yield server


@contextmanager
def sandbox(
    *,
    speed: float = 1.0,
    vms: int = 0,
    durations: str | tuple[float, float] = (SHORTEST, LONGEST),
    password: str = PASSWORD,
    rate_limit: RateLimit | None = None,
) -> Iterator[Server]:
    """The sandbox, with so many VMs running, and shares for more.

    *durations*: operations take so many service seconds at random, from the first to the second;
    ``usual`` ones take what the sandbox thinks that they take. *password* is the account's.

    Commands: ``begin`` (how many, from which on) reboots VMs and returns pairs of operation id and
    VM id; ``ends`` tells when operations end, by their id, where durations are random; ``calls`` and ``executed`` are the counts by
    method; ``expire`` ends all sessions; ``slow_logins`` (seconds) delays every login;
    ``lose`` (how many) drops the replies of the next calls of ``vm_create``.
    """
    with _process(_sandbox, speed, vms, durations, password, rate_limit) as server:
        yield server


@contextmanager
def sandboxes(
    limits: Sequence[RateLimit], *, speed: float, durations: Mapping[str, float]
) -> Iterator[Server]:
    """As many sandboxes as *limits*, in one process, each with an account of its own that has that limit.

    Commands: ``urls``; ``received``, how many requests each was sent; ``unexecuted``, how many of all those were
    refused, by 429 or a fault; ``busy``, the processor time so far in seconds.
    """
    with _process(_sandboxes, limits, speed, dict(durations)) as server:
        yield server


@contextmanager
def _process(target: Callable[..., None], *args: Any) -> Iterator[Server]:
    context = multiprocessing.get_context("spawn")  # a fork would inherit our event loop
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *args), daemon=True)
    process.start()
    theirs.close()
    try:
        server = Server(ours)
        yield server
        server.tell(FAREWELL)
    finally:
        ours.close()
        process.terminate()
        process.join()


# -- in the other process ----------------------------------------------------------------------


async def _obey(pipe: Connection, url: str, commands: Commands) -> None:
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def answer() -> None:
        try:
            command, args = pipe.recv()
        except EOFError:
            stopped.set()
            return
        if command == FAREWELL:
            stopped.set()
            pipe.send(None)
        else:
            pipe.send(commands[command](*args))

    loop.add_reader(pipe.fileno(), answer)
    pipe.send(url)
    await stopped.wait()
    loop.remove_reader(pipe.fileno())


def _serve(main: Coroutine[Any, Any, None]) -> None:
    # The parent, interrupted as well, says what there is to say.
    with suppress(KeyboardInterrupt):
        asyncio.run(main)


class _CannedProtocol(asyncio.Protocol):
    """HTTP/1.1 with Content-Length, which is what all the peers speak."""

    def __init__(self, replies: Mapping[bytes, bytes]) -> None:
        self._replies = replies
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        while True:
            head, found, rest = received.partition(b"\r\n\r\n")
            if not found:
                break
            length = int(head.lower().partition(b"content-length:")[2].split(None, 1)[0])
            if len(rest) < length:
                break
            method = rest[:length].partition(b"<methodName>")[2].partition(b"<")[0]
            self._transport.write(self._replies[method])
            received = rest[length:]
        self._received = received


def _canned(pipe: Connection, replies: Mapping[str, bytes]) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/xml; charset=utf-8\r\n"
        b"Date: Thu, 01 Jan 2009 00:00:00 GMT\r\nServer: canned\r\nContent-Length: %d\r\n\r\n"
    )
    ready = {name.encode(): head % len(body) + body for name, body in replies.items()}

    async def main() -> None:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: _CannedProtocol(ready), "127.0.0.1", 0)
        port = listener.sockets[0].getsockname()[1]
        await _obey(pipe, f"http://127.0.0.1:{port}/xmlrpc/", {"busy": time.process_time})
        listener.close()

    _serve(main())


class _RandomDurations(dict[str, float]):
    """Notes when each operation will have ended: the sandbox asks at the moment it begins one.

    They are told from each other by their order. Until `populated`, VMs are there at once.
    """

    def __init__(self, speed: float, shortest: float, longest: float) -> None:
        super().__init__()
        self._speed = speed
        self._span = shortest, longest
        self._random = random.Random(2009)
        self.populated = False
        self.ends: list[float] = []

    def get(self, kind: str, default: Any = None) -> Any:
        del kind, default
        takes = self._random.uniform(*self._span) if self.populated else 0.0
        self.ends.append(time.monotonic() + takes / self._speed)
        return takes


def _sandbox(pipe: Connection, *settings: Any) -> None:
    _serve(_sandbox_main(pipe, *settings))


async def _sandbox_main(
    pipe: Connection,
    speed: float,
    vms: int,
    durations: str | tuple[float, float],
    password: str,
    rate_limit: RateLimit | None,
) -> None:
    times = _RandomDurations(speed, *((0, 0) if isinstance(durations, str) else durations))
    async with Sandbox(
        password=password,
        speed=speed,
        shares=1_000_000,
        balance=1e9,
        durations=None if isinstance(durations, str) else times,
        rate_limit=rate_limit,
    ) as served:
        # Past the wire: thousands of calls would take longer than what they are for.
        execute = served.execute
        session = execute("login", LOGIN, password)
        ids = [
            execute("vm_create", session, f"vm-{number}", "password", 111, 1, 1, {})
            for number in range(vms)
        ]
        times.populated = True

        def begin(number: int, offset: int = 0) -> list[tuple[int, int]]:
            some = ids[offset : offset + number]
            return [(execute("vm_reboot", session, vm_id), vm_id) for vm_id in some]

        def ends() -> dict[int, float]:
            operations = served.operations
            first = operations[0]["id"] if operations else 0
            return {first + place: end for place, end in enumerate(times.ends)}

        def slow_logins(seconds: float) -> None:
            served.delay("login", seconds=seconds, times=10**6)

        def lose(calls: int) -> None:
            served.drop_reply("vm_create", times=calls)

        commands: Commands = {
            "begin": begin,
            "ends": ends,
            "calls": lambda: dict(served.calls),
            "executed": lambda: dict(served.executed),
            "expire": served.expire_sessions,
            "slow_logins": slow_logins,
            "lose": lose,
        }
        await _obey(pipe, served.url, commands)


def _sandboxes(pipe: Connection, *settings: Any) -> None:
    _serve(_sandboxes_main(pipe, *settings))


async def _sandboxes_main(
    pipe: Connection, limits: Sequence[RateLimit], speed: float, durations: Mapping[str, float]
) -> None:
    async with AsyncExitStack() as stack:
        served = [
            await stack.enter_async_context(
                Sandbox(
                    password=PASSWORD,
                    speed=speed,
                    shares=1_000_000,
                    balance=1e9,
                    durations=durations,
                    rate_limit=limit,
                )
            )
            for limit in limits
        ]
        commands: Commands = {
            "urls": lambda: [each.url for each in served],
            "received": lambda: [each.calls.total() for each in served],
            "unexecuted": lambda: sum(
                each.calls.total() - each.executed.total() for each in served
            ),
            "busy": time.process_time,
        }
        await _obey(pipe, served[0].url, commands)
