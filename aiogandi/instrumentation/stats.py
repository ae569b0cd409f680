"""What a client has done so far, in numbers, counted from its events."""

from __future__ import annotations

from dataclasses import dataclass, fields

from aiogandi.instrumentation.events import (
    CallRepeated,
    Event,
    Held,
    LoginEnded,
    LossResolved,
    SurplusFound,
)


@dataclass(frozen=True, slots=True)
class Stats:
    """A snapshot of a client's counters since it was made.

    ``requests``: HTTP requests sent, logins and polls included. ``polls``: how often the tracker began
    to ask for operations, whether or not the request left. ``logins``: logins that succeeded. ``retries``: calls sent
    again. ``throttled``: requests answered by 429. ``reconciled``: calls whose reply was lost and
    whose operation was found at the service. ``surplus``: operations beyond what was asked for, because
    a request that was given up ran after all. ``unknown``: calls that ended in `OutcomeUnknown`. ``waiting``, which is
    no counter: calls and logins that wait for their turn at this moment.
    """

    requests: int = 0
    polls: int = 0
    logins: int = 0
    retries: int = 0
    throttled: int = 0
    reconciled: int = 0
    surplus: int = 0
    unknown: int = 0
    waiting: int = 0


class Counts:
    """The running counters of which `Stats` is a snapshot."""

    __slots__ = tuple(field.name for field in fields(Stats) if field.name != "waiting")

    requests: int
    polls: int
    logins: int
    retries: int
    throttled: int
    reconciled: int
    surplus: int
    unknown: int

    def __init__(self) -> None:
        for name in self.__slots__:
            setattr(self, name, 0)

    def add(self, event: Event) -> None:
        """Count *event*. Exchanges and polls are counted where they begin, by their `Emitter`."""
        match event:
            case LoginEnded(error=None):
                self.logins += 1
            case CallRepeated():
                self.retries += 1
            case Held():
                self.throttled += 1
            case LossResolved(outcome="adopted"):
                self.reconciled += 1
            case LossResolved(outcome="unknown"):
                self.unknown += 1
            case SurplusFound():
                self.surplus += 1

    def snapshot(self, waiting: int = 0) -> Stats:
        """The counters as they are now, and how many calls are *waiting*."""
        counted = {name: getattr(self, name) for name in self.__slots__}
        return Stats(**counted, waiting=waiting)
