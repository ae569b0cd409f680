"""Turns that all processes of a rate group have one after another, as the store hands them out."""

from __future__ import annotations

import asyncio
import logging
import math
import secrets
import zlib
from dataclasses import dataclass, replace
from typing import Final

from aiogandi import chores
from aiogandi.cancellation import cancel
from aiogandi.errors import HubError
from aiogandi.hub.store import Store
from aiogandi.hub.turns.scripts import GIVE_BACK, HOLD_BACK, RESERVE
from aiogandi.hub.turns.store_clock import StoreClock
from aiogandi.settings import RateLimit
from aiogandi.transport.pacer import Waiters, gap_of
from aiogandi.transport.rank import Rank

log = logging.getLogger("aiogandi.hub")

LATE: Final = 0.4
"""A turn is not used any more when so many gaps between two turns have passed since it was due. Requests that came
later by a whole gap would be one too many in a window; what is left of the gap is for the network.
"""

SHORTEST_LATE: Final = 0.005
"""Seconds that a turn may be late at least, however short the gap is: machines are not quicker."""

SAFE: Final = 0.05
"""Seconds within which another process hears that its turn is a later one now."""

_NUMBERS: Final = {rank: number for number, rank in enumerate(Rank, 1)} | {None: 0}


@dataclass(frozen=True, slots=True)
class _Reserved:
    """A turn that is still to come, or has just come."""

    due: str
    """When it is due, as the store has written it."""
    rank: int
    let_others_go: bool
    """Whether an earlier turn was left to a better rank in another process."""


