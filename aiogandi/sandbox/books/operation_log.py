"""All operations ever made, found by what `operation_list` filters on.

100,000 operations must not make a filtered list slow: the log keeps an index for each filter, takes
the one that leaves the fewest candidates, and looks only at those.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aiogandi.sandbox.books.operations import Operation

LISTED: Final = 300
"""How many ids `operation_list` returns at most (documented)."""

FIRST_ID: Final = 1_000_001

INDEXED: Final = ("vm_id", "disk_id", "product_id", "hostname")
"""The params that tell one operation from most others."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an operation must be. Times are service seconds, from the first to before the last."""

    type: str | None = None
    state: str | None = None
    created: tuple[float, float] = (-math.inf, math.inf)
    updated: tuple[float, float] = (-math.inf, math.inf)
    params: Mapping[str, Any] = field(default_factory=dict)

    def match(self, operation: Operation) -> bool:
        """Whether *operation* is what is wanted."""
        return (
            self.type in (None, operation.type)
            and self.state in (None, operation.state)
            and self.created[0] <= operation.created < self.created[1]
            and self.updated[0] <= operation.updated < self.updated[1]
            and all(
                name in operation.params and alike(value, operation.params[name])
                for name, value in self.params.items()
            )
        )


def alike(one: object, other: object) -> bool:
    """Equal, where a number equals its digits: PHP sends ``"12"`` for 12."""
    return one == other or _digits(one) == other or one == _digits(other)


def _digits(value: object) -> object:
    return str(value) if type(value) is int else value


class OperationLog:
    """Operations by id, and the ids by state, type, param and time of the last change.

    Ids count up from `FIRST_ID` and follow the time of creation, so each index of ids is sorted by
    both; only an operation that changes its state is moved.
    """

    def __init__(self) -> None:
        self._all: list[Operation] = []
        self._by_kind: defaultdict[tuple[str | None, str | None], list[int]] = defaultdict(list)
        self._by_param: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        # Every change of every operation, in the order of time: two columns.
        self._change_times: list[float] = []
        self._changed: list[int] = []

    def __iter__(self) -> Iterator[Operation]:
        return iter(self._all)

    def next_id(self) -> int:
        """The id of the operation that is added next."""
        return FIRST_ID + len(self._all)

    def get(self, operation_id: int) -> Operation | None:
        """The operation with this id, or None."""
        position = operation_id - FIRST_ID
        return self._all[position] if 0 <= position < len(self._all) else None

    def add(self, operation: Operation) -> None:
        """Take in an operation that has just been created, with the next id."""
        self._all.append(operation)
        self._by_kind[operation.type, None].append(operation.id)
        self._file(operation)
        for name in INDEXED:
            if name in operation.params:
                self._by_param[name, str(operation.params[name])].append(operation.id)

    def move(self, operation: Operation, state: str, at: float) -> None:
        """Change the operation's state, at this moment."""
        for kind in ((None, operation.state), (operation.type, operation.state)):
            ids = self._by_kind[kind]
            del ids[bisect_left(ids, operation.id)]
        operation.state = state
        operation.updated = at
        self._file(operation)

    def _file(self, operation: Operation) -> None:
        for kind in ((None, operation.state), (operation.type, operation.state)):
            insort(self._by_kind[kind], operation.id)
        self._change_times.append(operation.updated)
        self._changed.append(operation.id)

    def find(self, wanted: Criteria) -> list[int]:
        """The ids of the last 300 operations that match, newest first (order *assumed*)."""
        matches = (
            operation_id
            for operation_id in reversed(self._candidates(wanted))
            if wanted.match(self._all[operation_id - FIRST_ID])
        )
        return list(islice(matches, LISTED))

    def _candidates(self, wanted: Criteria) -> Sequence[int]:
        """The shortest sorted index that holds every match."""
        indices: list[Sequence[int]] = [range(FIRST_ID, FIRST_ID + len(self._all))]
        if wanted.type is not None or wanted.state is not None:
            indices.append(self._by_kind.get((wanted.type, wanted.state), ()))
        indices.extend(
            self._by_param.get((name, str(wanted.params[name])), ())
            for name in INDEXED
            if name in wanted.params
        )
        # An operation is created before it changes: what is wanted updated before, is created before.
        since, until = wanted.created[0], min(wanted.created[1], wanted.updated[1])
        first = FIRST_ID + bisect_left(self._all, since, key=lambda each: each.created)
        end = FIRST_ID + bisect_left(self._all, until, key=lambda each: each.created)
        spans = ((ids, bisect_left(ids, first), bisect_left(ids, end)) for ids in indices)
        ids, start, stop = min(spans, key=lambda span: span[2] - span[1])
        changes = bisect_left(self._change_times, wanted.updated[0])
        changes_end = bisect_right(self._change_times, wanted.updated[1])
        if changes_end - changes < stop - start:
            return sorted(set(self._changed[changes:changes_end]))
        return ids[start:stop]
