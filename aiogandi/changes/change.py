"""A call that changes something, and what is known of its outcome.

A change is a small state machine, and this module is its only owner: others call its transitions
and read its fields::

    prepared ─ send → sent ─ answer ─────→ answered
                      sent ─ did_not_run → absent
                      sent ─ lose ───────→ lost
                      lost ─ adopt ──────→ adopted
                      lost ─ find_absent → absent
                      lost ─ give_up ────→ unknown
                   adopted ─ disown ─────→ unknown
                    absent ─ send ───────→ sent
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiogandi.changes import written
from aiogandi.changes.discretion import kept
from aiogandi.changes.journal import Recorded
from aiogandi.changes.recognition import (
    IDS,
    Likeness,
    compare,
    filter_for,
    folded,
    passwords_of,
    tells_apart,
)
from aiogandi.changes.state import OPEN, State
from aiogandi.models import OperationDetails


@dataclass(slots=True, eq=False)
class Change:
    """One changing call of one caller. Times are seconds of the caller's clock.

    *yields* names the id that the reply holds: ``"id"`` for the operation's own, ``"vm_id"`` or
    ``"disk_id"`` for that of the new server or disk; None for a reply without one.
    """

    method: str
    arguments: Mapping[str, Any] = field(repr=False)
    yields: Literal["id", "vm_id", "disk_id"] | None = None
    state: State = field(default=State.PREPARED, init=False)
    sends: int = field(default=0, init=False)
    """How often it was sent, without the sends that the service refused or never got. One that was
    found absent is among them, since it may still run late."""
    first_sent: float | None = field(default=None, init=False)
    """When it left for the first time, without sends that are known not to have run; None before."""
    last_sent: float = field(default=0.0, init=False)
    """When it left for the last time so far."""
    newest: int | None = field(default=None, init=False)
    """The highest operation id known before the call was sent; the call's own operation has a higher
    one. None where no id was known."""
    since: float = field(default=0.0, init=False)
    """When `newest` was learned."""
    patience_ends: float = field(default=math.inf, init=False)
    """Until when, by the loop's clock, the operation of its last send may still appear; infinite before
    its reply is lost."""
    number: int | None = field(default=None, init=False)
    """The id in its reply, or the one that its lost reply has held."""
    adopted: OperationDetails | None = field(default=None, init=False)
    """The operation that turned out to be this call's after its reply was lost."""
    doubts: set[int] = field(default_factory=set, init=False)
    """Operations that another call was given although they may have been this one's."""
    candidates: frozenset[int] = field(default=frozenset(), init=False)
    """One of these operations may be its own, where its outcome stays unknown."""
    record: int | None = field(default=None, init=False)
    """Its number in the journal; None where it is not written down."""
    prints: tuple[int, ...] = field(default=(), init=False, repr=False)
    """What the journal keeps of its passwords."""
    is_recalled: bool = field(default=False, init=False)
    """Whether it was read from the journal, so that its passwords are not known."""
    ended: OperationDetails | None = field(default=None, init=False)
    """How its operation has ended, where the journal tells."""
    is_ours: bool = field(default=True, init=False)
    """Whether this client sees to it; False for a call of another client, which the journal tells of."""
    _key: tuple[str, str] | None = field(default=None, init=False, repr=False)
    _kept: dict[str, Any] | None = field(default=None, init=False, repr=False)

    @property
    def kept(self) -> dict[str, Any]:
        """Its arguments as the journal keeps them, and as they may be shown."""
        if self._kept is None:
            self._kept = kept(self.method, self.arguments)
        return self._kept

    # -- transitions ---------------------------------------------------------------------------

    def prepare(self, newest: int | None, since: float) -> None:
        """Record that *newest* was the newest operation at *since*: the call's own has a higher id."""
        self.newest = newest
        self.since = since

    def send(self, now: float) -> None:
        """Record that it is sent at *now*."""
        self._to(State.SENT, State.PREPARED, State.ABSENT)
        if self.sends == 0:
            self.first_sent = now
        self.sends += 1
        self.last_sent = now
        self.patience_ends = math.inf

    def did_not_run(self) -> None:
        """Record that the last send did not run: nothing connected, or the service refused it."""
        self._to(State.ABSENT, State.SENT)
        self.sends -= 1

    def answer(self, number: int | None) -> None:
        """Record that its reply came, with the id that it `yields`."""
        self._to(State.ANSWERED, State.SENT)
        self.number = number

    def lose(self, patience_ends: float) -> None:
        """Record that no usable reply will come. What the service began may appear until
        *patience_ends*.
        """
        self._to(State.LOST, State.SENT)
        self.patience_ends = patience_ends

    def reopen(self, patience_ends: float) -> None:
        """Record that it is looked for once more, after the process that made it has ended."""
        self._to(State.LOST, State.SENT, State.LOST, State.UNKNOWN)
        self.patience_ends = patience_ends

    def adopt(self, details: OperationDetails) -> None:
        """Record that this operation is its own."""
        self._to(State.ADOPTED, State.LOST)
        self.adopted = details
        self.number = self.id_in(details)

    def find_absent(self) -> None:
        """Record that it was looked for, and did not run."""
        self._to(State.ABSENT, State.LOST)

    def give_up(self, candidates: Iterable[int] = ()) -> None:
        """Record that nothing can establish whether it ran, or which of *candidates* it began."""
        self._to(State.UNKNOWN, State.LOST)
        self.candidates = frozenset(candidates)

    def _to(self, state: State, *origins: State) -> None:
        if self.state not in origins:
            raise AssertionError(f"{self.method}: {self.state} does not lead to {state}")
        self.state = state

    @classmethod
    def recalled(cls, recorded: Recorded, *, now: float, wall: float, clock: float) -> Change:
        """The call as the journal tells of it. It is *now* of the clock of the calls, *wall* of the wall
        clock and *clock* of the loop's.
        """
        call = cls(recorded.method, recorded.arguments, recorded.yields)
        call.record = recorded.number
        call.prints = recorded.prints
        call.is_recalled = True
        call.is_ours = False
        call.sends = recorded.sends
        call.newest = recorded.newest
        call.since = call.first_sent = call.last_sent = now - max(wall - recorded.since, 0.0)
        if recorded.patience is not None:
            call.patience_ends = clock + recorded.patience - wall
        call.take_over(recorded)
        return call

    def know(self, details: OperationDetails) -> None:
        """Take over what the service tells of the operation that is known to be its own."""
        self.adopted = details
        self.number = self.id_in(details)

    def disown(self) -> None:
        """Record that the operation of which somebody has said that it is its own is not."""
        self._to(State.UNKNOWN, State.ADOPTED)
        self.adopted = self.number = None

    def take_over(self, recorded: Recorded) -> None:
        """Take over what the journal tells of what the call began."""
        self.record = recorded.number
        self.state = recorded.state
        ids = recorded.ids
        if self.yields is not None:
            self.number = ids.get(self.yields)
        if "id" in ids:
            self.adopted = OperationDetails.from_wire({"type": self.method, **ids}, id=ids["id"])
        if recorded.ended is not None:
            number = recorded.ended.get("id", ids.get("id", 0))
            self.ended = OperationDetails.from_wire(recorded.ended, id=number)

    # -- what follows from them ----------------------------------------------------------------

    def known_id(self, name: str) -> int | None:
        """The ``"id"`` of its operation, or the ``"vm_id"``, ``"disk_id"`` or ``"product_id"`` of what
        that works on; None where it is not known.
        """
        if name == self.yields and self.number is not None:
            return self.number
        if self.adopted is not None:
            found: int | None = getattr(self.adopted, name)
            return found
        given = self.arguments.get(name)
        return given if isinstance(given, int) else None

    def known_ids(self) -> dict[str, int | None]:
        """All of them by name."""
        return {name: self.known_id(name) for name in IDS}

    @property
    def is_open(self) -> bool:
        """Whether it has left and may own an operation that is not known to be its own."""
        return self.state in OPEN

    @property
    def owner_known(self) -> bool:
        """Whether the call's operation is known. Such a call cannot own any further operation."""
        return self.yields is not None and self.state in (State.ANSWERED, State.ADOPTED)

    @property
    def may_have_left_more(self) -> bool:
        """Whether a send beside the one whose fate is known may have run, or may yet run late."""
        if self.state is State.ABSENT:
            return self.sends > 0
        return self.sends > 1 and (self.owner_known or self.state is State.UNKNOWN)

    def id_in(self, details: OperationDetails) -> int | None:
        """The id that the call's reply names, where this operation is its own; None if the service
        does not tell it.
        """
        match self.yields:
            case "id":
                return details.id
            case "vm_id":
                return details.vm_id
            case "disk_id":
                return details.disk_id
            case None:
                return None

    @property
    def key(self) -> tuple[str, str]:
        """What the service can know of the call: two calls of the same key cannot be told apart."""
        if self._key is None:
            self._key = self.method, written.write(self.arguments)
        return self._key

    def has_passwords_of(self, other: Change) -> bool:
        """Whether the two were made with the same passwords, as far as the journal can tell."""
        if self.is_recalled or other.is_recalled:
            return self.prints == other.prints
        return self.passwords == other.passwords

    def is_alike_folded(self, other: Change) -> bool:
        """Whether a service that folds names could not tell the two apart."""
        return (
            self.method == other.method
            and self.has_passwords_of(other)
            and folded(self.arguments) == folded(other.arguments)
        )

    def is_twin_of(self, other: Change) -> bool:
        """Whether the two are interchangeable: what one has begun serves the other as well."""
        return self.key == other.key and self.has_passwords_of(other)

    def fits_rather_than(self, other: Change, details: OperationDetails) -> bool:
        """Whether the operation tells what this one asked for, and the other asked for more or less."""
        return tells_apart(details, self.arguments, other.arguments)

    @property
    def passwords(self) -> tuple[str, ...]:
        """The passwords among its arguments, which the service does not repeat."""
        return passwords_of(self.arguments)

    @property
    def filter(self) -> dict[str, Any]:
        """The ``operation_list`` filter that fits the call best."""
        return filter_for(self.method, self.arguments)

    def likeness(self, details: OperationDetails, longest: Mapping[str, int]) -> Likeness:
        """How much *details* look like this call; *longest* as in `compare`."""
        return compare(self.method, self.arguments, details, longest)
