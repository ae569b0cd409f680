"""The thread that writes: what it joins, and that it syncs."""

import asyncio
import sqlite3
from functools import partial

import pytest

from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.file import connect
from aiogandi.journals.sqlite.writer import Writer

FULL = 2

MOMENT = 0.02
"""Seconds in which the thread has done what it was told to."""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.db"


@pytest.fixture
async def writer(path):
    writer = Writer(partial(connect, path), "runs.db")
    await writer.open()
    yield writer
    await writer.close()


@pytest.fixture
def seen(path, writer):
    """What others see of what was written."""
    connection = sqlite3.connect(path)
    yield lambda: [scope for (scope,) in connection.execute("SELECT scope FROM accounts")]
    connection.close()


@pytest.fixture
def for_long(monkeypatch):
    """What nobody waits for may wait for long."""
    monkeypatch.setattr("aiogandi.journals.sqlite.writer.LATER", 3600.0)


def note(scope, connection):
    connection.execute("INSERT INTO accounts (scope) VALUES (?)", (scope,))


def syncs(connection):
    return connection.execute("PRAGMA synchronous").fetchone()[0]


class TestWhatNobodyWaitsFor:
    async def test_it_goes_along_with_what_comes_next(self, writer, seen, for_long):
        writer.submit(partial(note, "waits"), waits=True)
        await asyncio.sleep(MOMENT)
        assert seen() == []
        await writer.submit(partial(note, "next"))
        assert seen() == ["waits", "next"]

    async def test_by_itself_it_is_written_a_moment_later(self, writer, seen):
        await writer.submit(partial(note, "waits"), waits=True)
        assert seen() == ["waits"]

    async def test_it_is_written_when_the_journal_is_closed(self, writer, seen, for_long):
        writer.submit(partial(note, "waits"), waits=True)
        await writer.close()
        assert seen() == ["waits"]

    async def test_after_it_was_taken_along_the_next_one_waits_as_long(
        self, writer, seen, for_long
    ):
        writer.submit(partial(note, "first"), waits=True)
        await writer.submit(partial(note, "next"))
        writer.submit(partial(note, "second"), waits=True)
        await asyncio.sleep(MOMENT)
        assert seen() == ["first", "next"]
        await writer.submit(partial(note, "last"))
        assert seen() == ["first", "next", "second", "last"]


class TestSyncing:
    async def test_all_commits_are_synced(self, writer):
        assert await writer.submit(syncs) == FULL
        assert await writer.submit(syncs, waits=True) == FULL


class TestTransactions:
    async def test_what_comes_in_one_step_of_the_loop_is_one(self, writer, seen):
        broken = writer.submit(lambda connection: connection.execute("no SQL"))
        sound = writer.submit(partial(note, "sound"))
        with pytest.raises(JournalError):
            await broken
        await sound
        assert seen() == ["sound"]

    async def test_what_is_submitted_while_another_is_written_comes_after_it(self, writer, seen):
        for number in range(20):
            writer.submit(partial(note, f"{number}"))
            if number % 3 == 0:
                await asyncio.sleep(0)
        await writer.submit(partial(note, "last"))
        assert seen() == [*map(str, range(20)), "last"]

    async def test_after_it_was_closed_nothing_is_taken(self, writer):
        await writer.close()
        with pytest.raises(JournalError, match="is closed"):
            await writer.submit(partial(note, "late"))
