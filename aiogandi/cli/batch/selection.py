"""Which things a command is about: ids, ``--match`` on their names, or ``--all``.

Whoever gives ids has said what is meant. With ``--match`` and ``--all`` the user is shown what that is
and asked, unless there is ``--yes``. Without a terminal nobody can be asked:

- ``--match`` is carried out, because a script was written with its pattern in view, and
  ``aiogandi vm stop --match 'web-*'`` in a crontab shall not wait for anybody;
- ``--all`` needs ``--yes``, and so does a pattern like ``'*'`` that matches whatever there is, since it
  says no more than ``--all`` does. Only the pattern decides and never what it happens to match: a
  script that works today must not stop to work on the day on which all servers are called ``web-…``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

import aiogandi
from aiogandi.cli.batch.ids import written
from aiogandi.cli.batch.items import Target
from aiogandi.cli.batch.reading import read_all
from aiogandi.cli.batch.resuming import begun
from aiogandi.cli.exits import CommandFailed, WrongUse, refuses_login
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.questions import agrees, can_ask
from aiogandi.cli.terminal.screen import counted
from aiogandi.errors import GandiError

SHOWN: Final = 10
"""How many things a question names. Of more, it names the first, and how many more there are."""

LONGEST: Final = 140
"""How many characters the ids of all of them may take in a question, as ranges: two lines or less."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of things that can be selected, like servers."""

    noun: str
    """What one of them is called: ``server``."""
    list: Callable[[aiogandi.Gandi], Awaitable[list[int]]]
    """Reads the ids of all of them."""
    name: Callable[[aiogandi.Gandi, int], Awaitable[str | None]]
    """Reads the name of one, which ``--match`` is compared with."""
    pattern: str
    """A pattern that such names match, as the help has it: ``web-*``."""
    named: str = "name"
    """What ``--match`` is compared with, in a word."""
    most: int | None = None
    """How many the service lists at most; None: all of them."""


@dataclass(frozen=True, slots=True)
class Selection:
    """What the command line selects: ids, patterns or everything, exactly one of the three."""

    ids: Sequence[int] | None
    patterns: Sequence[str] | None
    everything: bool
    yes: bool
    """Whether what is selected is meant without asking."""

    def check(self) -> None:
        """Raise `WrongUse` if it is not one of the three, or means all and nobody can be asked."""
        if sum((bool(self.ids), bool(self.patterns), self.everything)) != 1:
            raise WrongUse("give either ids, or --match PATTERN, or --all")
        if self.yes or can_ask():
            return
        if self.everything:
            raise WrongUse("--all without a terminal to ask on needs --yes")
        if says_all := next(filter(_matches_all, self.patterns or ()), None):
            raise WrongUse(
                f"--match {says_all!r} means all of them,"
                " which without a terminal to ask on needs --yes"
            )

    async def find(self, connection: Connection, kind: Kind, verb: str) -> list[Target]:
        """Return the selected things, each one once.

        For ``--match`` and ``--all`` the user is asked first: ``Stop all 20 servers of AA1234-GANDI?``.
        With a run, what that has begun counts as selected, too: a server that is deleted matches no more.

        Raises `CommandFailed` if the answer is no, if nothing matches, or if a name cannot be read.
        """
        if self.ids:
            return [Target(number) for number in dict.fromkeys(self.ids)]
        listed = list(dict.fromkeys(await kind.list(connection.gandi)))
        if kind.most is not None and len(listed) >= kind.most:
            connection.screen.line(
                f"The service lists {kind.most} at most: there may be more than these"
            )
        earlier = [Target(int(key)) for key in await begun(connection) if key.isdecimal()]
        if self.everything:
            listed += [target.id for target in earlier if target.id not in listed]
            await self._ask_about_all(connection, kind, verb, listed)
            return [Target(number) for number in listed]
        matching = await self._match(connection, kind, listed)
        found = {target.id for target in matching}
        matching += [target for target in earlier if target.id not in found]
        if not matching:
            patterns = " or ".join(map(repr, self.patterns or ()))
            raise CommandFailed(f"no {kind.noun} matches {patterns}")
        if not self.yes and can_ask():
            question = f"{verb} {counted(len(matching), kind.noun)}"
            _ask(connection, question, matching, [target.id for target in matching])
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

    async def _ask_about_all(
        self, connection: Connection, kind: Kind, verb: str, listed: list[int]
    ) -> None:
        if self.yes or not listed:
            return

        async def read(number: int) -> Target:
            try:
                return Target(number, await kind.name(connection.gandi, number))
            except GandiError as error:
                if refuses_login(error):
                    raise
                return Target(number)  # the question is about all of them, whatever they are called

        first = await asyncio.gather(*map(read, listed[:SHOWN]))
        _ask(connection, f"{verb} all {counted(len(listed), kind.noun)}", first, listed)


def _ask(
    connection: Connection, question: str, things: Sequence[Target], ids: Sequence[int]
) -> None:
    """Ask about what has these *ids*, the first of which are *things*, or raise `CommandFailed`."""
    shown = ", ".join(map(str, things[:SHOWN]))
    more = len(ids) - min(len(things), SHOWN)
    connection.screen.line(f"{shown} and {more} more" if more else shown)
    ranges = written(ids)
    if more and len(ranges) <= LONGEST:
        connection.screen.line(f"All of them: {ranges}")
    with connection.interrupts.asking():
        agreed = agrees(f"{question} of {connection.login}?")
    if not agreed:
        raise CommandFailed("nothing was changed")


def name_matches(name: str | None, patterns: Sequence[str]) -> bool:
    """Return whether a name matches one of the patterns. Upper and lower case count as the same."""
    return any(fnmatchcase((name or "").lower(), pattern.lower()) for pattern in patterns)


def _matches_all(pattern: str) -> bool:
    """Return whether a pattern says nothing about the name, like ``*`` and ``?*``."""
    return "*" in pattern and not pattern.strip("*?")
