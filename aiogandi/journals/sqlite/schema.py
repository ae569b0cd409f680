"""The journal's tables, and how an older file becomes one of today.

`MIGRATIONS` are the steps from an empty file to today's, each one a version: a file of version 1 lacks
what the second step adds. A new file is made by all of them, so that there is one description of the
tables, and not two that must agree.
"""

from __future__ import annotations

import sqlite3
from typing import Final

APPLICATION: Final = 0x41474A4C
"""SQLite's ``application_id`` of a journal: "AGJL"."""

MIGRATIONS: Final = (
    """
    CREATE TABLE about (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    INSERT INTO about VALUES ('salt', randomblob(16));

    -- Keys and calls live under login, handle and URL.
    CREATE TABLE accounts (id INTEGER PRIMARY KEY, scope TEXT NOT NULL UNIQUE);

    -- A client is one `Gandi` of one process. It holds a lock as long as it lives.
    CREATE TABLE clients (
        id INTEGER PRIMARY KEY AUTOINCREMENT, told TEXT NOT NULL, since REAL NOT NULL
    );

    -- A key is a JSON list: the outer key and the inner ones. Steps are what is left of its calls when
    -- it is concluded.
    CREATE TABLE keys (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES accounts,
        run INTEGER NOT NULL DEFAULT 0,
        key TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'open',
        holder TEXT,
        since REAL NOT NULL,
        steps TEXT,
        result TEXT,
        error TEXT,
        UNIQUE (account, run, key)
    );

    CREATE TABLE calls (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES accounts,
        key INTEGER REFERENCES keys,
        step INTEGER,
        client INTEGER NOT NULL REFERENCES clients,
        method TEXT NOT NULL,
        arguments TEXT NOT NULL,
        prints TEXT NOT NULL,
        yields TEXT,
        state TEXT NOT NULL,
        sends INTEGER NOT NULL,
        newest INTEGER,
        since REAL NOT NULL,
        timeout REAL NOT NULL,
        settle REAL NOT NULL,
        patience REAL,
        ids TEXT NOT NULL DEFAULT '{}',
        outcome TEXT,
        ended TEXT,
        UNIQUE (key, step)
    );
    CREATE INDEX calls_of_account ON calls (account, state);

    -- Which call has begun which operation, server or disk: each belongs to one.
    CREATE TABLE claims (
        account INTEGER NOT NULL REFERENCES accounts,
        kind TEXT NOT NULL,
        number INTEGER NOT NULL,
        call INTEGER NOT NULL,
        client INTEGER NOT NULL,
        method TEXT NOT NULL,
        at REAL NOT NULL,
        PRIMARY KEY (account, kind, number)
    ) WITHOUT ROWID;
    CREATE INDEX claims_by_time ON claims (account, at);
    """,
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        account INTEGER NOT NULL REFERENCES accounts,
        name TEXT NOT NULL,
        since REAL NOT NULL,
        UNIQUE (account, name)
    );
    """,
)

VERSION: Final = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a database of *version*, 0 for an empty one, to today's. Either all of it is done, or
    nothing.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have been quicker.
        version = max(version, connection.execute("PRAGMA user_version").fetchone()[0])
        for migration in MIGRATIONS[version:]:
            for statement in _statements(migration):
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> list[str]:
    # `executescript` would commit what was begun.
    return [statement for statement in script.split(";") if statement.strip()]
