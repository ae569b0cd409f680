"""A test that freezes time stops neither the sandbox nor a client, where it leaves the loop its clock."""

import asyncio
import subprocess
import sys
import xmlrpc.client
from datetime import datetime

import pytest
import time_machine
from freezegun import freeze_time

from aiogandi import RateLimit
from aiogandi.sandbox import QUICK, Sandbox
from aiogandi.sandbox.books.clock import real_seconds

LOGIN = ("AA1234-GANDI", "mypassword")
VM = ("web", "my_password", 111, 1, 1, {})
DAY = "2026-01-01"

FREEZERS = {
    "freezegun": lambda: freeze_time(DAY, real_asyncio=True),
    "freezegun, ticking": lambda: freeze_time(DAY, real_asyncio=True, tick=True),
    "time-machine": lambda: time_machine.travel(DAY, tick=False),
    "time-machine, ticking": lambda: time_machine.travel(DAY, tick=True),
}
STOPS_LOOPS = {**FREEZERS, "freezegun, loops too": lambda: freeze_time(DAY)}


# Within the test: pytest looks at the clock around it.
in_frozen_time = pytest.mark.parametrize("freeze", STOPS_LOOPS.values(), ids=STOPS_LOOPS)


def ends(sandbox):
    """Wait, without any clock of the loop, until the first operation is over."""
    began = real_seconds()
    while sandbox.operations[0]["state"] != "DONE":
        assert real_seconds() < began + 30
    return True


@in_frozen_time
def test_operations_end(freeze):
    with freeze():
        sandbox = Sandbox(speed=1000)
        sandbox.execute("vm_create", sandbox.execute("login", *LOGIN), *VM)
        assert ends(sandbox)


@in_frozen_time
def test_its_dates_begin_where_the_calendar_was_stopped(freeze):
    with freeze():
        assert Sandbox().now == datetime.fromisoformat(DAY)


@in_frozen_time
def test_in_a_thread_it_serves_delays_and_limits_as_ever(freeze):
    limited = Sandbox(speed=1000, rate_limit=RateLimit(2, per=0.05))
    with freeze(), limited.thread() as sandbox:
        sandbox.delay(seconds=0.01)
        with xmlrpc.client.ServerProxy(sandbox.url) as proxy:
            session = proxy.login(*LOGIN)
            proxy.vm_create(session, *VM)
            assert ends(sandbox)  # which takes as long as the limit
            [created] = proxy.operation_list(session)
        assert sandbox.operations[0]["id"] == created


@pytest.mark.parametrize("freeze", FREEZERS.values(), ids=FREEZERS)
def test_a_client_polls_looks_for_lost_calls_and_keeps_its_session(freeze):
    async def work(jump):
        async with Sandbox(speed=1000) as sandbox, sandbox.client(**QUICK) as gandi:
            operation = await gandi.vm_create("web", "my_password", 111, shares=1, cpu=1)
            assert (await operation).date_created >= datetime.fromisoformat(DAY)
            sandbox.drop_reply("vm_stop")
            await (await gandi.vm_stop(operation.vm_id))
            jump("2026-03-01")  # whatever was learned is old now
            sandbox.drop_request("vm_start")
            await (await gandi.vm_start(operation.vm_id))
            jump("2025-01-01")
            sandbox.refuse("vm_list")
            assert await gandi.vm_list() == [operation.vm_id]
            assert [sandbox.executed[f"vm_{call}"] for call in ("create", "stop", "start")] == [
                1
            ] * 3
            assert sandbox.calls["login"] <= 2

    with freeze() as travelled:
        asyncio.run(asyncio.wait_for(work(travelled.move_to), 60))


IMPORTED_THEN = f"""
from freezegun import freeze_time
with freeze_time({DAY!r}):
    import aiogandi.sandbox
    from tests.sandbox.test_frozen_time import LOGIN, VM, ends
    sandbox = aiogandi.sandbox.Sandbox(speed=1000)
    sandbox.execute("vm_create", sandbox.execute("login", *LOGIN), *VM)
    ends(sandbox)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no second name of this clock")
def test_it_may_be_imported_when_time_stands_still():
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED_THEN],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
