"""Where journals of all accounts are kept: an interface. `journals` has one in SQLite files, `hub` one in a store
that many machines share.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from aiogandi.changes.journal import ClientJournal, Key, Name, Recorded

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key: *state* is ``"open"``, ``"failed"`` or ``"concluded"``, *since* when it was held first.
    *result* is what its block came to, *error* with what it failed.
    """

    key: Key
    state: str
    since: float
    result: Any
    error: str | None


@dataclass(frozen=True, slots=True)
class Left:
    """A call that nobody has concluded, and the name of the run that its key is of; None for none."""

    call: Recorded
    run: str | None


class Storage(Protocol):
    """Where journals of all accounts are kept."""

    def open(self) -> Awaitable[None]:
        """Make ready, or tell what is wrong."""

    def close(self) -> Awaitable[None]:
        """Write what is still to be written, and let go of everything, whatever interrupts that."""

    def let_go(self) -> None:
        """Close where the event loop that has opened it was closed: nobody waits for anything any more."""

    def apart(self, work: Callable[[], Result]) -> Awaitable[Result]:
        """Do *work* where it does not hold up the event loop."""

    def enter(
        self, account: str, told: str, within: float
    ) -> Awaitable[tuple[ClientJournal, bytes]]:
        """The journal of a client of *account*, of which *told* tells others, and the salt for prints. The client
        waits *within* seconds for what may come back.
        """

    def run(self, account: str, name: str) -> Awaitable[int]:
        """The number of a run, for ever, also where all of it is forgotten meanwhile."""

    def find_run(self, account: str, name: str) -> Awaitable[int | None]:
        """The number of a run; None where none of this name has ever begun."""

    def runs(self, account: str) -> Awaitable[list[tuple[str, float, Mapping[str, int]]]]:
        """The runs that have items, by name, when each began, and how many items are in each state."""

    def entries(self, account: str, run: int) -> Awaitable[list[Entry]]:
        """The keys of a run, or with 0 those outside of runs, the oldest first."""

    def steps(self, account: str, run: int, key: Key) -> Awaitable[int]:
        """How many calls stand under a key; 0 where there is no such key. Those under keys inside of it may be
        counted as well.
        """

    def forget(self, account: str, run: int, key: Key | None) -> Awaitable[int]:
        """Forget a key, or with None all keys of the run; returns how many keys. One that is held
        is not forgotten.
        """

    def left(self, account: str) -> Awaitable[list[Left]]:
        """The calls of an account that nobody has concluded, the oldest first."""

    def dismiss(self, account: str, number: int) -> Awaitable[None]:
        """Note that somebody says of one of them that it did not run, or that nobody minds. What is known
        of its operation stays. `KeyHeld` where a living client sees to it; `InvalidArgument` where there
        is no such call.
        """

    def adopt(
        self, account: str, number: int, names: Sequence[Name], ids: Mapping[str, int]
    ) -> Awaitable[None]:
        """Note that somebody says of one of them that the operation with these *names* and *ids* is its
        own. As `dismiss`, and `InvalidArgument` where that operation is another call's.
        """

    def export(self) -> Awaitable[list[Mapping[str, Any]]]:
        """All keys and calls of all accounts, as values that `json.dumps` takes."""
