"""What earlier commands have begun and nobody has concluded, as the journal tells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from aiogandi.changes.state import State
from aiogandi.cli.exits import CommandFailed
from aiogandi.cli.service.connection import Connection

COLUMNS: Final = {
    "CALL": "method",
    "RUN": "run",
    "KEY": "key",
    "VM": "vm_id",
    "DISK": "disk_id",
    "OPERATION": "operation_id",
    "STATE": "state",
    "SINCE": "since",
}

_CONCLUDED: Final = (State.PREPARED, State.ABSENT)


async def left(connection: Connection) -> list[dict[str, Any]]:
    """Return a record of each call of the account that has begun something, or may have, and is under no
    concluded key. Nothing is asked of the service.
    """
    if connection.journal is None:
        raise CommandFailed("there is no journal")
    account = json.loads(connection.account)
    keys: dict[int, dict[str, Any]] = {}
    found = []
    async for line in connection.journal.export():
        row = json.loads(line)
        if row["account"] != account:
            continue
        if row["kind"] == "key":
            keys[row["id"]] = row
        elif row["state"] not in _CONCLUDED:
            found.append(_record(row, keys.get(row["key"], {})))
    return found


def _record(call: dict[str, Any], key: dict[str, Any]) -> dict[str, Any]:
    ids = {name: call["arguments"].get(name) for name in ("vm_id", "disk_id")} | call["ids"]
    words = key.get("key")
    return {
        "method": call["method"],
        "run": key.get("run_name"),
        "key": None if words is None else " / ".join(words),
        "vm_id": ids["vm_id"],
        "disk_id": ids["disk_id"],
        "operation_id": ids.get("id"),
        "state": call["state"],
        "ended": None if call["ended"] is None else call["ended"].get("state"),
        "since": datetime.fromtimestamp(call["since"], UTC).isoformat(timespec="seconds"),
    }
