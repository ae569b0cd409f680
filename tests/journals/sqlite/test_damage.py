"""A journal's file that other hands have changed: told as damaged, or as good as before; never a fresh start."""

import random
import shutil
import sqlite3
from contextlib import closing

import pytest

from aiogandi import JournalConflict, JournalError, bulk
from tests.journals.desk import Stop, create

NAMES = [f"web-{number}" for number in range(12)]
FLIPS = 20
PAGE = 4096

TO_DO = "Put a sound copy in its place"


async def ask_for_all(desk):
    """Ask for all that the journal knows, and return what was told instead."""
    told = []

    async def provision(name):
        return (await create(gandi, name)).vm_id

    async def look():
        await journal.runs()
        async for _ in journal.run("release").outcomes():
            pass
        async for _ in journal.export():
            pass
        await gandi.recover()

    async def once():
        async with gandi.once("open"):
            await create(gandi, "open")

    try:
        async with desk.both() as (journal, gandi):
            async for outcome in bulk(provision, NAMES, run=journal.run("release")):
                told += [] if outcome.ok else [outcome.error]
            for ask in (look, once):
                try:
                    await ask()
                except Exception as error:  # noqa: BLE001 - whatever it is, it is looked at
                    told.append(error)
    except Exception as error:  # noqa: BLE001 - as above
        told.append(error)
    return told


@pytest.fixture
async def whole(desk, path):
    """The bytes of a journal in which a run has ended, and a key is open."""
    assert await ask_for_all(desk) == []
    async with desk.both() as (journal, gandi):
        assert await journal.forget("open") == 1
        with pytest.raises(Stop):
            async with gandi.once("open"):
                await create(gandi, "open")
                raise Stop
    return path.read_bytes()


def is_told_well(path, error):
    """Whether the error says which file it is, and what to do; or that a step is not what ran last time."""
    if isinstance(error, JournalConflict):
        return True
    return isinstance(error, JournalError) and str(path) in str(error) and TO_DO in str(error)


async def test_wherever_a_byte_is_another_it_is_told_or_nothing_changes(desk, path, whole):
    lots = random.Random(1)
    bought = len(desk.hostnames)
    for offset in lots.sample(range(len(whole)), FLIPS):
        changed = bytearray(whole)
        changed[offset] ^= lots.randrange(1, 256)
        path.write_bytes(changed)
        told = await ask_for_all(desk)
        assert [error for error in told if not is_told_well(path, error)] == [], offset
        assert len(desk.hostnames) == bought, offset


async def test_wherever_a_page_is_empty_it_is_told(desk, path, whole):
    bought = len(desk.hostnames)
    for start in range(0, len(whole), PAGE):
        path.write_bytes(whole[:start] + bytes(PAGE) + whole[start + PAGE :])
        told = await ask_for_all(desk)
        assert told or not any(whole[start : start + PAGE]), start
        assert all(is_told_well(path, error) for error in told), start
    assert len(desk.hostnames) == bought


async def test_wherever_it_is_cut_off_it_is_told(desk, path, whole):
    lots = random.Random(1)
    bought = len(desk.hostnames)
    for size in (*range(0, len(whole), PAGE), *lots.sample(range(len(whole)), 20)):
        path.write_bytes(whole[:size])
        [error] = await ask_for_all(desk)
        assert is_told_well(path, error), size
        assert path.read_bytes() == whole[:size]
    assert len(desk.hostnames) == bought


async def test_an_account_that_is_not_in_its_index_is_told(desk, path, whole):
    """Its keys would be looked for under a new account, and all of them be bought again."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        [[page]] = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_accounts_1'"
        )
    bought = len(desk.hostnames)
    cells = (page - 1) * PAGE + 3  # how many entries the page has
    path.write_bytes(whole[:cells] + bytes(2) + whole[cells + 2 :])
    [error] = await ask_for_all(desk)
    assert is_told_well(path, error)
    assert len(desk.hostnames) == bought


@pytest.mark.parametrize("length", [0, 10, 32, 32 + 24 + PAGE, 100_000])
async def test_a_log_that_is_cut_off_leaves_what_was_written_before(desk, path, length):
    """As a power failure may leave it: what is whole of it counts, and the rest was never synced."""
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    async with desk.client() as gandi:
        async with gandi.once("another"):
            await create(gandi, "another")
        for name in (path, path.with_name("runs.db-wal")):
            shutil.copy(name, name.with_name(name.name.replace("runs", "copy")))
    log = path.with_name("copy.db-wal")
    log.write_bytes(log.read_bytes()[:length])
    desk.path = path.with_name("copy.db")
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert desk.hostnames == ["web", "another"]
