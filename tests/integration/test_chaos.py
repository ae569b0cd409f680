"""Ninety servers live through a bad day, and the books are as if it had been a good one."""

import asyncio

from aiogandi.sandbox import Sandbox
from tests.integration import chaos


def test_exactly_the_intended_things_happen_each_once(in_virtual_time):
    sandbox, outcomes, stats, met = in_virtual_time(chaos.run(seed=20))

    assert chaos.complaints(sandbox, outcomes) == []
    assert stats.reconciled > 50
    assert stats.logins > 50
    assert all(met[name] > 20 for name in ("dropped before", "dropped after", "503", "garbage"))
    assert all(met[name] > 5 for name in ("stalled", "late"))


def test_calls_that_are_merely_repeated_leave_duplicates_on_the_same_day(in_virtual_time):
    async def story():
        clock = asyncio.get_running_loop().time
        async with (
            Sandbox(clock=clock) as sandbox,
            sandbox.client(timeout=chaos.TIMEOUT, retry=chaos.POLICY) as gandi,
        ):
            sandbox.interfere = chaos.BadDay(sandbox, seed=20)
            await asyncio.gather(
                *(
                    gandi.call("vm_create", "web", "s3cret-pw", 111, 1, 1, {}, idempotent=True)
                    for _ in range(60)
                )
            )
            return len(sandbox.vms)

    assert in_virtual_time(story()) > 60
