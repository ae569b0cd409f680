"""The thread that works on the database: many pieces of work in one transaction, each with its own end."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from itertools import pairwise

import pytest

from aiogandi import JournalError
from aiogandi.journals.sqlite.writer import AT_ONCE, IN_A_STEP, Writer
from tests.waiting import until


@pytest.fixture
def statements():
    """What was done on the connection, as SQLite has traced it."""
    return []


@pytest.fixture
async def writer(tmp_path, statements):
    def connect():
        connection = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
        connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")
        connection.set_trace_callback(statements.append)
        return connection

    writer = Writer(connect, "test.db")
    await writer.open()
    yield writer
    await writer.close()


@pytest.fixture
async def gate(writer):
    """Keeps the thread until it is set, so that what comes meanwhile gathers."""
    gate, begun = threading.Event(), threading.Event()

    def wait(_):
        begun.set()
        gate.wait(10)

    held = writer.submit(wait)
    await until(begun.is_set)
    yield gate
    gate.set()
    await held


def insert(number):
    return lambda connection: connection.execute("INSERT INTO numbers VALUES (?)", (number,))


def numbers(connection):
    return [row[0] for row in connection.execute("SELECT number FROM numbers ORDER BY number")]


async def test_what_comes_meanwhile_goes_into_one_transaction(writer, gate, statements):
    statements.clear()
    rows = [writer.submit(insert(number)) for number in range(100)]
    found = writer.submit(numbers)
    gate.set()
    await asyncio.gather(*rows)

    assert await found == list(range(100))
    assert statements.count("COMMIT") == 2  # that of what was held up, and one


async def test_a_transaction_takes_so_many_at_most(writer, gate, statements):
    statements.clear()
    rows = [writer.submit(insert(number)) for number in range(AT_ONCE + 1)]
    gate.set()
    await asyncio.gather(*rows)
    assert statements.count("COMMIT") == 3


async def test_the_results_of_many_come_a_few_in_each_step_of_the_loop(writer, gate):
    rows = [writer.submit(insert(number)) for number in range(AT_ONCE)]
    done = [0]
    gate.set()
    while done[-1] < len(rows):
        await asyncio.sleep(0)
        done.append(sum(row.done() for row in rows))
    steps = [later - sooner for sooner, later in pairwise(done)]
    assert max(steps) <= IN_A_STEP


async def test_the_fault_of_one_is_not_that_of_others(writer, gate):
    rows = [writer.submit(insert(number)) for number in (1, 2, 2, 3)]
    gate.set()
    ended = await asyncio.gather(*rows, return_exceptions=True)
    [error] = [each for each in ended if isinstance(each, BaseException)]
    assert isinstance(error, JournalError)
    assert str(error) == "test.db: UNIQUE constraint failed: numbers.number"
    assert isinstance(error.__cause__, sqlite3.IntegrityError)
    assert await writer.submit(numbers) == [1, 2, 3]


async def test_what_one_piece_of_work_has_done_is_undone_where_it_fails(writer):
    def half(connection):
        insert(1)(connection)
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(JournalError, match=r"test\.db: database or disk is full"):
        await writer.submit(half)
    assert await writer.submit(numbers) == []


async def test_an_error_of_another_kind_is_told_as_it_is(writer):
    with pytest.raises(ZeroDivisionError):
        await writer.submit(lambda _: 1 / 0)
    assert await writer.submit(numbers) == []


async def test_work_whose_waiter_has_gone_is_done(writer, gate):
    writer.submit(insert(1)).cancel()
    gate.set()
    assert await writer.submit(numbers) == [1]


async def test_what_was_submitted_is_done_before_it_is_closed(writer, tmp_path):
    rows = [writer.submit(insert(number)) for number in range(10)]
    await writer.close()
    assert all(row.done() for row in rows)
    await writer.close()
    with pytest.raises(JournalError, match="the journal is closed"):
        await writer.submit(numbers)
    assert "journal test.db" not in [thread.name for thread in threading.enumerate()]
    with closing(sqlite3.connect(tmp_path / "test.db")) as connection:
        assert numbers(connection) == list(range(10))


async def test_what_cannot_be_opened_leaves_no_thread():
    def connect():
        raise sqlite3.OperationalError("unable to open database file")

    writer = Writer(connect, "nowhere.db")
    with pytest.raises(JournalError, match=r"nowhere\.db: unable to open database file"):
        await writer.open()
    assert "journal nowhere.db" not in [thread.name for thread in threading.enumerate()]
