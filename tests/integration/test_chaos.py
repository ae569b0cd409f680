"""Servers and disks live through a bad day, and the books are as if it had been a good one."""

import asyncio
from collections import Counter

import pytest

from aiogandi import OutcomeUnknown, Retry, Stats, TransportError
from aiogandi.instrumentation import CallEnded
from aiogandi.sandbox import Sandbox
from tests.integration import chaos


@pytest.mark.usefixtures("untraced")
def test_each_thing_happens_as_often_as_its_caller_was_told(in_virtual_time):
    day = in_virtual_time(chaos.run(seed=14, number=40))

    assert day.complaints == []
    assert day.stats.reconciled > 20
    assert min(day.met[name] for name in chaos.TROUBLES) > 10


def test_what_nobody_was_told_of_is_a_complaint(in_virtual_time):
    day = in_virtual_time(chaos.run(seed=14, number=1))
    assert day.complaints == []

    session = day.sandbox.execute("login", "AA1234-GANDI", "mypassword")
    vm_id = day.sandbox.execute("vm_create", session, "web-0", "s3cret-pw", 111, 1, 1, {})

    thing = ("vm_create", vm_id)
    assert day.complaints == [
        f"{thing} happened 1 times, told were 0",
        f"{thing} ended in RUN",
        f"left over: vm {vm_id}",
    ]


@pytest.mark.parametrize(
    ("error", "sends", "may_be"),
    [
        (TransportError("lost", sent=False), Retry().attempts, True),
        (TransportError("lost", sent=False), Retry().attempts - 1, False),
        (TransportError("lost"), Retry().attempts, False),
        (OutcomeUnknown("lost"), Retry().attempts, False),
        (ZeroDivisionError(), Retry().attempts, False),
    ],
)
def test_a_life_may_end_early_by_a_call_of_which_no_send_has_run(error, sends, may_be):
    call = CallEnded("vm_start", 1, None, None, None, sends, 1.0, 0.0, error)
    day = chaos.Day(Sandbox(), [chaos.Life(0)], [(0, error)], [call], Stats(), Counter(), 2)
    assert day.complaints == ([] if may_be else [f"life 0: {error!r}"])
    assert day.refused == ([error] if may_be else [])


def test_calls_that_are_merely_repeated_leave_duplicates_on_the_same_day(in_virtual_time):
    async def story():
        clock = asyncio.get_running_loop().time
        async with (
            Sandbox(clock=clock) as sandbox,
            sandbox.client(rate_limit=chaos.DEFAULT_RATE) as gandi,
        ):
            sandbox.interfere = chaos.BadDay(sandbox, seed=1)
            creations = (
                gandi.call("vm_create", "web", "s3cret-pw", 111, 1, 1, {}, idempotent=True)
                for _ in range(60)
            )
            await asyncio.gather(*creations, return_exceptions=True)
            return len(sandbox.vms)

    assert in_virtual_time(story()) > 60