class SharedTurns:
    """A `Pacer` for one client: the turns of all who are in the same *group* in the *store*.

    It has one turn reserved at most, and asks for the next when that was used and somebody still waits: one
    round trip a turn, and between processes it goes round robin. A turn that is met too late is not used.

    While the store is away it takes turns of its own, at *alone_share* of the rate.
    """

    def __init__(self, store: Store, group: str, limit: RateLimit, alone_share: float) -> None:
        self._store = store
        self._group = group
        self._gap = gap_of(limit)
        self._far = 2 * self._gap + SAFE  # seconds: a turn may be moved that is so far away
        self._late = max(LATE * self._gap, SHORTEST_LATE)
        self._alone_gap = self._gap / alone_share
        self._is_alone = False
        self._alone_at = 0.0  # when it has its next turn then
        self._member = f"{store.process}:{secrets.token_hex(4)}"
        self._clock = StoreClock()
        self._waiters: Waiters | None = None
        self._asking: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None  # of asking, for whoever is next
        self._telling: set[asyncio.Task[None]] = set()
        self._reserved: _Reserved | None = None
        self._timer: asyncio.TimerHandle | None = None  # until it is due
        self._used = ""  # the turn of which the store was not told yet that it was used
        self._count: int | None = None  # how many all have used
        self._turns = 0  # of these, since the last one of this process
        # What was heard while a turn was asked for: it may be about that turn.
        self._moved: dict[str, str] = {}
        self._is_there_more = False
        self._held_until = 0.0

    # -- what `Turns` asks for -----------------------------------------------------------------

    def begin(self, waiters: Waiters) -> None:
        self._waiters = waiters
        self._store.hear("turn", self._group, self._hear_of_turns)
        self._store.hear("hold", self._group, self._hear_of_hold)
        self._store.on_away.append(self._go_alone)
        self._store.on_back.append(self._come_back)

    def pause(self) -> float:
        if self._failure is not None:
            return 0.0
        if self._is_alone:
            return max(self._alone_at - self._now(), 0.0)
        if self._reserved is not None:
            if self._timer is not None:
                if not self._must_be_sooner(self._reserved):
                    return math.inf
            elif self._now() <= self._clock.here(float(self._reserved.due)) + self._late:
                return 0.0
            self._drop()
        if self._asking is None:
            self._asking = chores.begin(self._ask, self._asked)
        return math.inf

    async def take(self) -> int:
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure
        self._alone_at = self._now() + self._alone_gap
        if self._reserved is not None:
            self._used = self._reserved.due
            self._drop()
        turns, self._turns = self._turns, 0
        return max(turns, 1)

    def hold(self, seconds: float) -> None:
        if not self._is_alone:
            telling = chores.begin(lambda: self._tell_hold(seconds), self._telling.discard)
            self._telling.add(telling)

    def lift(self) -> None:
        if self._waiters is not None:
            self._waiters = None
            self._drop()
            self._store.hear_no_more("turn", self._group, self._hear_of_turns)
            self._store.hear_no_more("hold", self._group, self._hear_of_hold)
            self._store.on_away.remove(self._go_alone)
            self._store.on_back.remove(self._come_back)

    async def close(self) -> None:
        """Ask for no more turns, and leave to others what is reserved. The store is still there."""
        has_one = self._reserved is not None or self._asking is not None
        self.lift()
        await cancel([*self._telling, *([] if self._asking is None else [self._asking])])
        if has_one and not self._is_alone:
            try:
                await self._store.run(GIVE_BACK, self._group, self._member)
            except HubError as error:
                log.debug("a turn is not given back: %s", error)

    # -- asking the store ----------------------------------------------------------------------

    async def _ask(self) -> None:
        waiters = self._waiters
        best, behind = (None, None) if waiters is None else waiters.ranks()
        if best is None:
            return
        used, self._used = self._used, ""
        self._moved.clear()
        self._is_there_more = False
        self._held_until = 0.0
        sent = self._now()
        try:
            due, told, count, let_others_go = await self._store.run(
                RESERVE,
                *(self._group, self._member, _NUMBERS[best], _NUMBERS[behind], used),
                # A turn that is free at once must not be over when the answer comes.
                max(self._clock.typical() - self._late, 0.0) / 2,
                *(max(self._gap, SAFE), self._gap),
            )
        except HubError:
            self._go_alone()
            return
        self._clock.learn(sent, self._now(), float(told))
        self._turns += 0 if self._count is None else max(count - self._count, 0)
        self._count = count
        at = due.decode()
        while at in self._moved:
            at = self._moved[at]
        if float(at) >= self._held_until and not (let_others_go and self._is_there_more):
            self._reserve(_Reserved(at, _NUMBERS[best], bool(let_others_go)))

    def _asked(self, asking: asyncio.Task[None]) -> None:
        self._asking = None
        if not asking.cancelled():
            self._failure = asking.exception()
        self._look()

    async def _tell_hold(self, seconds: float) -> None:
        try:
            await self._store.run(HOLD_BACK, self._group, seconds)
        except HubError as error:
            log.debug("the others are not told that the service holds requests: %s", error)

    # -- the turn that is reserved -------------------------------------------------------------

    def _reserve(self, reserved: _Reserved) -> None:
        self._drop()
        self._reserved = reserved
        seconds = self._clock.here(float(reserved.due)) - self._now()
        if seconds > 0:
            self._timer = chores.later(seconds, self._ring)

    def _drop(self) -> None:
        self._reserved = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._timer = None
        self._look()

    def _must_be_sooner(self, reserved: _Reserved) -> bool:
        """Whether a better rank waits here by now, for which an earlier turn may be had."""
        seconds = self._clock.here(float(reserved.due)) - self._now()
        if self._waiters is None or not (reserved.let_others_go or seconds > self._far):
            return False
        return 0 < _NUMBERS[self._waiters.ranks()[0]] < reserved.rank

    # -- what others do ------------------------------------------------------------------------

    def _hear_of_turns(self, text: str) -> None:
        """A member's turn is a later one now, or, without a text, there may be earlier ones."""
        reserved = self._reserved
        if not text:
            self._is_there_more = True
            if reserved is not None and reserved.let_others_go and self._timer is not None:
                self._drop()
                self._look()
            return
        member, before, due = text.split()
        if member != self._member:
            return
        if reserved is not None and reserved.due == before:
            self._reserve(replace(reserved, due=due))
        else:
            self._moved[before] = due

    def _hear_of_hold(self, ends: str) -> None:
        self._held_until = float(ends)
        if self._reserved is not None and float(self._reserved.due) < self._held_until:
            self._drop()
            self._look()

    def _go_alone(self) -> None:
        if not self._is_alone:
            self._is_alone = True
            # All notice it at about the same moment, and each goes on at one of its own.
            phase = zlib.crc32(self._store.process.encode()) / 2**32
            self._alone_at = max(self._alone_at, self._now() + self._alone_gap * phase)
        self._used = ""
        self._drop()
        self._look()

    def _come_back(self) -> None:
        self._is_alone = False
        self._look()

    def _look(self) -> None:
        if self._waiters is not None:
            self._waiters.look()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
