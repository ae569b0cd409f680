"""The operations that create servers and disks: how they are found, when the service has told the id of
the new thing alone. The tracker and the reconciler both ask.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice
from typing import Final

from aiogandi.errors import Fault, GandiError, TransportError
from aiogandi.faults import refuses_call
from aiogandi.models import OperationDetails, OperationState
from aiogandi.models.reading import as_str
from aiogandi.operations.directory import Directory
from aiogandi.operations.overtaking import is_silence

CREATIONS: Final = {"vm_create": ("vm_info", "vm_id"), "disk_create": ("disk_info", "disk_id")}
"""For each call that creates something: the call that tells of it, and the name of its id."""

_STATES: Final = {
    "being_created": OperationState.RUN,
    **dict.fromkeys(("running", "halted", "paused", "locked"), OperationState.DONE),
    **dict.fromkeys(("created", "attached"), OperationState.DONE),
    **dict.fromkeys(("invalid", "deleted"), OperationState.ERROR),
}
"""How far the creation of a server or disk is, by its own state."""

CANDIDATES: Final = 3
"""Operations that are looked at where the service does not filter by parameter: so many of those that come
first in the list, and so many of those with the highest ids."""

NOBODYS: Final = 2**31 - 1
"""An id that no server or disk is assumed to have."""

REMEMBERED: Final = 10_000
"""Creations of which is remembered, at most, what they create."""


class Creations:
    """Finds what creates a server or disk, by asking *directory*."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._works: set[str] = set()  # parameters that were seen to work as a filter
        self._alone: dict[str, int] = {}  # the operation that a parameter has found alone
        self._search = asyncio.Lock()
        self._of: dict[tuple[str, int], int] = {}  # the operation that creates a thing, by its kind
        self._things: dict[int, tuple[str, int]] = {}  # and the other way round

    async def find(self, kind: str, thing: int) -> int | None:
        """The operation of type *kind* that creates the server or disk *thing*; None where the
        service lists none.
        """
        name = CREATIONS[kind][1]
        if (found := self._of.get((kind, thing))) is not None:
            return found
        ids = await self._directory.ids({"type": kind, "param": {name: thing}})
        if (
            len(ids) <= 1
            and self._directory.filters_by([name])
            and (not ids or self._tells_apart(name, ids[0]))
        ):
            return ids[0] if ids else None
        # One search at a time: what it learns on its way saves the next one most of its looks, or all.
        async with self._search:
            return await self._search_among(ids, kind, name, thing)

    async def _search_among(
        self, ids: Sequence[int], kind: str, name: str, thing: int
    ) -> int | None:
        """The service does not filter by parameter, or that was not seen yet: ours is among its latest of
        this type, which come first, or have the highest ids. (The lists of some are in no order.)
        """
        if (found := self._of.get((kind, thing))) is not None:
            return found
        trouble: GandiError | None = None
        for operation_id in self._candidates(ids):
            try:
                details = await self._directory.details(operation_id)
            except (TransportError, Fault) as error:
                if refuses_call(error):
                    continue  # perhaps it is another client's, or listed before it can be asked for
                trouble = error
                if is_silence(error):
                    break
                continue
            self._learn(kind, name, details)
            if self._of.get((kind, thing)) == operation_id:
                return operation_id
        is_untold = len(ids) == 1 and ids[0] not in self._things
        if is_untold and await self._filters_truly(kind, name):
            return ids[0]
        if trouble is not None:
            raise trouble
        return None

    async def _filters_truly(self, kind: str, name: str) -> bool:
        """Whether the service filters by this parameter, where looks do not tell: it shows nothing for a
        server or disk that is nobody's. (Another list proves nothing: a further operation may have begun.)
        """
        if not self._directory.filters_by([name]):
            return False
        others = await self._directory.ids({"type": kind, "param": {name: NOBODYS}})
        if not others and self._directory.filters_by([name]):
            self._works.add(name)
        return name in self._works

    def _tells_apart(self, name: str, found: int) -> bool:
        """Whether a list of one can be trusted: a service that ignores the parameter shows the same
        one whatever is asked for, or both when there are two.
        """
        if self._alone.setdefault(name, found) != found:
            self._works.add(name)
        return name in self._works

    def _candidates(self, ids: Sequence[int]) -> list[int]:
        """Which of *ids* to look at. Those whose creation is known are another's."""
        first = islice((id_ for id_ in ids if id_ not in self._things), CANDIDATES)
        highest = islice(
            (id_ for id_ in sorted(ids, reverse=True) if id_ not in self._things), CANDIDATES
        )
        return list(dict.fromkeys([*first, *highest]))

    def _learn(self, kind: str, name: str, details: OperationDetails) -> None:
        """Remember what an operation creates. A server's creation may tell of a disk as well."""
        thing = details.vm_id if name == "vm_id" else details.disk_id
        if thing is None or details.type not in (kind, None):
            return
        while len(self._of) >= REMEMBERED:
            oldest = next(iter(self._of))
            self._things.pop(self._of.pop(oldest), None)
        self._of[kind, thing] = details.id
        self._things[details.id] = kind, thing

    async def state(self, kind: str, thing: int) -> OperationState:
        """How far *thing* is, by its own state (assumed): for a service without an operation for it.

        Raises `NotFound` where there is no such thing, and `TransportError` where it is in a state that is
        not documented: what that means is not guessed.
        """
        info, name = CREATIONS[kind]
        reply = await self._directory.ask(info, {name: thing})
        told = as_str(reply.get("state")) if isinstance(reply, dict) else None
        del reply  # it may repeat a secret, and this frame is part of the traceback
        state = _STATES.get(told or "")
        if state is None:
            raise TransportError(
                f"{info}: the answer tells no state that is known", 200, method=info
            )
        return state
