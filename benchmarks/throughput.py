"""Calls in a second through the whole client: session, policy, codec and model, over loopback.

The limit is aiohttp's own: the same bytes posted, the reply read and not parsed. All share one
server in another process: the sandbox, as everybody's tests do, and then one that answers canned
bytes, so that nothing is left to wait for but the client.
"""

from __future__ import annotations

import asyncio
import http.client
import threading
import time
import xmlrpc.client
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any, Final

import aiohttp
import aiohttp_xmlrpc.client
import aioxmlrpc.client

from aiogandi import Gandi
from aiogandi.codec import encode_call
from benchmarks.measure import Samples, alternate
from benchmarks.report import Cell, Curve, Figure, Report, Table
from benchmarks.samples import REPLIES
from benchmarks.servers import Server, canned, sandbox

TASKS: Final = 32
WANTED: Final = 0.70
VM_ID: Final = 10_001
LOGIN, PASSWORD = "AA1234-GANDI", "mypassword"

OURS: Final = "aiogandi"
LIMIT: Final = "limit: aiohttp POST, not parsed"
PROXY: Final = "aiohttp-xmlrpc ServerProxy"
THREADS: Final = f"xmlrpc.client, {TASKS} threads"
AIOXMLRPC: Final = "aioxmlrpc"

Call = Callable[[], Awaitable[Any]]


def run(*, quick: bool, growth: bool) -> Report:
    """Measure, alternating; the slowest peer makes fewer calls, so that a round stays short."""
    report = Report(
        "throughput",
        f"vm_info through the whole client, {TASKS} tasks, loopback: calls in a second.",
    )
    with sandbox(vms=1) as server:
        samples = _measure(report, server, "Against the sandbox", quick=quick, growth=growth)
        report.figures.append(
            Figure("aiogandi of the limit", samples.ratio(OURS, LIMIT), "≥", WANTED)
        )
    # The harder question: how much of a processor the client itself takes.
    with canned(REPLIES) as server:
        busy, began = server.tell("busy"), time.monotonic()
        _measure(report, server, "Against a server that costs nothing", quick=quick, growth=False)
        part = (server.tell("busy") - busy) / (time.monotonic() - began)
        report.figures.append(Figure("that server's part of one processor", part, "≤", 0.5))
    return report


def _measure(report: Report, server: Server, title: str, *, quick: bool, growth: bool) -> Samples:
    calls, rounds = (320, 2) if quick else (2_000, 11)
    with asyncio.Runner() as runner:
        contestants = runner.run(_Contestants.open(server))
        try:
            rates = {
                name: _rate(runner, contestants, name, calls // (8 if name == AIOXMLRPC else 1))
                for name in contestants.names
            }
            samples = alternate(rates, rounds)
            if growth:
                report.curves.append(_growth(runner, contestants, quick=quick))
        finally:
            runner.run(contestants.close())
    report.tables.append(_table(title, samples, contestants.names))
    return samples


def _table(title: str, samples: Samples, names: list[str]) -> Table:
    rows: list[list[Cell]] = [
        [name, samples.median(name), samples.ratio(name, LIMIT)] for name in names
    ]
    return Table(title, ["client", "calls/s", "of the limit"], rows)


def _rate(
    runner: asyncio.Runner, contestants: _Contestants, name: str, calls: int
) -> Callable[[], float]:
    """A round of so many calls, as calls in a second."""
    return lambda: calls / contestants.seconds(runner, name, calls)


def _growth(runner: asyncio.Runner, contestants: _Contestants, *, quick: bool) -> Curve:
    lines: dict[str, list[tuple[float, float]]] = {}
    for calls in (10, 100) if quick else (10, 100, 1_000, 10_000):
        names = [name for name in contestants.names if name != AIOXMLRPC or calls <= 1_000]
        work = {name: _seconds(runner, contestants, name, calls) for name in names}
        samples = alternate(work, 1 if quick else 3)
        for name in names:
            lines.setdefault(name, []).append((calls, samples.median(name)))
    return Curve("vm_info", "calls", "seconds", lines)


def _seconds(
    runner: asyncio.Runner, contestants: _Contestants, name: str, calls: int
) -> Callable[[], float]:
    return lambda: contestants.seconds(runner, name, calls)


class _Contestants:
    """Open clients, each of which has made its first call."""

    def __init__(self, url: str) -> None:
        self._url = url
        with xmlrpc.client.ServerProxy(url) as proxy:
            self._session = str(proxy.login(LOGIN, PASSWORD))
        self._stack = AsyncExitStack()
        self._calls: dict[str, Call] = {}

    @classmethod
    async def open(cls, server: Server) -> _Contestants:
        contestants = cls(server.url)
        enter = contestants._stack.enter_async_context
        gandi = await enter(Gandi(LOGIN, PASSWORD, url=server.url, rate_limit=None))
        http = await enter(_http_session())
        proxy = aiohttp_xmlrpc.client.ServerProxy(server.url, client=await enter(_http_session()))
        other = aioxmlrpc.client.ServerProxy(server.url, use_builtin_types=True)
        await enter(other._session)  # noqa: SLF001 - it has no way to close it
        body = encode_call("vm_info", (contestants._session, VM_ID))
        headers = {"Content-Type": "text/xml", "User-Agent": "benchmark"}

        async def limit() -> None:
            async with http.post(
                server.url, data=body, headers=headers, allow_redirects=False
            ) as response:
                await response.read()

        contestants._calls = {
            OURS: lambda: gandi.vm_info(VM_ID),
            LIMIT: limit,
            PROXY: lambda: proxy.vm_info(contestants._session, VM_ID),
            AIOXMLRPC: lambda: other.vm_info(contestants._session, VM_ID),
        }
        for call in contestants._calls.values():
            await call()
        return contestants

    @property
    def names(self) -> list[str]:
        return [*self._calls, THREADS]

    async def close(self) -> None:
        await self._stack.aclose()

    def seconds(self, runner: asyncio.Runner, name: str, calls: int) -> float:
        """How long so many calls take."""
        if name == THREADS:
            return _in_threads(self._url, self._session, calls)
        return runner.run(_in_tasks(self._calls[name], calls))


def _http_session() -> aiohttp.ClientSession:
    """With the settings that the client gives its own."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=10),
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _in_tasks(call: Call, calls: int) -> float:
    places = iter(range(calls))

    async def work() -> None:
        for _ in places:
            await call()

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(TASKS):
            group.create_task(work())
    return time.perf_counter() - started


def _in_threads(url: str, session: str, calls: int) -> float:
    """Each thread keeps its own connection; those that get no call do not count."""
    ready = threading.Barrier(TASKS + 1)
    failures: list[Exception] = []

    def work(number: int) -> None:
        proxy = xmlrpc.client.ServerProxy(url, use_builtin_types=True)
        ready.wait()
        try:
            for _ in range(number):
                proxy.vm_info(session, VM_ID)
        except (OSError, http.client.HTTPException, xmlrpc.client.Error) as error:
            failures.append(error)
        finally:
            proxy("close")()

    shares = [calls // TASKS + (place < calls % TASKS) for place in range(TASKS)]
    threads = [threading.Thread(target=work, args=(share,)) for share in shares]
    for thread in threads:
        thread.start()
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - started
    if failures:
        raise failures[0]
    return elapsed
