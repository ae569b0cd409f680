"""The life of a step under a key, row by row of the table in ``changes/once``: what becomes of it when its block
is begun again by the next client on the same file.
"""

import asyncio
import sqlite3
from contextlib import closing

import pytest

from aiogandi import GandiError, JournalConflict, OperationFailed, Retry, TransportError
from aiogandi.changes.journal import Intent
from aiogandi.journals.sqlite.intents import intend
from aiogandi.sandbox import QUICK
from tests.journals.desk import create, stop_after

IMPATIENT = {"retry": Retry(attempts=2, within=0.3, backoff=0.01, settle=0.05, login_pause=0.001)}


async def persistently(gandi, kind=TransportError, times=200):
    """A body's own loop: it tries until a server is created."""
    for _ in range(times):
        try:
            return await create(gandi)
        except kind:
            await asyncio.sleep(0.01)
    raise AssertionError("it never came through")


async def with_a_disk(gandi):
    server = await persistently(gandi)
    await server
    return server, await gandi.disk_create({"name": "data", "size": 2048})


def rows(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT step, method, state FROM calls ORDER BY step").fetchall()


async def lives(desk, number=2):
    """The block of a server and its disk, begun so often, the last time to its end: the servers' ids."""
    found = []

    async def live(gandi):
        server, _ = await with_a_disk(gandi)
        found.append(server.vm_id)

    for _ in range(number):
        async with desk.client() as gandi:
            await stop_after(gandi, live)
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            await live(gandi)
    return found


# -- its intent was never written ---------------------------------------------------------------


async def test_a_call_that_never_left_for_a_slow_login_leaves_no_gap(desk, path):
    desk.sandbox.delay("login", seconds=0.3)

    async def impatient(gandi):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await create(gandi)
        await create(gandi)

    async with desk.client() as gandi:
        await stop_after(gandi, impatient)
    assert rows(path) == [(0, "vm_create", "answered")]
    assert len(set(await lives(desk))) == 1
    assert desk.hostnames == ["web"]


async def test_a_call_that_never_left_for_a_refused_login_leaves_no_gap(desk, path):
    desk.sandbox.refuse("login", times=30)
    async with desk.client(**IMPATIENT) as gandi:
        await stop_after(gandi, lambda gandi: persistently(gandi, GandiError))
    assert rows(path) == [(0, "vm_create", "answered")]
    assert len(set(await lives(desk))) == 1
    assert (desk.hostnames, desk.sent("disk_create")) == (["web"], 1)


async def test_a_call_that_could_not_be_written_down_leaves_no_gap(desk, path):
    async def while_full(gandi):
        await gandi.vm_list()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON calls BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
            with pytest.raises(GandiError, match="full"):
                await create(gandi)
            connection.execute("DROP TRIGGER full")
        await create(gandi)

    async with desk.client() as gandi:
        await stop_after(gandi, while_full)
    assert rows(path) == [(0, "vm_create", "answered")]


async def test_a_call_whose_caller_goes_while_it_is_written_down_has_not_run(desk, path):
    async def hasty(gandi):
        await gandi.operation_list()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")  # so that writing takes as long as this
            task = asyncio.ensure_future(create(gandi))
            await asyncio.sleep(0.2)
            task.cancel()
            await asyncio.wait([task])
        await create(gandi)

    async with desk.client() as gandi:
        await stop_after(gandi, hasty)
    assert desk.sent() == 1
    assert ("vm_create", "sent") not in [row[1:] for row in rows(path)]
    assert len(set(await lives(desk))) == 1
    assert desk.hostnames == ["web"]


# -- it did not run -----------------------------------------------------------------------------


@pytest.mark.parametrize("concluded", [False, True])
async def test_a_failure_that_the_block_has_lived_with_is_given_again(desk, concluded):
    desk.sandbox.refuse("vm_create", times=5)  # as often as it is sent
    failures = []

    async def once_more(gandi):
        try:
            server = await create(gandi)
        except TransportError as error:
            failures.append((str(error), error.status, error.sent))
            server = await create(gandi)
        return server.vm_id

    async with desk.client() as gandi:
        if concluded:
            async with gandi.once("web"):
                await once_more(gandi)
        else:
            await stop_after(gandi, once_more)
    sent = desk.sent()
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            assert await once_more(gandi) == desk.sandbox.vms[0]["id"]
    assert (desk.sent(), desk.hostnames) == (sent, ["web"])
    assert len(failures) == 3
    assert len(set(failures)) == 1


@pytest.mark.parametrize("concluded", [False, True])
async def test_where_nobody_knows_the_failure_the_call_that_followed_is_given(desk, concluded):
    desk.sandbox.refuse("vm_create", times=3, status=503)

    async def impatient(gandi):
        try:
            async with asyncio.timeout(0.15):
                return await create(gandi)
        except TimeoutError:
            return await create(gandi)

    slow = {"retry": Retry(attempts=9, within=5, backoff=1, settle=0.05)}
    async with desk.client(**slow) as gandi:
        if concluded:
            async with gandi.once("web"):
                await impatient(gandi)
        else:
            await stop_after(gandi, impatient)
    for _ in range(2):
        async with desk.client() as gandi, gandi.once("web"):
            assert (await impatient(gandi)).vm_id == desk.sandbox.vms[0]["id"]
    assert desk.hostnames == ["web"]


async def test_the_last_failure_of_a_concluded_key_is_given_again(desk):
    desk.sandbox.refuse("disk_create", times=5)

    async def without_a_disk(gandi):
        await create(gandi)
        with pytest.raises(TransportError, match="did not run"):
            await gandi.disk_create({"name": "data", "size": 2048})

    for _ in range(3):
        async with desk.client() as gandi, gandi.once("web"):
            await without_a_disk(gandi)
    assert desk.sent("disk_create") == 5


async def test_under_a_concluded_key_nothing_is_sent(desk):
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    async with desk.client() as gandi:
        with pytest.raises(JournalConflict, match="is concluded, and vm_create is none of its"):
            async with gandi.once("web"):
                await create(gandi)
                await create(gandi, "second")
    assert desk.hostnames == ["web"]


# -- its operation has ended --------------------------------------------------------------------


async def test_what_waits_for_people_is_not_bought_again(desk):
    def support(details, _):
        return {**details, **{name: "SUPPORT" for name in ("state", "step") if name in details}}

    desk.sandbox.alter("operation_details", support, times=3)
    desk.sandbox.alter(
        "operation_list",
        lambda found, given: [] if len(given) > 1 and "state" in str(given[1]) else found,
        times=20,
    )
    async with desk.client() as gandi:
        with pytest.raises(OperationFailed, match="SUPPORT"):
            async with gandi.once("web"):
                await (await create(gandi))
    async with desk.client() as gandi, gandi.once("web"):
        assert (await (await create(gandi))).state == "DONE"
    assert desk.hostnames == ["web"]


# -- the file itself ----------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["sent", "answered", "unknown", "absent"])
async def test_no_intent_takes_the_place_of_what_may_have_run(desk, path, state):
    async with desk.client(**QUICK) as gandi:
        await stop_after(gandi, create)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE calls SET state = ?", (state,))
        [(key,)] = connection.execute("SELECT key FROM calls").fetchall()
        intent = Intent("disk_create", {}, (), None, 1, None, 0.0, 30.0, 3.0, key, 0)
        if state == "absent":
            assert intend(1, 1, intent, connection)
        else:
            with pytest.raises(JournalConflict, match="vm_create stands in its place"):
                intend(1, 1, intent, connection)
