"""What a journal writes down of changing calls, and what it is asked: an interface.

`journals` has one that keeps a SQLite file. Nobody outside of that room knows which one it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from aiogandi.changes.state import OPEN, State
from aiogandi.errors import HubError

Result = TypeVar("Result")

Key: TypeAlias = tuple[str, ...]
"""What `Gandi.once` was given: the outer keys and the inner one."""

Yields: TypeAlias = Literal["id", "vm_id", "disk_id"] | None
Name: TypeAlias = tuple[str, int]
"""A name by which an operation is known: ``("id", 5)``, or that of the server or disk which it creates."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A changing call that is about to leave. Times are seconds of the wall clock, but for the lengths
    *timeout* and *settle*.

    *key* is the number of the key that is held, *step* its place among that key's calls.
    """

    method: str
    arguments: Mapping[str, Any] = field(repr=False)
    prints: Sequence[int] = field(repr=False)
    yields: Yields
    sends: int
    newest: int | None
    since: float
    timeout: float
    settle: float
    key: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A changing call as it stands in the journal.

    *place* is its key's number, *client* that of the client that made it. *patience* is when its operation
    has appeared, if it ever does: None where no reply was lost. *ids* are those that are known of its
    operation, and *ended* is what the service said of its end. *outcome* is what came instead of an operation: a refusal's code and text,
    or a generic call's value.
    """

    number: int
    key: Key | None
    place: int | None
    step: int | None
    client: int
    method: str
    arguments: Mapping[str, Any] = field(repr=False)
    prints: tuple[int, ...] = field(repr=False)
    yields: Yields
    state: State
    sends: int
    newest: int | None
    since: float
    timeout: float
    settle: float
    patience: float | None
    ids: Mapping[str, int]
    outcome: Any
    ended: Mapping[str, Any] | None

    @property
    def is_open(self) -> bool:
        """Whether it may have run, and nobody knows."""
        return self.state in OPEN

    @property
    def is_unclear(self) -> bool:
        """Whether it is not known what it has begun, or what that creates."""
        tells_too_little = self.state is State.ADOPTED and self.yields not in (None, *self.ids)
        return self.is_open or tells_too_little


@dataclass(frozen=True, slots=True)
class Held:
    """A key that this process holds, with what is recorded under it: *steps* in their order, without those
    that never left. *result* is what its block came to, if it has ended well.
    """

    number: int
    is_concluded: bool
    steps: list[Recorded]
    result: Any


@dataclass(frozen=True, slots=True)
class HeldElsewhere:
    """A key that another process, or another task of this one, holds. *holder* tells of it."""

    holder: str


class KeyHeld(Exception):
    """Another process, or another task, holds the key."""


class KeyLost(HubError):
    """The key is not held any more, though its block has not ended."""


@dataclass(frozen=True, slots=True)
class View:
    """Whose some operations are: *claimed* are names of those that belong to calls of any client, *others*
    the calls of other clients whose outcome is not known.

    A client's own claims are among them because it forgets what is older than its calls under way, and may
    take over a call that is older still.
    """

    claimed: frozenset[Name]
    others: list[Recorded]


class Begun(NamedTuple):
    """How many operations of a type were begun, by this client's *own* calls and by those of *others*."""

    own: int = 0
    others: int = 0


class ClientJournal(Protocol):
    """The journal as one client sees it. What a method was asked for is durable when its result is there.

    `JournalError` where the journal cannot be read or written.
    """

    def intend(self, intent: Intent) -> Awaitable[int]:
        """Write down a call that is about to leave; returns its number. A step that is recorded already
        gives way to it.
        """

    def send_again(self, number: int, sends: int, **newest: int | None) -> Awaitable[None]:
        """Note that the call is about to leave once more, for the *sends*-th time, without those that are
        known not to have run. *newest* as in `Intent`, where no earlier send may have run.
        """

    def lose(self, number: int, patience: float) -> Awaitable[None]:
        """Note that its reply is lost, and until when what it began may appear. What somebody has said of it
        meanwhile stays.
        """

    def claim(
        self, number: int, names: Sequence[Name], state: State, ids: Mapping[str, int]
    ) -> Awaitable[bool]:
        """Enter the operation with these *names* as that of call *number*, whose state becomes *state*.
        False where it is another's, or the call has another one: then nothing is entered.
        """

    def claim_for(
        self, number: int, names: Sequence[Name], ids: Mapping[str, int]
    ) -> Awaitable[bool]:
        """The same for a call of another client that has lost its reply. False as well where it is not
        looked for any more.
        """

    def disown(self, number: int, said: int) -> Awaitable[None]:
        """Take back that somebody has *said* which operation is that of call *number*: its state is unknown,
        unless the service has told more of the operation.
        """

    def owner(self, number: int, names: Sequence[Name]) -> Awaitable[str | None]:
        """Whose the operation with these *names* is, in words, if it is not that of call *number*."""

    def settle(self, number: int, state: State, outcome: Any = None) -> Awaitable[bool]:
        """Note what became of a call that began no operation, or of which none is known. False where somebody
        has said meanwhile what became of it: that stays.
        """

    def read(self, number: int) -> Awaitable[Recorded | None]:
        """What is recorded of the call by now."""

    def end(self, number: int, ids: Mapping[str, int], ended: Mapping[str, Any]) -> Awaitable[None]:
        """Note how its operation has ended."""

    def drop(self, numbers: Sequence[int]) -> Awaitable[None]:
        """Forget calls outside of keys: their results are in somebody's hands."""

    def view(self, names: Collection[Name]) -> Awaitable[View]:
        """Whose the operations of these *names* are, or may be."""

    def begun(self, method: str, since: float) -> Awaitable[Begun]:
        """How many operations calls of *method* have begun since then, or may have."""

    def find(self, key: Key, run: int) -> Awaitable[Held | None]:
        """What is recorded under a key that is concluded; None for another one. Nothing is held."""

    def hold(self, key: Key, run: int = 0) -> Awaitable[Held | HeldElsewhere]:
        """Hold a key, unless it is held."""

    def hold_number(self, key: int) -> Awaitable[bool]:
        """Hold the key of this number, unless it is held."""

    def hold_again(self, key: int) -> Awaitable[Held]:
        """What is recorded by now under a key that is held."""

    def let_go(self, key: int) -> None:
        """Hold it no more."""

    def conclude(self, key: int, result: Any, unasked: Sequence[int] = ()) -> Awaitable[bool]:
        """Note that the key's block has ended well. What is left of its calls are its recorded steps, without
        those of the numbers *unasked*, which stand outside of keys from now on, where they have begun
        something. False where it is not written down what one of them has begun: then the key stays open.
        """

    def fail(self, key: int, error: str) -> Awaitable[None]:
        """Note with which error the key's block has ended."""

    def left(self) -> Awaitable[list[Recorded]]:
        """The calls that nobody has concluded, of all clients of the account, the oldest first."""

    def take_over(self, client: int) -> Awaitable[bool]:
        """Hold the calls that another client made outside of keys, unless that client lives."""

    def leave(self) -> Awaitable[None]:
        """The client closes: it lives no more."""
