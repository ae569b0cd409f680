"""How this process shows the others that it is there: it says so again and again."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any, Final

from aiogandi.hub.link import StoreLink
from aiogandi.hub.scripts import BEAT, LEAVE
from aiogandi.journals.process import this_process

BEATS: Final = 5
"""So many times in a lease a process says that it is there. What it says is believed for four fifths of the lease,
and others look at each beat: so they notice within a lease that a process has gone.
"""


class Presence:
    """One process, by its ``name`` in the store. *lease* is in seconds."""

    def __init__(self, lease: float) -> None:
        self.name = secrets.token_hex(8)
        self.about: dict[str, Any] = {"since": time.time(), "lease": lease}
        self.pause = lease / BEATS
        """Seconds after which it is said again."""
        self._kept = int(lease * 1000 * (BEATS - 1) / BEATS)

    async def tell(self, link: StoreLink, prefix: str, epoch: str) -> None:
        """Say that it is there, and where."""
        told = json.dumps({**this_process(), **self.about})
        await link.run(BEAT, prefix, epoch, [self.name, self._kept, told])

    async def leave(self, link: StoreLink, prefix: str, epoch: str) -> None:
        """Say that it is there no more."""
        await link.run(LEAVE, prefix, epoch, [self.name])
