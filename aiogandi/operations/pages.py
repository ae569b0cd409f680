"""Questions about operations, and plans that ask them one after the other: how a list is read page after
page. A plan knows no service; whoever carries it out does.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol, TypeVar

from aiogandi.errors import ServerFault, TransportError
from aiogandi.models import LISTED, OperationDetails, ids_from_wire

SECOND: Final = timedelta(seconds=1)

Result = TypeVar("Result")


class List(Protocol):
    """A question to ``operation_list``."""

    @property
    def filters(self) -> Mapping[str, Any]:
        """The filter struct that is sent."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """A question to ``operation_list`` with this filter."""

    filters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """A question to ``operation_details`` for one operation."""

    id: int


Question = List | Look
Plan = Generator[Question, Any, Result]
"""Yields questions and is sent their answers: the entries of a list (0 for what is no id), and the
details of the operation that is looked at, or None where the service does not tell.
"""


@dataclass(frozen=True, slots=True)
class Pages:
    """What a list shows, read page after page.

    *ids* in the order in which they came, each once, *first* those of the first page. *complete* says whether
    the list was read to its end, or down to the id that was asked for.
    """

    ids: list[int]
    first: frozenset[int]
    complete: bool


def _always(pages: int, lowest: int) -> bool:
    del pages, lowest
    return True


def read_down(
    page: Callable[[datetime | None], List],
    bound: Callable[[], int],
    worth: Callable[[int, int], bool] = _always,
    *,
    full: int = LISTED,
) -> Plan[Pages]:
    """Read a list down to the operation that *bound* returns; ids grow with time (assumed).

    One list holds the newest *full* ids, so it goes on below the date of its lowest one: *page*
    makes the question for what was created before a date. *worth* is asked before each further page
    whether it is worth two requests, given the number of pages read and the lowest id so far.

    Dates have whole seconds. A list may end in the middle of one, so the next page begins with all of
    that second. Where it shows nothing new and is as long as the longest list so far, it may be cut there
    as well, and it takes one more list to read on below that second; or two, where the service counts
    the date's own second as before the date.

    With *full* at 1 no list counts as whole because it is short: a service may cut its lists earlier
    than it says. Its end is where a further page shows nothing more.
    """
    entries: Sequence[int] = yield page(None)
    shown = ids_from_wire(entries)
    ids = list(shown)
    first = frozenset(shown)
    number, longest, whole = 1, len(entries), True
    while True:
        if len(entries) < full or not shown or min(shown) <= bound():
            return Pages(ids, first, complete=whole)
        lowest = min(ids)
        if not worth(number, lowest):
            return Pages(ids, first, complete=False)
        details: OperationDetails | None = yield Look(lowest)
        if details is None or details.date_created is None:
            return Pages(ids, first, complete=whole and len(entries) < LISTED)
        entries = yield page(details.date_created + SECOND)
        shown = ids_from_wire(entries)
        number += 1
        whole = whole and lowest in shown
        if min(shown, default=lowest) >= lowest and len(entries) >= longest:
            entries = yield page(details.date_created)
            shown = ids_from_wire(entries)
            if shown and min(shown) >= lowest:
                entries = yield page(details.date_created - SECOND)
                shown = ids_from_wire(entries)
            whole = whole and not shown and longest < LISTED
        longest = max(longest, len(entries))
        further = [operation_id for operation_id in shown if operation_id < lowest]
        if not further:
            return Pages(ids, first, complete=whole)
        ids += further


def despite_failed_looks(plan: Plan[Result]) -> Plan[Result]:
    """Carry out *plan*, with None for the details of an operation whose look fails."""
    answer: Any = None
    while True:
        try:
            question = plan.send(answer)
        except StopIteration as ended:
            result: Result = ended.value
            return result
        try:
            answer = yield question
        except (TransportError, ServerFault):
            if not isinstance(question, Look):
                raise
            answer = None
