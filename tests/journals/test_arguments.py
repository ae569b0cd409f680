"""What a journal is given by the program around it: files, names and keys, sound and not."""

import os
import stat
import sys

import pytest

from aiogandi import InvalidArgument, Journal, JournalError, bulk
from tests.journals.desk import create


async def opens(path):
    async with Journal(path) as journal:
        return journal.is_open


async def test_what_is_no_file_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", "/dev/null"):
        with pytest.raises(JournalError, match="is no file: give the path of one"):
            await opens(path)


async def test_a_folder_that_is_not_there_is_told_and_a_name_that_is_too_long(path):
    path.write_bytes(b"x")
    for folder in (path.with_name("nowhere"), path):
        with pytest.raises(JournalError, match="make its folder first"):
            await opens(folder / "runs.db")
    with pytest.raises(JournalError, match="name too long"):
        await opens(path.with_name("x" * 250))


async def test_all_its_files_are_for_their_owner_alone(desk, path):
    before = os.umask(0)
    try:
        async with desk.client() as gandi, gandi.once("web"):
            await create(gandi)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert sorted(modes) == ["runs.db", "runs.db-locks", "runs.db-shm", "runs.db-wal"]
    assert set(modes.values()) == {0o600}


@pytest.mark.parametrize("name", ["", " ", 5, None, "\ud800"])
async def test_the_name_of_a_run_is_a_text(desk, name):
    async with desk.both() as (journal, _):
        with pytest.raises(InvalidArgument, match="name"):
            journal.run(name)
        if name is not None:
            with pytest.raises(InvalidArgument, match="run"):
                await journal.forget(run=name)
        with pytest.raises(InvalidArgument, match="key=5: a function of an item"):
            journal.run("release", key=5)
        assert await journal.runs() == []


@pytest.mark.parametrize("run", [5, "release", object()])
async def test_what_is_no_run_is_refused_before_an_item_is_drawn(run):
    items = iter([1])
    with pytest.raises(InvalidArgument, match=r"run=.*: a run of a journal"):
        await anext(bulk(str, items, run=run))
    assert next(items) == 1


@pytest.mark.parametrize("key", [5, b"x", (), [], ("a", 5), object()])
async def test_what_is_no_key_is_not_forgotten(desk, key):
    async with desk.both() as (journal, _):
        with pytest.raises(InvalidArgument, match=r"key=.*: a text, or a tuple of them"):
            await journal.forget(key)


@pytest.mark.parametrize("key", ["x" * 10**6, "a\0b", "\ud800", "😀", "a / b", '["a"]', "%_"])
async def test_any_text_is_a_key(desk, key):
    async def provision(_):
        return (await create(gandi, "bulk")).vm_id

    for _ in range(2):
        async with desk.both() as (journal, gandi):
            async with gandi.once(key):
                await create(gandi)
            run = journal.run("release", key=lambda _: key)
            [outcome] = [each async for each in bulk(provision, [1], run=run)]
            assert outcome.ok
            assert [each.key async for each in run.outcomes()] == [key]
    assert sorted(desk.hostnames) == ["bulk", "web"]
    async with desk.both() as (journal, _):
        assert await journal.forget(key) == 1
        assert await journal.forget(key, run="release") == 1


async def test_an_error_that_is_no_text_is_kept_as_far_as_it_is(desk):
    async def provision(_):
        raise ValueError("\ud800 bad")

    async with desk.both() as (journal, _):
        run = journal.run("release")
        [outcome] = [each async for each in bulk(provision, ["web"], run=run)]
        assert str(outcome.error) == "\ud800 bad"
        [told] = [each async for each in run.outcomes()]
        assert (told.state, told.error) == ("failed", "ValueError: \\ud800 bad")


async def test_a_program_whose_name_is_no_text_makes_calls(desk, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/opt/b\udcffcker"])
    async with desk.client() as gandi, gandi.once("web"):
        await create(gandi)
    assert desk.hostnames == ["web"]
