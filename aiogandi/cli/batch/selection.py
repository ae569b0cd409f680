"""Which things a command is about: ids, ``--match`` on their names, or ``--all``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import aiogandi
from aiogandi.cli.batch.items import Target
from aiogandi.cli.batch.reading import read_all
from aiogandi.cli.exits import CommandFailed, WrongUse
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.questions import agrees, can_ask
from aiogandi.cli.terminal.screen import counted


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that can be selected, like servers."""

    noun: str
    """What one of them is called: ``server``."""
    list: Callable[[aiogandi.Gandi], Awaitable[list[int]]]
    """Reads the ids of all of them."""
    name: Callable[[aiogandi.Gandi, int], Awaitable[str | None]]
    """Reads the name of one, which ``--match`` is compared with."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line selects: ids, patterns or everything, exactly one of the three."""

    ids: Sequence[int] | None
    patterns: Sequence[str] | None
    everything: bool
    yes: bool
    """Whether *everything* is meant without asking."""

    def check(self) -> None:
        """Raise `WrongUse` if it is not one of the three, or if nobody can be asked about all."""
        if sum((bool(self.ids), bool(self.patterns), self.everything)) != 1:
            raise WrongUse("give either ids, or --match PATTERN, or --all")
        if self.everything and not self.yes and not can_ask():
            raise WrongUse("--all without a terminal to ask on needs --yes")

    async def find(self, connection: Connection, kind: Kind, verb: str) -> list[Target]:
        """Return the selected things.

        For ``--all`` the user is asked first: ``Stop all 20 servers of AA1234-GANDI?``. Raises
        `CommandFailed` if the answer is no, if nothing matches, or if a name cannot be read.
        """
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

        reading = await read_all(connection, kind.noun, listed, read, listed=True)
        if reading.failed:
            # A thing that could not be read may be one that was meant.
            raise CommandFailed(f"incomplete: {reading.missing}, so nothing was changed")
        return [
            target for target in reading.found if name_matches(target.name, self.patterns or ())
        ]

    def _ask(self, connection: Connection, question: str, number: int) -> None:
        if self.yes or not number:
            return
        with connection.interrupts.asking():
            agreed = agrees(f"{question} of {connection.login}?")
        if not agreed:
            raise CommandFailed("nothing was changed")


def name_matches(name: str | None, patterns: Sequence[str]) -> bool:
    """Return whether a name matches one of the patterns. Upper and lower case count as the same."""
    return any(fnmatchcase((name or "").lower(), pattern.lower()) for pattern in patterns)
