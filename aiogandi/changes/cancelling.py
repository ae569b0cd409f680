"""``operation_cancel``, of which the cancelled operation's state tells whether it ran."""

from __future__ import annotations

from aiogandi.changes.change import Change
from aiogandi.changes.decisions import Undecided
from aiogandi.changes.lookup import Lookup
from aiogandi.errors import TransportError
from aiogandi.models import OperationState


def is_cancellation(call: Change) -> bool:
    """Whether the state of one operation tells what became of the call."""
    return call.method == "operation_cancel" and "operation_id" in call.arguments


async def look_whether_cancelled(lookup: Lookup, call: Change, *, final: bool) -> Undecided | None:
    """Look once whether a cancellation ran, and adopt it if so. *final*: there will be no other look."""
    number = call.arguments["operation_id"]
    details = await lookup.operation(number)
    if details is None or details.state is None:
        if final:
            raise TransportError(f"the service does not tell the state of operation {number}")
        return Undecided((number,), may_clear=True)
    if details.state == OperationState.CANCEL:
        call.adopt(details)
    return None
