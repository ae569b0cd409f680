"""All operations ever made, and a search by everything that `operation_list` can filter by.

A filtered list must stay quick with 100,000 operations. So the log keeps an index for each filter,
takes the index that leaves the fewest candidates, and compares only those with the whole filter.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from aiogandi.models import LISTED

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from aiogandi.sandbox.books.operation import OperationRecord

FIRST_ID: Final = 1_000_001
"""The id of the first operation; each further one has the next number (*assumed*)."""

INDEXED: Final = ("vm_id", "disk_id", "hostname")
"""The params with an index: those that operations are searched by."""


@dataclass(frozen=True, slots=True)
class Criteria:
    """What an operation must be to be listed; None means that any will do.

    *created* and *updated* are spans of service seconds: the first moment belongs to the span, the
    last one does not. *params* must be among the operation's params.
    """

    type: str | None = None
    state: str | None = None
    created: tuple[float, float] = (-math.inf, math.inf)
    updated: tuple[float, float] = (-math.inf, math.inf)
    params: Mapping[str, Any] = field(default_factory=dict)

    def match(self, operation: OperationRecord) -> bool:
        """Return whether *operation* is as these criteria want it."""
        return (
            self.type in (None, operation.type)
            and self.state in (None, operation.state)
            and self.created[0] <= operation.created < self.created[1]
            and self.updated[0] <= operation.updated < self.updated[1]
            and all(
                name in operation.params and operation.params[name] == value
                for name, value in self.params.items()
            )
        )


class OperationLog:
    """Operations by id, and indices of their ids by type and state, by param, and by time of change.

    Ids count up from `FIRST_ID` in the order of creation, so an index that is sorted by id is also
    sorted by time of creation. Only a change of state moves an operation within the indices.
    """

    def __init__(self) -> None:
        self._all: list[OperationRecord] = []
        self._by_kind: defaultdict[tuple[str | None, str | None], list[int]] = defaultdict(list)
        self._by_param: defaultdict[tuple[str, Hashable], list[int]] = defaultdict(list)
        # Every change of every operation in the order of time: its moment, and the operation's id.
        self._change_times: list[float] = []
        self._changed: list[int] = []

    def __iter__(self) -> Iterator[OperationRecord]:
        return iter(self._all)

    def next_id(self) -> int:
        """Return the id of the operation that is added next."""
        return FIRST_ID + len(self._all)

    def get(self, operation_id: int) -> OperationRecord | None:
        """Return the operation with this id, or None."""
        position = operation_id - FIRST_ID
        return self._all[position] if 0 <= position < len(self._all) else None

    def add(self, operation: OperationRecord) -> None:
        """Add an operation that has just been created and has `next_id` as its id."""
        self._all.append(operation)
        self._by_kind[operation.type, None].append(operation.id)
        self._file(operation)
        for name in INDEXED:
            if name in operation.params:
                self._by_param[name, operation.params[name]].append(operation.id)

    def move(self, operation: OperationRecord, state: str, at: float) -> None:
        """Change the operation's state, at the moment *at*."""
        for kind in ((None, operation.state), (operation.type, operation.state)):
            ids = self._by_kind[kind]
            del ids[bisect_left(ids, operation.id)]
        operation.state = state
        operation.updated = at
        self._file(operation)

    def _file(self, operation: OperationRecord) -> None:
        for kind in ((None, operation.state), (operation.type, operation.state)):
            insort(self._by_kind[kind], operation.id)
        self._change_times.append(operation.updated)
        self._changed.append(operation.id)

    def find(self, wanted: Criteria) -> list[int]:
        """Return the ids of the last 300 operations that match (documented), newest first (*assumed*)."""
        matches = (
            operation_id
            for operation_id in reversed(self._candidates(wanted))
            if wanted.match(self._all[operation_id - FIRST_ID])
        )
        return list(islice(matches, LISTED))

    def _candidates(self, wanted: Criteria) -> Sequence[int]:
        """Return the shortest part of an index that holds every match, sorted by id."""
        indices: list[Sequence[int]] = [range(FIRST_ID, FIRST_ID + len(self._all))]
        if wanted.type is not None or wanted.state is not None:
            indices.append(self._by_kind.get((wanted.type, wanted.state), ()))
        indices.extend(
            self._by_param.get((name, wanted.params[name]), ())
            for name in INDEXED
            if name in wanted.params
        )
        # An operation that was last changed before a moment was also created before it.
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
