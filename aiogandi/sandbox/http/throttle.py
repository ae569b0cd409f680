"""The service's rate limit."""

from __future__ import annotations

import math
import time
from collections import deque


class Throttle:
    """At most *calls* requests in any *per* seconds: real ones, because the limit protects the
    server, however fast its own clock goes.
    """

    def __init__(self, calls: int, per: float) -> None:
        self._per = per
        self._admitted: deque[float] = deque([-math.inf] * calls, maxlen=calls)

    def wait(self) -> float:
        """0 for a request that is admitted, else the seconds until the next one may be."""
        now = time.monotonic()
        free_at = self._admitted[0] + self._per
        if free_at > now:
            return free_at - now
        self._admitted.append(now)
        return 0.0
