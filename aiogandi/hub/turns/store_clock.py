"""When a moment of the store's clock is by the event loop's clock."""

from __future__ import annotations

from collections import deque
from typing import Final

LATEST: Final = 32
LONGEST: Final = 60.0
"""The latest exchanges, and the seconds of the past, that are remembered: clocks drift, and are set now and then."""

_MOMENT: Final = 0.001


class StoreClock:
    """Knows how far the two clocks are apart. The store may have looked at its clock at any moment of an exchange, so
    the quickest of the latest exchanges says it best.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, float, float]] = deque(maxlen=LATEST)
        """Of each exchange: how long it took, how far the clocks were apart in its middle, when it ended."""

    def learn(self, sent: float, came: float, told: float) -> None:
        """Note that an exchange which was *sent* and whose answer *came* then, by the loop's clock, *told* the store's."""
        took, apart = came - sent, told - (sent + came) / 2
        while self._seen and self._seen[0][2] < came - LONGEST:
            self._seen.popleft()
        if self._seen:
            best = min(self._seen)
            if abs(apart - best[1]) > (took + best[0]) / 2 + _MOMENT:
                self._seen.clear()  # the store's clock was set
        self._seen.append((took, apart, came))

    def here(self, moment: float) -> float:
        """Return what the loop's clock shows at a *moment* of the store's. An exchange must have been learnt before."""
        return moment - min(self._seen)[1]

    def typical(self) -> float:
        """Return the seconds within which three exchanges in four end."""
        took = sorted(seen[0] for seen in self._seen)
        return took[len(took) * 3 // 4] if took else 0.0
