"""What stands in SQLite's log, and not yet in the file, is no damage: it is copied when the disk has room."""

import shutil
from contextlib import closing

import pytest

from aiogandi import Journal, JournalError
from aiogandi.journals.sqlite.file import CHECKED, connect

PAGE = 4096


def frames_of(log):
    """The pages in a log by their numbers, the last of each."""
    octets = log.read_bytes()
    assert int.from_bytes(octets[8:12], "big") == PAGE
    frames = range(32, len(octets), 24 + PAGE)
    return {
        int.from_bytes(octets[place : place + 4], "big"): octets[place + 24 : place + 24 + PAGE]
        for place in frames
    }


@pytest.fixture
def half_copied(path):
    """A journal whose process died when the first page of the log was in the file, and no room for more."""
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO accounts (scope) VALUES (?)", [(f"{n:0200d}",) for n in range(1000)]
        )
        connection.execute("COMMIT")
        copy = path.with_name("copy.db")
        shutil.copy(path, copy)
        shutil.copy(f"{path}-wal", f"{copy}-wal")
    pages = frames_of(path.with_name("copy.db-wal"))
    with copy.open("r+b") as file:
        file.write(pages[1])
    return copy


async def test_a_file_that_is_half_copied_is_whole_again(half_copied):
    size = half_copied.stat().st_size
    assert int.from_bytes(half_copied.read_bytes()[28:32], "big") * PAGE > size
    async with Journal(half_copied):
        pass
    assert half_copied.stat().st_size > size
    with closing(connect(half_copied)) as connection:
        [number] = connection.execute("SELECT count(*) FROM accounts").fetchone()
        [found] = connection.execute("PRAGMA integrity_check").fetchone()
    assert (number, found) == (1000, "ok")


async def test_a_log_that_is_cut_off_before_what_the_file_lacks_is_damage(half_copied):
    log = half_copied.with_name(f"{half_copied.name}-wal")
    log.write_bytes(log.read_bytes()[: 32 + 2 * (24 + PAGE)])
    with pytest.raises(JournalError, match="is damaged"):
        async with Journal(half_copied):
            pass


async def test_what_an_earlier_log_has_left_behind_counts_for_nothing(half_copied):
    log = half_copied.with_name(f"{half_copied.name}-wal")
    octets = bytearray(log.read_bytes())
    octets[16] ^= 1  # the salt that its frames have to repeat
    log.write_bytes(octets)
    with pytest.raises(JournalError, match="is damaged"):
        async with Journal(half_copied):
            pass


async def test_a_large_file_that_lacks_more_than_its_log_has_is_damage(path):
    """It is not read as a whole when it is opened, because that would take too long."""
    copy = path.with_name("copy.db")
    with closing(connect(path)) as connection:
        connection.execute(
            "INSERT INTO accounts (scope) VALUES (?)", ("x" * (CHECKED + 10 * PAGE),)
        )
    with closing(connect(path)) as connection:
        connection.execute("INSERT INTO accounts (scope) VALUES ('another')")
        shutil.copy(f"{path}-wal", f"{copy}-wal")
        shutil.copy(path, copy)
    with copy.open("r+b") as file:
        file.truncate(CHECKED + PAGE)
    with pytest.raises(JournalError, match="is damaged: it was cut off"):
        async with Journal(copy):
            pass
