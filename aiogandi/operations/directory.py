"""How operations are found at the service: by id, by filter page after page, or by the server or disk
that they create. The tracker and the reconciler both use it.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, Protocol, TypeVar

from aiogandi.errors import (
    DataFault,
    GandiError,
    NotFound,
    refuses_call,
    unusable,
)
from aiogandi.models import (
    OperationDetails,
    OperationState,
    entries_from_wire,
    ids_from_wire,
)
from aiogandi.models.reading import as_str
from aiogandi.operations.pages import Look, Plan, Question

CANDIDATES: Final = 3
"""Operations that are looked at where the service does not filter by parameter."""

CREATIONS: Final = {"vm_create": ("vm_info", "vm_id"), "disk_create": ("disk_info", "disk_id")}
"""For each call that creates something: the call that tells of it, and the name of its id."""

Result = TypeVar("Result")


class Ask(Protocol):
    """Sends a reading call: its method, and its arguments by name."""

    async def __call__(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The service's answer, or a `GandiError`."""


class Directory:
    """Finds operations by *ask*."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._refused: set[str] = set()  # parameters that do not work as a filter
        self._works: set[str] = set()  # parameters that were seen to
        self._found: dict[str, int] = {}  # the operation that a parameter has found alone

    # -- one question --------------------------------------------------------------------------

    async def ids(self, filters: Mapping[str, Any] | None = None) -> list[int]:
        """The ids that ``operation_list`` shows, each once, of operations that match *filters*.

        Where the service does not filter by a parameter, that filter is left out: the list shows
        more then, and its operations must be looked at.
        """
        return ids_from_wire(await self._entries(filters))

    async def _entries(self, filters: Mapping[str, Any] | None) -> list[int]:
        """What ``operation_list`` shows, entry by entry."""
        if filters is None:
            return await self._listed({})
        names = filters.get("param", ())
        if self._filters_by(names):
            try:
                return await self._listed({"filter": filters})
            except DataFault as fault:
                if not names or not refuses_call(fault):
                    raise
            self._refused.update(names)
        wider = {name: value for name, value in filters.items() if name != "param"}
        return await self._listed({"filter": wider})

    async def _listed(self, arguments: Mapping[str, Any]) -> list[int]:
        reply = await self._ask("operation_list", arguments)
        entries = entries_from_wire(reply)
        if isinstance(reply, list) and (any(entries) or not any(reply)):
            return entries
        problem = unusable("operation_list", reply, "an array of ids")
        del reply  # it may repeat a secret, and this frame is part of the traceback
        raise problem

    async def details(self, operation_id: int) -> OperationDetails:
        """What the service says of one operation, or its fault."""
        reply = await self._ask("operation_details", {"operation_id": operation_id})
        return replace(OperationDetails.from_wire(reply, id=operation_id), id=operation_id)

    async def details_or_none(self, operation_id: int) -> OperationDetails | None:
        """What the service says of one operation, or None where it refuses to tell, for whatever
        reason.
        """
        try:
            return await self.details(operation_id)
        except DataFault as fault:
            if not refuses_call(fault):
                raise
            return None

    # -- many questions ------------------------------------------------------------------------

    async def carry_out(
        self, plan: Plan[Result], known: MutableMapping[int, OperationDetails] | None = None
    ) -> Result:
        """Ask what *plan* asks, and return what it returns. Operations in *known* are not asked for
        again, and what is learned is kept there. An error that a question meets is raised in *plan*.
        """
        go_on = partial(plan.send, None)
        while True:
            try:
                question = go_on()
            except StopIteration as ended:
                result: Result = ended.value
                return result
            try:
                go_on = partial(plan.send, await self._answer(question, known))
            except GandiError as error:
                go_on = partial(plan.throw, error)

    async def _answer(
        self, question: Question, known: MutableMapping[int, OperationDetails] | None
    ) -> Any:
        if not isinstance(question, Look):
            return await self._entries(question.filters)
        if known is None:
            return await self.details_or_none(question.id)
        if question.id not in known:
            details = await self.details_or_none(question.id)
            if details is None:
                return None
            known[question.id] = details
        return known[question.id]

    # -- by what they create -------------------------------------------------------------------

    async def find_creation(self, kind: str, thing: int) -> int | None:
        """The operation of type *kind* that creates the server or disk *thing*; None where the
        service lists none.
        """
        name = CREATIONS[kind][1]
        ids = await self.ids({"type": kind, "param": {name: thing}})
        if (
            len(ids) <= 1
            and self._filters_by([name])
            and (not ids or self._tells_apart(name, ids[0]))
        ):
            return ids[0] if ids else None
        # The service does not filter by parameter, or that was not seen yet: ours is among its latest of
        # this type, which come first, or have the highest ids.
        for operation_id in dict.fromkeys(
            ids[:CANDIDATES] + sorted(ids, reverse=True)[:CANDIDATES]
        ):
            try:
                details = await self.details(operation_id)
            except NotFound:
                continue  # it is listed before it can be asked for
            if thing in (details.vm_id, details.disk_id):
                return operation_id
        return None

    def _tells_apart(self, name: str, found: int) -> bool:
        """Whether a list of one can be trusted: a service that ignores the parameter shows the same
        one whatever is asked for, or both when there are two.
        """
        if self._found.setdefault(name, found) != found:
            self._works.add(name)
        return name in self._works

    async def state_of_creation(self, kind: str, thing: int) -> OperationState:
        """How far *thing* is, by its own state (assumed): for a service without an operation for it.

        Raises `NotFound` where there is no such thing.
        """
        info, name = CREATIONS[kind]
        reply = await self._ask(info, {name: thing})
        match as_str(reply.get("state")) if isinstance(reply, dict) else None:
            case None | "" | "being_created":
                return OperationState.RUN
            case "invalid" | "deleted":
                return OperationState.ERROR
            case _:
                return OperationState.DONE

    def _filters_by(self, names: Sequence[str] | Mapping[str, Any]) -> bool:
        return self._refused.isdisjoint(names)
