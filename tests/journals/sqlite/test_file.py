"""A journal's file: made whole, or refused with a word of what is wrong, and then left as it is."""

import asyncio
import os
import resource
import sqlite3
import stat
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aiogandi import Journal, JournalError, bulk
from aiogandi.journals.sqlite.schema import APPLICATION, MIGRATIONS, VERSION
from tests.journals.desk import Stop, create
from tests.journals.sqlite.probe import seen_elsewhere
from tests.waiting import until

NOBODY = 65534


async def opens(path):
    async with Journal(path) as journal:
        return journal.is_open


async def is_refused(path, told):
    """Whether it is refused with these words, and what lies there stays as it is."""
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(JournalError, match=told):
        await opens(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    return True


async def test_it_is_made_whole_and_for_its_owner_alone(path):
    await opens(path)
    assert [each.name for each in sorted(path.parent.iterdir())] == ["runs.db", "runs.db-locks"]
    assert {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()} == {0o600}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


async def test_a_journal_that_is_cut_off_in_the_middle_is_refused(desk, path):
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    whole = path.read_bytes()
    for size in (len(whole) // 2, 4096, len(whole) - 1, 99, 1):
        path.write_bytes(whole[:size])
        assert await is_refused(path, "is damaged")
    path.write_bytes(whole)
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert desk.sent() == 1


async def test_a_journal_that_is_overwritten_in_the_middle_is_refused(desk, path):
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    whole = bytearray(path.read_bytes())
    whole[4096:] = bytes(len(whole) - 4096)
    path.write_bytes(whole)
    with pytest.raises(JournalError, match="is damaged"):
        async with desk.client() as gandi, gandi.once("web"):
            await create(gandi)
    assert desk.sent() == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty, and a journal never is"),
        (b"x" * 5000, "is no journal, or is damaged: it does not begin like one"),
        (b"hello", "does not begin like one"),
    ],
)
async def test_another_file_is_refused(path, content, told):
    path.write_bytes(content)
    assert await is_refused(path, told)


async def test_a_folder_is_refused(path):
    path.mkdir()
    assert await is_refused(path, "is no file")


async def test_a_folder_that_is_not_there_is_told(path):
    with pytest.raises(JournalError, match="No such file"):
        await opens(path.parent / "nowhere" / "runs.db")


async def test_a_database_of_another_program_is_refused(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE calls (id)")
    assert await is_refused(path, "is a database of another program, not a journal")


async def test_a_later_schema_is_refused(path):
    await opens(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    assert await is_refused(
        path, f"later version of aiogandi .schema {VERSION + 1}; this one knows"
    )


async def test_an_older_schema_is_brought_to_todays(desk, path):
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(MIGRATIONS[0])
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        connection.execute("PRAGMA user_version = 1")
        salt = connection.execute("SELECT value FROM about").fetchone()
    async with desk.both() as (journal, gandi):
        assert await journal.runs() == []
        async with gandi.once("web"):
            await create(gandi)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
        assert connection.execute("SELECT value FROM about").fetchone() == salt


@contextmanager
def as_nobody():
    """Work as a user who may do nothing, because root may do everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def read_only(folder, *, empty):
    """A folder in which nothing can be written, with a journal in it or *empty*; and then still so."""
    for each in folder.iterdir():
        each.unlink() if empty else each.chmod(0o444)
    folder.chmod(0o555)
    before = sorted(folder.iterdir())
    with as_nobody():
        yield
    folder.chmod(0o755)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("empty", [True, False])
async def test_what_is_read_only_is_told_when_it_is_opened(empty):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "runs.db")
        await opens(path)
        with (
            read_only(path.parent, empty=empty),
            pytest.raises(JournalError, match=r"read-?only|Permission denied|unable to open"),
        ):
            await opens(path)


@contextmanager
def tiny_disk(folder):
    """A disk of 256 KiB, where this user may make one."""
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("to make a small disk takes root, and a system that lets it")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(path):
    with path.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        while True:
            file.write(bytes(1024))


@pytest.mark.skipif(sys.platform != "linux", reason="tmpfs is Linux's")
async def test_where_the_disk_is_full_nothing_is_sent(desk, path):
    path.parent.joinpath("disk").mkdir()
    with tiny_disk(path.parent / "disk"):
        desk.path = path.parent / "disk" / "runs.db"
        async with desk.client() as gandi:
            async with gandi.once("before"):
                await create(gandi, "before")
            filler = path.parent / "disk" / "filler"
            fill(filler)
            with pytest.raises(JournalError, match=r"full|disk I/O"):
                for number in range(1000):
                    async with gandi.once(f"web-{number}"):
                        await create(gandi, "x" * 200)
            sent = desk.sent()
            with pytest.raises(JournalError, match=r"full|disk I/O"):
                await create(gandi, "y" * 200)
            assert desk.sent() == sent
            filler.unlink()
            await create(gandi, "after")  # there is room again
        assert desk.hostnames[-1] == "after"
        async with desk.client() as gandi, gandi.once("before"):
            await create(gandi, "before")
        assert desk.hostnames.count("before") == 1


async def test_where_the_file_may_not_grow_nothing_is_sent(desk, path):
    async with desk.client() as gandi:
        await create(gandi)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
        try:
            with pytest.raises(JournalError, match=r"full|disk I/O|too large"):
                for number in range(1000):
                    await create(gandi, f"web-{number}")
            sent = desk.sent()
            with pytest.raises(JournalError):
                await create(gandi)
            assert desk.sent() == sent
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        await create(gandi, "after")
    assert desk.hostnames[-1] == "after"


async def test_a_run_goes_on_when_there_is_room_again(desk, path):
    names = [f"web-{number}" for number in range(40)]

    async def provision(name):
        operation = await create(gandi, name)
        await operation
        return operation.vm_id

    async def work():
        outcomes = bulk(provision, names, run=journal.run("release"), limit=4)
        return [outcome async for outcome in outcomes]

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with desk.both() as (journal, gandi):
        full = asyncio.create_task(work())
        await until(lambda: desk.sent() >= 10)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
        try:
            failed = [outcome.error for outcome in await full if not outcome.ok]
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert failed
        assert all("make room on the disk" in str(error) for error in failed)
        assert desk.sent() < len(names)
        again = await work()
    assert [outcome.error for outcome in again if not outcome.ok] == []
    assert sorted(desk.hostnames) == sorted(names)
    async with desk.both() as (journal, gandi):
        assert all(outcome.repeated for outcome in await work())


async def test_keys_outlive_other_descriptors_of_the_files(desk, path):
    """To close a descriptor drops all POSIX locks of a process on the file: those of keys are elsewhere."""
    async with desk.client() as gandi, gandi.once("web"):
        for name in (path, path.parent / "runs.db-wal"):
            name.read_bytes()  # as nobody should
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("SELECT count(*) FROM keys").fetchone()
        with pytest.raises(Stop):
            async with desk.client() as other, other.once("another"):
                raise Stop
        assert seen_elsewhere(path.parent / "runs.db-locks", 1) == ["held"]
