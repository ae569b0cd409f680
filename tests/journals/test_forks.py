"""A process that is forked while a journal is open: it gets nothing of it, and takes nothing from it."""

import asyncio
import gc
import multiprocessing
import os
import sys

import pytest

from aiogandi import Journal, JournalError, WrongLoop, bulk
from tests.journals.desk import create
from tests.journals.sqlite.probe import seen_elsewhere

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def in_a_child(tell):
    """What *tell* returns in a forked process, or the error there."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            answer = tell()
        except BaseException as error:  # noqa: BLE001 - it must not go on as a second run of the suite
            answer = repr(error)
        os.write(write, answer.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


async def create_once(gandi, key="web"):
    async with gandi.once(key):
        await create(gandi, key)


async def all_of(lines):
    return [each async for each in lines]


USES = {
    "once": lambda journal, gandi, run: create_once(gandi, "another"),
    "recover": lambda journal, gandi, run: gandi.recover(),
    "bulk": lambda journal, gandi, run: _first_error(bulk(gandi.vm_stop, [5], run=run)),
    "runs": lambda journal, gandi, run: journal.runs(),
    "outcomes": lambda journal, gandi, run: all_of(run.outcomes()),
    "forget": lambda journal, gandi, run: journal.forget("web"),
    "export": lambda journal, gandi, run: all_of(journal.export()),
    "open": lambda journal, gandi, run: journal.open(),
    "close": lambda journal, gandi, run: journal.close(),
}


async def _first_error(outcomes):
    raise (await anext(outcomes)).error


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_what_the_parent_has_open_is_not_used_in_the_child(desk, use):
    async with desk.both() as (journal, gandi):
        await create_once(gandi)
        run = journal.run("release")
        assert await all_of(run.outcomes()) == []
        sent = desk.sandbox.calls.copy()
        answer = in_a_child(lambda: asyncio.run(asyncio.wait_for(use(journal, gandi, run), 10)))
        assert answer.startswith(("WrongLoop('the client is", "WrongLoop('the journal is"))
        assert "used in a forked process" in answer
        assert desk.sandbox.calls == sent


async def test_a_file_that_the_parent_has_open_is_not_opened_in_the_child(path):
    """SQLite holds its locks for the parent alone: when that closes the file, the child's log is deleted, and
    all that it has written is gone.
    """

    async def opens():
        async with Journal(path) as journal:
            return repr(journal)

    async with Journal(path):
        answer = in_a_child(lambda: asyncio.run(opens()))
        assert answer.startswith("JournalError(")
        assert "this process was forked while the other one had the journal open" in answer
        grandchild = in_a_child(lambda: in_a_child(lambda: asyncio.run(opens())))
        assert grandchild == answer
    assert in_a_child(lambda: asyncio.run(opens())) == f"<Journal {path}>"
    with pytest.raises(JournalError, match="is open already"):
        async with Journal(path) as journal:
            await journal.open()


def end_of_a_child():
    gc.collect()
    sys.exit()


@pytest.mark.parametrize("how", ["fork", "multiprocessing"])
async def test_the_end_of_a_child_frees_nothing_of_its_parent(desk, path, how):
    async with desk.client() as gandi:
        async with gandi.once("web"):
            if how == "fork":
                assert in_a_child(end_of_a_child) == "SystemExit()"
            else:
                child = multiprocessing.get_context("fork").Process(target=gc.collect)
                child.start()
                child.join()
                assert child.exitcode == 0
            assert seen_elsewhere(path.with_name("runs.db-locks"), 1) == ["held"]
            await create(gandi)
        await create_once(gandi)
    assert desk.hostnames == ["web"]


async def test_a_child_that_lives_holds_no_key(desk, path):
    read, write = os.pipe()
    async with desk.client() as gandi, gandi.once("web"):
        child = os.fork()
        if not child:
            os.close(write)
            os.read(read, 1)  # until the parent's end is closed
            os._exit(0)
    os.close(read)
    assert seen_elsewhere(path.with_name("runs.db-locks"), 1) == ["free"]
    os.close(write)
    assert await asyncio.to_thread(os.waitpid, child, 0) == (child, 0)


def test_in_another_loop_it_is_told_and_works_on_in_its_own(desk, path):
    async def use():
        with pytest.raises(WrongLoop, match="the journal is used in another"):
            await all_of(journal.export())
        with pytest.raises(WrongLoop, match="the journal is used in another"):
            await journal.close()

    journal = Journal(path)
    with asyncio.Runner() as first:
        first.run(journal.open())
        with asyncio.Runner() as second:
            second.run(use())
        assert first.run(all_of(journal.export())) == []
        first.run(journal.close())
    assert not journal.is_open
