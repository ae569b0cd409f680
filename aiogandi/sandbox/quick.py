"""The settings of a client that is tested on a quick sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aiogandi.settings import Polling, Retry

if TYPE_CHECKING:
    # At run time this would load the client, which a process that only runs the server does without.
    from aiogandi.client import ClientSettings

QUICK: Final[ClientSettings] = {
    "polling": Polling(interval=0.01, max_interval=0.05),
    "retry": Retry(backoff=0, settle=0.05),
    "rate_limit": None,
    "timeout": 2,
}
"""Settings of `Gandi` for tests. With the defaults it waits real seconds, however fast the sandbox is: a
second until it looks after an operation, parts of one or some before it sends a call again, three where
the call is lost, 30 in `Gandi.drain` after that, and two for each 30 calls. With these it waits
hundredths of a second, and two seconds in `Gandi.drain`.

>>> Gandi("AA1234-GANDI", "mypassword", url=sandbox.url, **QUICK)
"""
