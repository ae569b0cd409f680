"""A file that grows old: past calls cost a place on the disk, and nothing else."""

import asyncio
import json
import time

import pytest

from aiogandi.journals.sqlite.claims import FORGOTTEN
from aiogandi.journals.sqlite.file import connect
from aiogandi.journals.sqlite.store import join
from tests.journals.desk import create

ACCOUNT = "account"
STEP = 100
"""SQLite tells after so many of its instructions that they are done."""


def instructions_to_open(path, past):
    """How many instructions of SQLite it takes to open a file with so many past calls, and to enter it."""
    connection = connect(path)
    then = time.time() - 30 * 86_400.0
    connection.execute("BEGIN")
    connection.execute("INSERT INTO accounts (scope) VALUES (?)", (ACCOUNT,))
    connection.executemany(
        "INSERT INTO keys (account, key, state, since, steps) VALUES (1, ?, 'concluded', ?, '[]')",
        ((json.dumps([str(each)]), then) for each in range(past)),
    )
    connection.executemany(
        "INSERT INTO claims VALUES (1, 'vm_id', ?, ?, 1, 'vm_create', ?)",
        ((each, each, then + each * 1e-3) for each in range(past)),
    )
    connection.execute("COMMIT")
    connection.close()

    counted = []
    connection = connect(path)
    connection.set_progress_handler(lambda: counted.append(STEP), STEP)
    join(ACCOUNT, "process 1", time.time())(connection)
    connection.set_progress_handler(None, 0)
    connection.close()
    return sum(counted)


def test_opening_does_not_read_past_calls(tmp_path):
    few = instructions_to_open(tmp_path / "few.db", 2 * FORGOTTEN)
    many = instructions_to_open(tmp_path / "many.db", 20 * FORGOTTEN)
    assert 0 < many <= few * 1.1


@pytest.fixture
def rows(path):
    def rows(query):
        connection = connect(path)
        try:
            return [tuple(row) for row in connection.execute(query)]
        finally:
            connection.close()

    return rows


async def test_steps_that_have_ended_are_compacted_and_keys_are_kept(desk, rows):
    async with desk.client() as gandi:
        for name in ("web-01", "web-02"):
            async with gandi.once(name):
                await create(gandi, name)
        await create(gandi, "outside-of-keys")
    assert rows("SELECT count(*) FROM calls") == [(0,)]
    kept = rows("SELECT key, state, json_array_length(steps) FROM keys ORDER BY id")
    assert kept == [(f'["{name}"]', "concluded", 1) for name in ("web-01", "web-02")]

    async with desk.client() as gandi, gandi.once("web-01"):
        await create(gandi, "web-01")
    assert desk.sent("vm_create") == 3


async def test_calls_whose_results_come_together_are_all_forgotten(desk, rows):
    async with desk.client() as gandi:
        await asyncio.gather(*(create(gandi, f"web-{number}") for number in range(20)))
    assert rows("SELECT count(*) FROM calls") == [(0,)]
