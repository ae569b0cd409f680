"""How operations are found at the service: by id, or by filter page after page. The tracker and the
reconciler both use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from aiogandi.errors import DataFault, GandiError, unusable
from aiogandi.faults import refuses_call
from aiogandi.models import (
    OperationDetails,
    entries_from_wire,
    ids_from_wire,
)
from aiogandi.operations.pages import Look, Plan, Question

Result = TypeVar("Result")


class Ask(Protocol):
    """Sends a reading call: its method, and its arguments by name."""

    async def __call__(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """The service's answer, or a `GandiError`."""


class Directory:
    """Finds operations by *ask*, which is there for other questions as well."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self._refused: set[str] = set()  # parameters that do not work as a filter

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
        wider = {name: value for name, value in filters.items() if name != "param"}
        if not self.filters_by(names):
            return await self._listed({"filter": wider})
        try:
            return await self._listed({"filter": filters})
        except DataFault as fault:
            if not names or not refuses_call(fault):
                raise
        entries = await self._listed({"filter": wider})
        self._refused.update(names)  # and not the list itself
        return entries

    async def _listed(self, arguments: Mapping[str, Any]) -> list[int]:
        reply = await self.ask("operation_list", arguments)
        entries = entries_from_wire(reply)
        if isinstance(reply, list) and (any(entries) or not any(reply)):
            return entries
        problem = unusable("operation_list", reply, "an array of ids")
        del reply  # it may repeat a secret, and this frame is part of the traceback
        raise problem

    def filters_by(self, names: Iterable[str]) -> bool:
        """Whether the service may filter by the parameters of these *names*: it has refused none."""
        return self._refused.isdisjoint(names)

    async def details(self, operation_id: int) -> OperationDetails:
        """What the service says of one operation, or its fault."""
        reply = await self.ask("operation_details", {"operation_id": operation_id})
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
