"""What a client has done so far, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Stats:
    """A snapshot of a client's counters since it was made.

    ``requests``: HTTP requests sent, logins and polls included. ``polls``: those of them that the
    tracker sent to watch operations. ``logins``: logins that succeeded. ``retries``: calls sent
    again. ``throttled``: requests answered by 429. ``reconciled``: calls whose reply was lost and
    whose operation was found at the service. ``surplus``: operations found beyond what was asked
    for, because a request that was given up ran after all; ``surplus_cancelled``: those of them
    that were cancelled before they ran. ``unknown``: calls that ended in `OutcomeUnknown`.
    """

    requests: int = 0
    polls: int = 0
    logins: int = 0
    retries: int = 0
    throttled: int = 0
    reconciled: int = 0
    surplus: int = 0
    surplus_cancelled: int = 0
    unknown: int = 0

    @classmethod
    def of(cls, tally: Counter[str]) -> Stats:
        """The snapshot of a running tally."""
        return cls(**{field.name: tally[field.name] for field in fields(cls)})
