"""`Gandi.stats` says what whoever listens would count: on the real sandbox, with trouble of each kind."""

import asyncio

import pytest

from aiogandi import OutcomeUnknown, RateLimit, Retry, Stats, TransportError
from aiogandi.instrumentation.events import (
    CallRepeated,
    ExchangeBegan,
    Held,
    LoginEnded,
    LossResolved,
    PollBegan,
    SurplusFound,
)
from aiogandi.sandbox import Sandbox
from tests.instrumentation.quick import QUICK
from tests.waiting import until


def counted(events):
    """The stats, as one counts them from what a listener was told."""

    def number(kind, **fields):
        return sum(
            isinstance(event, kind)
            and all(getattr(event, name) == value for name, value in fields.items())
            for event in events
        )

    return Stats(
        requests=number(ExchangeBegan),
        polls=number(PollBegan),
        logins=number(LoginEnded, error=None),
        retries=number(CallRepeated),
        throttled=number(Held),
        reconciled=number(LossResolved, outcome="adopted"),
        surplus=number(SurplusFound),
        unknown=number(LossResolved, outcome="unknown"),
    )


async def test_a_small_life_is_counted_alike(sandbox, gandi, events):
    sandbox.drop_request("login")
    sandbox.refuse("vm_list", status=503)
    await gandi.vm_list()
    sandbox.drop_reply("vm_create")
    await (await gandi.vm_create("web", "s3cret-pw", 111, 1, 1))
    sandbox.refuse("vm_list", status=429, retry_after=0)
    sandbox.expire_sessions()
    await gandi.vm_list()

    stats = gandi.stats
    assert counted(events) == stats
    assert stats.requests == sum(sandbox.calls.values())
    assert stats.polls > 0
    assert (stats.logins, stats.throttled, stats.reconciled) == (2, 1, 1)
    assert stats.retries == 3  # of the login, and of vm_list twice
    assert (stats.surplus, stats.unknown) == (0, 0)


async def test_calls_of_which_nothing_can_be_established_are_counted_alike(sandbox, gandi, events):
    await gandi.vm_list()
    sandbox.drop_reply("some_call")
    with pytest.raises(OutcomeUnknown):
        await gandi.call("some_call")
    sandbox.drop_reply("vm_create")
    sandbox.refuse("operation_list", status=404)
    with pytest.raises(OutcomeUnknown):
        await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    assert counted(events) == gandi.stats
    assert gandi.stats.unknown == 2


def test_what_ran_twice_is_counted_alike(in_virtual_time, events):
    async def live():
        async with (
            Sandbox() as sandbox,
            sandbox.client(on_event=events.append, timeout=10, retry=Retry(settle=5)) as gandi,
        ):
            created = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
            sandbox.advance(1000)
            # The first request only runs after the second was sent, at 15, and queues up behind it.
            sandbox.delay("vm_reboot", seconds=18)
            sandbox.stall_operation("vm_reboot")
            await gandi.vm_reboot(created.vm_id)
            await asyncio.sleep(60)
            return gandi.stats

    stats = in_virtual_time(live())
    assert counted(events) == stats
    assert (stats.surplus, stats.retries) == (1, 1)


async def test_requests_without_a_reply_are_counted_alike(sandbox, events):
    async with sandbox.client(on_event=events.append, retry=Retry(attempts=1)) as gandi:
        sandbox.drop_request("vm_list", times=2)
        for _ in range(2):
            with pytest.raises(TransportError):
                await gandi.vm_list()
        assert counted(events) == gandi.stats == Stats(requests=3, logins=1)


async def test_nobody_needs_to_listen(sandbox):
    async with sandbox.client(**QUICK) as gandi:
        sandbox.refuse("vm_list", status=503)
        await gandi.vm_list()
        assert gandi.stats == Stats(requests=3, logins=1, retries=1)


async def test_it_is_told_how_many_calls_wait_for_their_turn(sandbox):
    """The login has the only turn of this minute."""
    slow = {**QUICK, "rate_limit": RateLimit(1, per=60)}
    async with sandbox.client(**slow) as gandi:
        assert gandi.stats.waiting == 0
        calls = [asyncio.create_task(gandi.vm_list()) for _ in range(3)]
        await until(lambda: gandi.stats.waiting == 3)
        calls[0].cancel()
        await until(lambda: gandi.stats.waiting == 2)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
        await until(lambda: gandi.stats.waiting == 0)
