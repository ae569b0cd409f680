"""What the caller is told of a changing call whose reply was lost."""

from __future__ import annotations

from collections.abc import Collection

from aiogandi.changes.change import Change
from aiogandi.errors import GandiError, OutcomeUnknown, TransportError


def nothing_is_known(call: Change, error: Exception) -> OutcomeUnknown:
    """The exception for a lost call of which nothing can be established, because of *error*."""
    told = ", ".join(f"{name}={value!r}" for name, value in call.kept.items())
    where = "" if call.yields is None else f" in operation_list({call.filter})"
    return OutcomeUnknown(
        f"{call.method}({told}): whether it ran is not known ({error}){_sends(call)}; it is not sent"
        f" again. Look for it{where} before you repeat it",
        call.method,
        status=error.status if isinstance(error, TransportError) else None,
    )


def cannot_be_told(call: Change, candidates: Collection[int], *, grows: bool) -> OutcomeUnknown:
    """The exception for a lost call that may own one of *candidates*, or none. *grows*: ids of operations
    grow with time, as far as was seen.
    """
    first = min(candidates, default=None)
    why = (
        "ids of operations were seen not to grow on this service, so that age proves nothing"
        if first is None or not grows
        else "another call may have begun it, or the service tells too little, or in another form"
    )
    which = "" if first is None else f" may own {_operations(candidates)} or none:"
    return OutcomeUnknown(
        f"{call.method}{which} which cannot be told for sure ({why}){_sends(call)}. It is not sent"
        " again",
        call.method,
        candidates=candidates,
        surplus=sorted(candidates)[1:] if call.sends > 1 else (),
    )


def did_not_run(call: Change, lost: GandiError) -> GandiError:
    """What the caller of a call is told that was looked for after each send, and ran after none."""
    if not isinstance(lost, TransportError):
        return lost
    told = TransportError(
        f"{call.method}: it did not run. It was sent {call.sends} times, and each time it was looked"
        f" for and not found at the service; the last reply was lost: {lost}",
        lost.status,
        sent=False,
        retry_after=lost.retry_after,
        method=call.method,
    )
    told.__cause__ = lost
    return told


def _operations(numbers: Collection[int]) -> str:
    listed = ", ".join(map(str, sorted(numbers)))
    return f"operation {listed}" if len(numbers) == 1 else f"one of operations {listed}"


def _sends(call: Change) -> str:
    """How often it was sent, and so may have run, where that is more than once."""
    return f". It was sent {call.sends} times" if call.sends > 1 else ""
