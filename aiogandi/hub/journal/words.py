"""How values stand in the arguments of the journal's scripts, and in what they say of an operation's owner."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from aiogandi.changes import written
from aiogandi.changes.journal import Intent, Name
from aiogandi.hub.journal.locks import KeyLock
from aiogandi.hub.link import Word


def owner_of(told: Sequence[bytes]) -> str | None:
    """Whose an operation is, in words, as a script has told it; None where it is nobody's."""
    if not told:
        return None
    method, key, client = (each.decode() for each in told)
    words = f" under {' / '.join(json.loads(key))}" if key else ""
    return f"{method}{words} of {client or 'a process that has ended'}"


def words_of(names: Collection[Name]) -> list[str]:
    """Names of operations."""
    return [f"{kind}:{number}" for kind, number in names]


def place_of(lock: KeyLock | None) -> tuple[Word, Word]:
    """The key under which something is written, and the token by which that is held."""
    return ("", "") if lock is None else (lock.key, lock.token)


def fields_of(intent: Intent) -> list[Word]:
    """The fields of a call, but for those that depend on when it is written."""
    told: list[Word] = [
        *("method", intent.method),
        *("arguments", written.write(intent.arguments)),
        *("prints", json.dumps(list(intent.prints))),
        *("sends", intent.sends),
        *("timeout", intent.timeout),
        *("settle", intent.settle),
    ]
    if intent.yields is not None:
        told += ["yields", intent.yields]
    if intent.newest is not None:
        told += ["newest", intent.newest]
    return told
