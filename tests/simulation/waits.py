"""How a wait for an operation must end: soon, and as the operation did."""

from asyncio import CancelledError

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    NotFound,
    OperationCancelled,
    OperationFailed,
)
from tests.simulation.operations import CREATIONS

NOTICED = 15.0
"""Seconds after an outage within which the end of an operation is noticed whose id is known."""

FOUND = 45.0
"""The same where its id is to be found first, which takes several requests for each of a crowd."""

BLIND = 150.0
"""The same where one way of asking tells nothing, or an old story: each of a crowd is looked at itself
after two minutes."""

EXPECTED = (str, OperationFailed, OperationCancelled, ClientClosed, TimeoutError, CancelledError)
"""How a wait may end; a string is the operation's state. Where a login may be refused, in that as well."""


def seconds_late(wait, work, day):
    """How many seconds too late a wait ended on a day on which waits end soon, or None."""
    if not day.is_plain:
        return None
    soon = FOUND if wait.call.method in CREATIONS else NOTICED
    ended = max(work.ends if work.cancelled is None else work.cancelled, wait.began)
    if day.outage[0] <= ended + soon:  # it cut short the time in which that is noticed
        ended = max(ended, day.outage[1])
    late = wait.ended - ended
    return late if late > (BLIND if day.blind else soon) else None


def untrue_end(wait, work, day):
    """What is wrong with the end that a wait was told, or None."""
    refusals = (AuthenticationError,) if day.habits.refuses_login else ()
    if work.cancelled is not None and wait.call.told.id is None:
        refusals += (
            NotFound,
        )  # what it was to create is not there, and no list tells which it was
    if not isinstance(wait.outcome, EXPECTED + refusals):
        return f"its wait ended in {wait.outcome!r}"
    ended = "CANCEL" if work.cancelled is not None else work.outcome
    told = {OperationFailed: "ERROR", OperationCancelled: "CANCEL"}.get(
        type(wait.outcome), wait.outcome
    )
    if told in ("DONE", "ERROR", "CANCEL") and told != ended:
        return f"its operation ended in {ended}, not in {told}"
    return None
