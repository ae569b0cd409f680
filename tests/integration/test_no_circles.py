"""In no trouble anybody goes in a circle: how often the clock is looked at says how often somebody woke.

A circle in which nobody waits would stop the loop, and virtual time with it, for ever.
"""

import asyncio
from contextlib import suppress

import pytest

from aiogandi import GandiError, Retry
from aiogandi.sandbox.trouble import AnswerFault, Delay, DropRequest, Refuse
from tests.integration.service import on_service

MOST = 20_000
"""Looks at the clock in one second, by all who read and wait, the sandbox and the event loop."""

REFUSAL = AnswerFault(510150, "DataError: bad credential")

TROUBLES = {
    "logins are refused": lambda method: REFUSAL if method == "login" else None,
    "logins fail": lambda method: Refuse(503) if method == "login" else None,
    "sessions are refused": lambda method: None if method == "login" else REFUSAL,
    "too many requests": lambda _: Refuse(429, retry_after=0),
    "out of order": lambda _: Refuse(503, retry_after=0),
    "connections are dropped": lambda _: DropRequest(),
    "nothing is answered": lambda _: Delay(1e6),
    "faults": lambda _: AnswerFault(150000, "ServerError: internal"),
}


class Looks:
    """Counts how often the loop's clock is looked at, and fails where that is too often."""

    def __init__(self):
        loop = asyncio.get_running_loop()
        self._time = loop.time
        self._second, self._number = 0, 0
        self.most = 0
        loop.time = self

    def __call__(self):
        now = self._time()
        if int(now) != self._second:
            self._second, self._number = int(now), 0
        self._number += 1
        self.most = max(self.most, self._number)
        assert self.most < MOST, "somebody goes in a circle"
        return now


async def again_and_again(call):
    while True:
        with suppress(GandiError):
            await call()
        await asyncio.sleep(0.03)


@pytest.mark.parametrize("trouble", TROUBLES)
@on_service(rate_limit=None, session_lifetime=2, renew_margin=1, retry=Retry(login_pause=0))
async def test_nobody_goes_in_a_circle(sandbox, gandi, trouble):
    looks = Looks()
    sandbox.stall_operation(times=5)
    operations = [await gandi.vm_create(f"web-{n}", "s3cret-pw", 111, 1, 1) for n in range(5)]
    sandbox.interfere = TROUBLES[trouble]
    calls = [gandi.vm_list, *(operation.wait for operation in operations)]
    callers = [asyncio.create_task(again_and_again(call)) for call in calls]
    await asyncio.sleep(5)
    assert not any(caller.done() for caller in callers)
    for caller in callers:
        caller.cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert looks.most > 100
