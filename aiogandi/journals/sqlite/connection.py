"""Connections to a database."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

BUSY: Final = 10.0
"""Seconds for which a transaction waits for those of other processes."""


def connection_to(path: Path) -> sqlite3.Connection:
    """A connection to the file at *path*, which is there: an empty one is never made."""
    address = f"{path.as_uri()}?mode=rw"
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=BUSY)
    connection.row_factory = sqlite3.Row
    return connection


def make_durable(connection: sqlite3.Connection) -> None:
    """Have all that is committed outlive the machine, and be read while others write."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
