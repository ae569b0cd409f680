"""Intents: what is written down before a call leaves."""

from __future__ import annotations

import json
import sqlite3
from typing import Final

from aiogandi.changes import written
from aiogandi.changes.journal import Intent
from aiogandi.changes.state import State
from aiogandi.errors import JournalConflict

_CAN_GIVE_WAY: Final = (
    "(state = 'absent' OR coalesce(json_extract(ended, '$.state'), '') IN ('ERROR', 'CANCEL'))"
    " AND NOT EXISTS (SELECT 1 FROM calls later WHERE later.key = calls.key AND later.step > calls.step)"
)


def _require_room(intent: Intent, connection: sqlite3.Connection) -> None:
    """What has run under a key is never replaced, whoever asks for it: it would be bought again."""
    for method, gives_way in connection.execute(
        f"SELECT method, {_CAN_GIVE_WAY} FROM calls WHERE key = ? AND step = ?",  # noqa: S608
        (intent.key, intent.step),
    ):
        if not gives_way:
            raise JournalConflict(
                f"{intent.method}: {method} stands in its place, and may have run. Nothing was sent"
            )


def intend(account: int, client: int, intent: Intent, connection: sqlite3.Connection) -> int:
    """Write it down; returns the call's number. A step gives way to it only where `once` makes it anew."""
    if intent.key is not None:
        _require_room(intent, connection)
    row = connection.execute(
        "INSERT OR REPLACE INTO calls (account, client, key, step, method, arguments, prints, yields,"
        " state, sends, newest, since, timeout, settle) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            account,
            client,
            intent.key,
            intent.step,
            intent.method,
            written.write(intent.arguments),
            json.dumps(intent.prints),
            intent.yields,
            State.SENT.value,
            intent.sends,
            intent.newest,
            intent.since,
            intent.timeout,
            intent.settle,
        ),
    )
    return row.lastrowid or 0
