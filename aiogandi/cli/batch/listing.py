"""The way of every reading command: read, and show as a table or as JSON."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import aiogandi
from aiogandi.cli.batch.reading import read_all, show_rows
from aiogandi.cli.batch.selection import name_matches
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.terminal.records import record_of


def list_all(
    noun: str,
    ids: Callable[[aiogandi.Gandi], Awaitable[list[int]]],
    read: Callable[[aiogandi.Gandi, int], Awaitable[Any]],
    name_field: str,
    patterns: Sequence[str] | None,
    columns: Mapping[str, str],
    *,
    as_json: bool,
) -> Job:
    """Return the job that lists all things of a kind, or those whose name matches a pattern.

    *name_field* is the field of a record that holds the name.
    """

    async def work(connection: Connection) -> int:
        gandi = connection.gandi

        async def read_one(number: int) -> dict[str, Any]:
            return record_of(await read(gandi, number))

        reading = await read_all(connection, noun, await ids(gandi), read_one, listed=True)
        found = reading.found
        if patterns:
            found = [record for record in found if name_matches(record[name_field], patterns)]
        return show_rows(connection.screen, found, columns, [reading])

    return Job(work, as_json=as_json)


def show_some(
    noun: str,
    ids: Sequence[int],
    read: Callable[[aiogandi.Gandi, int], Awaitable[Any]],
    columns: Mapping[str, str],
    *,
    as_json: bool,
) -> Job:
    """Return the job that shows the things with these ids."""

    async def work(connection: Connection) -> int:
        async def read_one(number: int) -> dict[str, Any]:
            return record_of(await read(connection.gandi, number))

        reading = await read_all(connection, noun, ids, read_one)
        return show_rows(connection.screen, reading.found, columns, [reading])

    return Job(work, as_json=as_json)
