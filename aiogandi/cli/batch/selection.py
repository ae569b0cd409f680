"""Which things a command is about: ids, ``--match`` on their names, or ``--all``."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import typer

from aiogandi.cli.batch.reading import read_all
from aiogandi.cli.connection import Connection
from aiogandi.cli.credentials import can_ask
from aiogandi.cli.failures import CommandFailed, WrongUse
from aiogandi.cli.terminal.screen import counted
from aiogandi.client import Gandi


@dataclass(frozen=True, slots=True)
class Target:
    """One thing. Its id is 0 until it is created, its name known only where it had to be read."""

    id: int
    name: str | None = None

    def __str__(self) -> str:
        known = (self.name, f"({self.id})" if self.name and self.id else str(self.id or ""))
        return " ".join(filter(None, known))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that can be selected: how they are called, listed, and named."""

    noun: str
    list: Callable[[Gandi], Awaitable[list[int]]]
    name: Callable[[Gandi, int], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line says. Exactly one of the three ways must be used."""

    ids: Sequence[int] | None
    patterns: Sequence[str] | None
    everything: bool
    yes: bool

    def check(self) -> None:
        """Raise `WrongUse` for what is wrong with it before anything is sent."""
        if sum((bool(self.ids), bool(self.patterns), self.everything)) != 1:
            raise WrongUse("give either ids, or --match PATTERN, or --all")
        if self.everything and not self.yes and not can_ask():
            raise WrongUse("--all without a terminal to ask on needs --yes")

    async def find(self, connection: Connection, kind: Kind, verb: str) -> list[Target]:
        """The things. Before ``--all`` of them are changed, the user is asked."""
        if self.ids:
            return [Target(number) for number in dict.fromkeys(self.ids)]
        listed = await kind.list(connection.gandi)
        if self.everything:
            self._ask(connection, f"{verb} all {counted(len(listed), kind.noun)}", len(listed))
            return [Target(number) for number in listed]
        matching = await self._match(connection, kind, listed)
        if not matching:
            patterns = " or ".join(map(repr, self.patterns or ()))
            raise CommandFailed(f"no {kind.noun} matches {patterns}")
        return matching

    async def _match(self, connection: Connection, kind: Kind, listed: list[int]) -> list[Target]:
        async def read(number: int) -> Target:
            return Target(number, await kind.name(connection.gandi, number))

        found, failed = await read_all(connection, kind.noun, listed, read, listed=True)
        if failed:
            # To change a part of what was meant is worse than to change nothing.
            raise CommandFailed(f"not every {kind.noun} could be read, so nothing was changed")
        return [target for target in found if matches(target.name, self.patterns or ())]

    def _ask(self, connection: Connection, question: str, number: int) -> None:
        if self.yes or not number:
            return
        with connection.interrupts.asking():
            agreed = typer.confirm(f"{question} of {connection.login}?", err=True)
        if not agreed:
            raise CommandFailed("nothing was changed")


def matches(name: str | None, patterns: Sequence[str]) -> bool:
    """Whether a name matches one of the patterns, in any case: hostnames know none."""
    return any(fnmatchcase((name or "").lower(), pattern.lower()) for pattern in patterns)
