"""What failed, in few lines: equal failures of many things are one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiogandi.cli.batch.ids import written
from aiogandi.cli.batch.items import Target
from aiogandi.cli.exits import explain
from aiogandi.cli.terminal.screen import Screen, counted
from aiogandi.errors import JournalError, OperationError

FEW: Final = 5
"""How many things with a name and an id are told with both. More are told by their ids, as ranges."""

_VALUE = re.compile(r"\[(\w+): [^\]]*\]")
"""Where a fault repeats the value that it refuses (documented)."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A thing, and the error that it met."""

    target: Target
    error: Exception


def tell_failures(screen: Screen, noun: str, failures: Iterable[Failure]) -> None:
    """Print a line for each kind of failure: ``30 servers 10001-10030: they do not exist: …``.

    Failures are of one kind if they differ in nothing but the ids and the refused values that they
    repeat, which are left out then.
    """
    kinds: dict[str, list[Failure]] = {}
    for failure in failures:
        kinds.setdefault(_outline(failure, noun), []).append(failure)
    for outline, alike in kinds.items():
        targets = [failure.target for failure in alike]
        many = len(targets) > 1
        texts = {explain(failure.error, noun, many=many) for failure in alike}
        things = counted(len(targets), noun) if many else noun
        problem = texts.pop() if len(texts) == 1 else outline
        screen.problem(f"{things} {list_of(targets, ', ')}: {problem}")


def list_of(targets: Sequence[Target], separator: str = " ") -> str:
    """Return all of *targets*: with names and ids if they are few, else by their ids as ranges, and
    what has no id by its name.
    """
    named = any(target.name for target in targets)
    if not all(target.id for target in targets) or (named and len(targets) <= FEW):
        return ", ".join(map(str, targets))
    return written((target.id for target in targets), separator)


def _outline(failure: Failure, noun: str) -> str:
    """What went wrong, without what differs between two things with the same failure."""
    text = _VALUE.sub(r"[\1: …]", explain(failure.error, noun, many=True))
    if failure.target.name and isinstance(failure.error, JournalError):
        text = text.replace(repr(failure.target.name), "…")  # the journal tells which key it is
    own = {failure.target.id}
    if isinstance(failure.error, OperationError):
        own.add(failure.error.operation.id or 0)
    ids = "|".join(str(number) for number in own if number)
    return re.sub(rf"(?<!\d)(?:{ids})(?!\d)", "…", text) if ids else text
