"""What it costs to keep secrets out of the exceptions of lost replies.

Each ``vm_create`` runs, its reply is lost, and the client looks for its operation. The passwords, the
account's and each VM's own, are letters and digits or full of punctuation, which may be written in
many ways. What a lost reply costs is the processor time of the client's process; the sandbox has
another one. The third contestant has the same client with a redactor that blanks nothing.
"""

from __future__ import annotations

import asyncio
import string
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from itertools import count
from typing import Final, Self
from unittest.mock import patch

from aiogandi import Gandi
from aiogandi.redaction import Redactor
from benchmarks.measure import Samples, alternate
from benchmarks.report import Curve, Figure, Report, Table
from benchmarks.servers import LOGIN, Server, sandbox

LETTERS: Final = string.ascii_letters[: len(string.punctuation)]
PUNCTUATION: Final = string.punctuation
"""Passwords of one length, so that only their characters make a difference."""

ALPHANUMERIC: Final = "letters and digits"
PUNCTUATED: Final = "punctuation"
SWITCHED_OFF: Final = "punctuation, redaction switched off"

OF_ALPHANUMERIC: Final = 1.2
OF_SWITCHED_OFF: Final = 1.3


class BlanksNothing(Redactor):
    """Redaction switched off."""

    def plus(self, secrets: Iterable[str]) -> Self:
        """The same: there is nothing to know."""
        del secrets
        return self

    def redact(self, text: str) -> str:
        """*text* as it is."""
        return text

    redact_cut = redact


def run(*, quick: bool, growth: bool) -> Report:
    """Lose replies in turns with each kind of password."""
    losses, rounds = (20, 2) if quick else (200, 9)
    report = Report(
        "redaction", f"{losses} lost replies of vm_create: processor time of the client."
    )
    samples = _measure(
        {
            ALPHANUMERIC: (LETTERS, Redactor),
            PUNCTUATED: (PUNCTUATION, Redactor),
            SWITCHED_OFF: (PUNCTUATION, BlanksNothing),
        },
        losses,
        rounds,
    )
    rows = [[name, samples.median(name) * 1e3] for name in samples.rounds]
    report.tables.append(Table("", ["passwords", "ms for each lost reply"], rows))
    report.figures += [
        Figure(
            "punctuation, of letters and digits",
            samples.ratio(PUNCTUATED, ALPHANUMERIC),
            "≤",
            OF_ALPHANUMERIC,
        ),
        Figure(
            "punctuation, of redaction switched off",
            samples.ratio(PUNCTUATED, SWITCHED_OFF),
            "≤",
            OF_SWITCHED_OFF,
        ),
    ]
    if growth:
        report.curves.append(_growth(losses))
    return report


def _measure(
    contestants: Mapping[str, tuple[str, type[Redactor]]], losses: int, rounds: int
) -> Samples:
    """Seconds of processor time for each lost reply, by contestant."""
    with ExitStack() as stack:
        turns: dict[str, Callable[[], float]] = {}
        for name, (password, redactor) in contestants.items():
            server = stack.enter_context(sandbox(password=password))
            names = (f"vm-{number}" for number in count())
            turns[name] = partial(_round, server, password, redactor, names, losses)
        return alternate(turns, rounds)


def _round(
    server: Server, password: str, redactor: type[Redactor], names: Iterator[str], losses: int
) -> float:
    with patch("aiogandi.client.Redactor", redactor):
        return asyncio.run(_lose(server, password, names, losses))


async def _lose(server: Server, password: str, names: Iterator[str], losses: int) -> float:
    async with Gandi(LOGIN, password, url=server.url, rate_limit=None) as gandi:
        await gandi.vm_create(next(names), password, 111, 1, 1)  # logs in, and is not lost
        server.tell("lose", losses)
        began = time.process_time()
        for _ in range(losses):
            name = next(names)
            await gandi.vm_create(name, f"{password}{name}", 111, 1, 1)
        seconds = time.process_time() - began
        if gandi.stats.reconciled != losses:
            raise RuntimeError(f"{gandi.stats.reconciled} of {losses} replies were lost")
    return seconds / losses


def _growth(losses: int) -> Curve:
    lines: dict[str, list[tuple[float, float]]] = {ALPHANUMERIC: [], PUNCTUATED: []}
    for times in (1, 4, 16):
        samples = _measure(
            {
                ALPHANUMERIC: (LETTERS * times, Redactor),
                PUNCTUATED: (PUNCTUATION * times, Redactor),
            },
            losses,
            rounds=3,
        )
        for name, line in lines.items():
            line.append((len(PUNCTUATION) * times, samples.median(name) * 1e3))
    return Curve("a lost reply", "characters of the password", "ms of processor time", lines)
