"""A call is written down when its turn to leave comes: of what only stands in line, nobody has to find out
after a kill whether it ran.
"""

import asyncio
import sqlite3
from contextlib import closing

from aiogandi import RateLimit
from aiogandi.transport.line import AWAY
from tests.journals.desk import create
from tests.waiting import until


async def test_what_stands_in_line_is_not_written_down(desk, path):
    async with desk.client(rate_limit=RateLimit(30, 2.0)) as gandi:
        calls = [asyncio.create_task(create(gandi, f"web-{number}")) for number in range(200)]
        await until(lambda: desk.sent("vm_create") > 0)
        with closing(sqlite3.connect(path)) as connection:
            [written] = connection.execute("SELECT count(*) FROM calls").fetchone()
        assert written <= AWAY + desk.sent("vm_create")
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)
