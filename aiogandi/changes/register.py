"""What changing calls have begun and no caller has been told of, kept until somebody takes it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from aiogandi.changes.change import Change
from aiogandi.changes.journal import Key, Recorded
from aiogandi.changes.pending import Pending
from aiogandi.changes.state import State
from aiogandi.errors import InvalidArgument
from aiogandi.operations.operation import Operation
from aiogandi.redaction import BLANK, Secret

if TYPE_CHECKING:
    # At run time this would load the settings, and aiohttp with them.
    from aiogandi.changes.recorder import Recorder
    from aiogandi.changes.statements import Statements


class MakeOperation(Protocol):
    """Makes the operation that a caller holds."""

    def __call__(self, method: str, ids: Mapping[str, int | None]) -> Operation:
        """That of a call of *method*, with the ``id``, ``vm_id``, ``disk_id`` and ``product_id`` in
        *ids*, as far as they are known.
        """


class Place(Protocol):
    """Where a call stands under a key."""

    words: Key
    key: int
    """The key's number."""


class Entry:
    """One changing call in the register. It is pending from when it leaves until it is concluded."""

    __slots__ = (
        "_caller",
        "_caller_name",
        "_named",
        "_operation",
        "_register",
        "_since",
        "_surplus",
        "call",
        "key",
        "place",
    )

    def __init__(
        self,
        call: Change,
        register: Register,
        key: Key | None,
        place: int | None,
        since: datetime | None = None,
    ) -> None:
        task = asyncio.current_task() if since is None else None
        self.call = call
        self.key = key
        self.place = place  # the key's number: two runs may have the same key
        self._caller = None if task is None else ref(task)  # a task would keep its context alive
        self._caller_name: str | None = None
        self._since = since
        self._surplus: list[int] = []
        self._named: int | None = None  # the operation that somebody said is its own
        self._operation: Operation | None = None
        self._register = register

    def __deepcopy__(self, memo: dict[int, Any]) -> Entry:
        return self  # copies of a `Pending` are about one call

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return _nothing, ()  # another process has no such call

    def note_caller(self) -> None:
        """Note the name of the task that made the call, as long as that is there. Not at once, because a
        task whose first step runs while it is created is named only afterwards.
        """
        if self._caller is not None and (task := self._caller()) is not None:
            self._caller_name = task.get_name()

    def leaves(self) -> None:
        """Note that it is sent."""
        if self._since is None:
            self._since = self._register.now()

    def found_surplus(self, number: int) -> None:
        """Note an operation that it began beyond its own: it is pending again."""
        self._surplus.append(number)
        self._register.add(self)

    @property
    def is_pending(self) -> bool:
        """Whether it has begun something, or may have."""
        return bool(self._surplus) or self.call.state not in (State.PREPARED, State.ABSENT)

    def show(self) -> Pending:
        """It, as a value."""
        self.note_caller()
        call = self.call
        return Pending(
            call.method,
            _without_secrets(call.kept),
            str(call.state if self._named is None else State.ADOPTED),
            call.known_id("vm_id"),
            call.known_id("disk_id"),
            self._operation_id,
            tuple(self._surplus),
            None if self.key is None else " / ".join(self.key),
            self._caller_name,
            self._since or self._register.now(),
            self,
        )

    @property
    def _operation_id(self) -> int | None:
        return self.call.known_id("id") if self._named is None else self._named

    def operation(self) -> Operation | None:
        """Its operation, one and the same each time; None where that is not known."""
        call = self.call
        ids = {**call.known_ids(), "id": self._operation_id}
        if self._operation is None and (ids["id"] is not None or call.owner_known):
            self._operation = self._register.make_operation(call.method, ids)
        return self._operation

    def take_up(self) -> Operation:
        """See `Pending.operation`."""
        operation = self.operation()
        if operation is None:
            raise InvalidArgument(
                f"{self.call.method}: its operation is not known (the call is {self.call.state});"
                " adopt(operation_id) says which it is, dismiss() that there is none"
            )
        self.conclude()
        return operation

    def conclude(self) -> None:
        """Note that what it began is in somebody's hands."""
        self._register.conclude(self)

    def dismiss(self) -> None:
        """See `Pending.dismiss`."""
        statements = self._statements()
        self._register.conclude(self)
        if self.key is not None and statements is not None and not self._is_found:
            statements.dismiss(self.call, self._operation_id)

    def _statements(self) -> Statements | None:
        """Where it is written down what somebody says; `ClientClosed` where that has ended."""
        if self._register.recorder is None:
            return None
        statements = self._register.recorder.statements
        statements.require_open(self.call)
        return statements

    @property
    def _is_found(self) -> bool:
        """Whether its operation is known, and not only because somebody has said so."""
        call = self.call
        return call.owner_known and call.known_id(call.yields or "id") is not None

    def adopt(self, operation_id: int) -> None:
        """See `Pending.adopt`."""
        statements, said = self._statements(), self._operation_id
        self._named = operation_id
        self._operation = None
        if statements is not None:
            statements.name(self.call, operation_id, said)


class Register:
    """Knows the changing calls that are under way or not concluded, the oldest first."""

    def __init__(self, make_operation: MakeOperation, wall_clock: Callable[[], float]) -> None:
        self.make_operation = make_operation
        self.recorder: Recorder | None = None
        self._wall_clock = wall_clock
        self._entries: dict[Entry, None] = {}

    def now(self) -> datetime:
        """This machine's date and time."""
        return datetime.fromtimestamp(self._wall_clock(), UTC)

    def enter(self, call: Change, place: Place | None = None) -> Entry:
        """Note a call that the current task makes; *place* is its under a key of `Gandi.once`."""
        key, number = (None, None) if place is None else (place.words, place.key)
        entry = Entry(call, self, key, number)
        self.add(entry)
        return entry

    def recall(self, call: Change, recorded: Recorded) -> Entry:
        """Note a call that another process has made."""
        since = datetime.fromtimestamp(recorded.since, UTC)
        entry = Entry(call, self, recorded.key, recorded.place, since)
        self.add(entry)
        return entry

    def of(self, record: int) -> Entry | None:
        """The call of this number in the journal."""
        return next((entry for entry in self._entries if entry.call.record == record), None)

    def forget(self, place: int) -> None:
        """Forget what an earlier block of the key of this number has begun: the next one finds it in the
        journal.
        """
        for entry in [entry for entry in self._entries if entry.place == place]:
            del self._entries[entry]

    def add(self, entry: Entry) -> None:
        """Note that it is not concluded."""
        self._entries[entry] = None

    def conclude(self, entry: Entry) -> None:
        """Note that what it began is in somebody's hands."""
        self._entries.pop(entry, None)
        if self.recorder is not None and entry.key is None:
            self.recorder.conclude(entry.call)

    def pending(self) -> list[Pending]:
        """Those that have begun something, or may have."""
        shown = [entry.show() for entry in self._entries if entry.is_pending]
        return sorted(shown, key=lambda pending: pending.since)  # a surplus is entered late

    def unanswered(self) -> list[Change]:
        """The calls that have left, and of which nobody knows yet what became."""
        calls = (entry.call for entry in self._entries)
        return [call for call in calls if call.state in (State.SENT, State.LOST)]

    def make_operations(self) -> None:
        """Make the operations of those that have begun one, for who waits until all have ended."""
        for entry in self._entries:
            if entry.is_pending:
                entry.operation()


def _nothing() -> None:
    """What is left of an entry in a pickle."""


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Secret):
        return BLANK
    if isinstance(value, Mapping):
        return {name: _without_secrets(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(item) for item in value]
    return value
