"""The pages that stand in SQLite's log beside a database, and perhaps not yet in the database.

A process that is killed in the middle of a copy, or whose disk becomes full then, leaves a database that
says in its first page how long it will be. SQLite copies the rest when it is opened the next time.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_MAGIC: Final = (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83")
_HEADER: Final = 32
_FRAME: Final = 24
"""Bytes before each page: its number, how many pages the database then has (0 within a transaction), and
the two salts of the header. A frame with others is left from before."""


def pages_in_log(database: Path, page: int) -> frozenset[int]:
    """The numbers of the pages of whole transactions in the log of *database*, whose pages have so many
    bytes.
    """
    try:
        file = database.with_name(f"{database.name}-wal").open("rb")
    except FileNotFoundError:
        return frozenset()
    whole: set[int] = set()
    with file:
        header = file.read(_HEADER)
        if header[:4] not in _MAGIC or int.from_bytes(header[8:12], "big") != page:
            return frozenset()
        begun: set[int] = set()
        while len(frame := file.read(_FRAME + page)) == _FRAME + page:
            if frame[8:16] != header[16:24]:
                break
            begun.add(int.from_bytes(frame[:4], "big"))
            if any(frame[4:8]):
                whole |= begun
    return frozenset(whole)
