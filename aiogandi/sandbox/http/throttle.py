"""The service's rate limit."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Throttle:
    """Admits at most *calls* requests in any *per* seconds.

    These are real seconds, as *real* returns them: the limit protects the server, however fast the
    service's clock runs.
    """

    def __init__(self, calls: int, per: float, real: Callable[[], float]) -> None:
        self._per = per
        self._real = real
        self._admitted: deque[float] = deque([-math.inf] * calls, maxlen=calls)

    def wait(self) -> float:
        """Return 0 if a request is admitted now, else the seconds until the next one can be."""
        now = self._real()
        free_at = self._admitted[0] + self._per
        if free_at > now:
            return free_at - now
        self._admitted.append(now)
        return 0.0
