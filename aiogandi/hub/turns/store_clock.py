"""The store's clock as the event loop's: when that is here, what the store calls a moment."""

from __future__ import annotations

from collections import deque
from typing import Final

LATEST: Final = 32
LONGEST: Final = 60.0
"""So many exchanges, and seconds of them, are remembered: clocks drift, and the store's is set now and then."""

_MOMENT: Final = 0.001


class StoreClock:
    """How far the two clocks are apart, by the exchange that took the least time of the latest: the store
    may have looked at its clock at any moment of an exchange.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float, float]] = deque(maxlen=LATEST)
        """Of each exchange: how long it took, how far the clocks were apart in its middle, when it ended."""

    def learn(self, sent: float, came: float, told: float) -> None:
        """An exchange that was *sent* and whose answer *came* then, by the loop's clock, *told* the store's."""
        took, apart = came - sent, told - (sent + came) / 2
        while self._seen and self._seen[0][2] < came - LONGEST:
            self._seen.popleft()
        if self._seen:
            best = min(self._seen)
            if abs(apart - best[1]) > (took + best[0]) / 2 + _MOMENT:
                self._seen.clear()  # the store's clock was set
        self._seen.append((took, apart, came))

    def here(self, moment: float) -> float:
        """When the loop's clock shows what is a *moment* of the store's. Something was learnt before."""
        return moment - min(self._seen)[1]

    def typical(self) -> float:
        """Seconds that an exchange takes, but for one in four."""
        took = sorted(seen[0] for seen in self._seen)
        return took[len(took) * 3 // 4] if took else 0.0
