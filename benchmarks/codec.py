"""Values to XML and back, in processor time; and how long a large reply blocks the event loop.

Each side is what its client does with a reply: aiohttp-xmlrpc validates against its schema, ours
checks as it converts and takes a large reply apart in slices, xmlrpc.client is asked for datetimes
and bytes (``use_builtin_types``), which ours gives as well.
"""

from __future__ import annotations

import asyncio
import xmlrpc.client
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp_xmlrpc.client import ServerProxy
from lxml import etree

from aiogandi import Gandi
from aiogandi import codec as ours
from aiogandi.codec import encode_response
from benchmarks import samples
from benchmarks.measure import LoopWatch, alternate, cpu_seconds, times_for
from benchmarks.report import Curve, Figure, Report, Table
from benchmarks.servers import canned

OURS: Final = "aiogandi"
PROXY: Final = "aiohttp-xmlrpc"
STANDARD: Final = "xmlrpc.client"

LARGE: Final = 256 * 1024
"""Bytes from which on a reply is converted in slices."""

AHEAD_OF_PROXY: Final = 3.0
AHEAD_OF_STANDARD: Final = 1.0
LONGEST_BLOCK: Final = 20.0

Sides = Mapping[str, Callable[[], Any]]


def run(*, quick: bool, growth: bool) -> Report:
    """Measure, alternating."""
    report = Report("codec", "Encoding and decoding, beside the functions of the peers.")
    rounds, seconds = (2, 0.01) if quick else (9, 0.15)
    rows: list[list[Any]] = []
    for name, sides in _cases().items():
        times = times_for(sides[PROXY], seconds)
        work = {side: _timed(function, times) for side, function in sides.items()}
        measured = alternate(work, rounds)
        ahead = measured.ratio(PROXY, OURS)
        ahead_of_standard = measured.ratio(STANDARD, OURS)
        micros = [measured.median(side) * 1e6 for side in sides]
        rows.append([name, *micros, ahead, ahead_of_standard])
        report.figures += [
            Figure(f"{name}: times as fast as {PROXY}", ahead, "≥", AHEAD_OF_PROXY),
            Figure(
                f"{name}: times as fast as {STANDARD}", ahead_of_standard, ">", AHEAD_OF_STANDARD
            ),
        ]
    columns = ["work", *(f"{side} µs" for side in (OURS, PROXY, STANDARD))]
    columns += [f"ahead of {PROXY}", f"ahead of {STANDARD}"]
    report.tables.append(Table("", columns, rows))
    blocks = asyncio.run(_blocks(rounds))
    columns = ["reply", "KiB", "longest block ms", "longest garbage collection ms"]
    report.tables.append(Table("A large reply, through the whole client", columns, blocks))
    worst = max(block for _, _, block, _ in blocks)
    report.figures.append(
        Figure("longest block of the loop (collector apart)", worst, "≤", LONGEST_BLOCK, "ms")
    )
    if growth:
        report.curves.append(_growth(quick=quick))
    return report


def _timed(function: Callable[[], Any], times: int) -> Callable[[], float]:
    return lambda: cpu_seconds(function, times)


def _cases() -> dict[str, Sides]:
    return {
        "decode an operation": _decoding(samples.operation()),
        "decode a VM": _decoding(samples.vm(0)),
        "decode 10,000 ids": _decoding(samples.ids(10_000)),
        "decode 1,000 VMs": _decoding(samples.vms(1_000)),
        "encode a vm_create": _encoding(samples.CREATE_ARGUMENTS),
    }


def _decoding(value: Any) -> Sides:
    body = encode_response(value)
    proxy = ServerProxy("http://127.0.0.1/", client=object())
    sides: Sides = {
        OURS: lambda: _decoded(body),
        PROXY: lambda: proxy._parse_response(body, "method"),  # noqa: SLF001 - its decoder
        STANDARD: lambda: xmlrpc.client.loads(body, use_builtin_types=True)[0][0],
    }
    for name, decode in sides.items():
        if decode() != value:
            raise AssertionError(f"{name} decodes something else")
    return sides


def _decoded(body: bytes) -> Any:
    """As the client does it, without the pauses: a large reply is fed and taken apart in slices."""
    if len(body) <= LARGE:
        return ours.decode_response(body)
    parser = ours.parser()
    for start in range(0, len(body), LARGE // 4):
        parser.feed(body[start : start + LARGE // 4])
    slices = ours.decode_in_slices(parser.close())
    while True:
        try:
            next(slices)
        except StopIteration as result:
            return result.value


def _encoding(arguments: tuple[Any, ...]) -> Sides:
    make = ServerProxy._make_request  # noqa: SLF001 - its encoder
    return {
        OURS: lambda: ours.encode_call("vm_create", arguments),
        PROXY: lambda: etree.tostring(make("vm_create", *arguments), xml_declaration=True),
        STANDARD: lambda: xmlrpc.client.dumps(arguments, "vm_create").encode(),
    }


async def _blocks(rounds: int) -> list[tuple[str, float, float, float]]:
    """Of each large reply, the longest block in any round."""
    blocks: list[tuple[str, float, float, float]] = []
    with canned(samples.REPLIES) as server:
        async with Gandi("login", "password", url=server.url, rate_limit=None) as gandi:
            await gandi.vm_info(1)
            for method, body in samples.REPLIES.items():
                if len(body) <= LARGE:
                    continue
                longest = collector = 0.0
                for _ in range(rounds):
                    async with LoopWatch() as watch:
                        await gandi.call(method, idempotent=True)
                    longest = max(longest, watch.longest)
                    collector = max(collector, watch.collector)
                name = method.replace("_", " ")
                blocks.append((name, len(body) / 1024, longest * 1e3, collector * 1e3))
    return blocks


def _growth(*, quick: bool) -> Curve:
    lines: dict[str, list[tuple[float, float]]] = {}
    for number in (10, 100) if quick else (10, 100, 1_000, 10_000):
        sides = _decoding(samples.vms(number))
        measured = alternate({name: _timed(decode, 1) for name, decode in sides.items()}, 3)
        for name in sides:
            lines.setdefault(name, []).append((number, measured.median(name)))
    return Curve("decode a reply", "VMs in it", "processor seconds", lines)
