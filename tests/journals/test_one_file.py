"""One file, by whatever name and however often it is opened: its locks and its log are those of all."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from aiogandi import Journal, JournalError
from tests.journals.desk import Stop, create
from tests.processes import unmeasured
from tests.waiting import until

BUYS_AND_IS_KILLED = """
import asyncio, os, signal, sys
from aiogandi import Gandi, Journal
from aiogandi.sandbox import QUICK

def client(journal):
    return Gandi("AA1234-GANDI", "mypassword", url=sys.argv[1], journal=journal, **QUICK)

async def main():
    first = client(sys.argv[2])
    async with first.once("start"):
        pass
    if sys.argv[3] == "closed":
        async with client(sys.argv[2]) as second, second.once("other"):
            pass
    else:
        second = client(sys.argv[2])
        async with second.once("other"):
            pass
    print("opened", flush=True)
    sys.stdin.readline()
    async with first.once("web"):
        await first.vm_create("web", "s3cret-pw", 111, shares=1, cpu=1)
        os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""

LOOKS = """
import asyncio, sys
from aiogandi import Journal

async def main():
    async with Journal(sys.argv[1]):
        pass

asyncio.run(main())
"""


async def started(program, *arguments):
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", program, *map(str, arguments)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=unmeasured() | {"PYTHONPATH": str(Path(__file__).parents[2])},
    )


@pytest.mark.parametrize("second", ["open", "closed"])
async def test_a_second_journal_in_the_process_drops_no_lock_of_the_first(desk, path, second):
    """A process that opens and closes the file would think that nobody else uses it, and delete the log."""
    worker = await started(BUYS_AND_IS_KILLED, desk.sandbox.url, path, second)
    try:
        assert await worker.stdout.readline() == b"opened\n"
        looker = await started(LOOKS, path)
        await looker.communicate()
        assert looker.returncode == 0
        await worker.communicate(b"go on\n")
        assert worker.returncode == -signal.SIGKILL
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.communicate()
    assert desk.hostnames == ["web"]
    async with desk.client() as gandi, gandi.once("web"):
        assert (await create(gandi)).vm_id == desk.sandbox.vms[0]["id"]
    assert desk.sent() == 1


async def test_a_link_leads_to_the_same_keys(desk, path, told):
    async with desk.client():
        pass
    link = path.parent / "elsewhere" / "link.db"
    link.parent.mkdir()
    link.symlink_to(path)
    async with desk.client() as one, desk.sandbox.client(journal=link) as other:

        async def buy():
            async with other.once("web"):
                return (await create(other)).vm_id

        async with one.once("web"):
            task = asyncio.create_task(buy())
            await until(lambda: "key 'web' is held by" in told.text)
            vm_id = (await create(one)).vm_id
        assert await task == vm_id
    assert desk.hostnames == ["web"]
    assert [each.name for each in link.parent.iterdir()] == ["link.db"]


async def test_where_a_link_leads_the_journal_is_made(path):
    link = path.parent / "link.db"
    link.symlink_to(path)
    async with Journal(link):
        pass
    names = [each.name for each in sorted(path.parent.iterdir())]
    assert names == ["link.db", "runs.db", "runs.db-locks"]
    assert link.is_symlink()


async def test_a_second_name_of_the_file_is_refused(path):
    """Its log and its locks would be others."""
    async with Journal(path):
        pass
    other = path.parent / "other.db"
    os.link(path, other)
    for each in (path, other):
        with pytest.raises(JournalError, match=r"has another name \(a hard link\)"):
            async with Journal(each):
                pass
    other.unlink()
    async with Journal(path) as journal:
        assert journal.is_open


class TestAJournalThatWasClosedUnderItsClient:
    async def test_takes_a_new_client_and_not_the_old_one(self, desk, path):
        """The old one holds nothing any more: others may see to its calls, and hold its keys."""
        journal = Journal(path)
        async with desk.sandbox.client(journal=journal) as old:
            await journal.open()
            async with old.once("before"):
                await create(old)
            await journal.close()
            await journal.open()
            for _ in range(2):
                with pytest.raises(JournalError, match="takes a new client"):
                    async with old.once("web"):
                        await create(old)
                with pytest.raises(JournalError, match="takes a new client"):
                    await create(old)
            assert desk.sent() == 1
            async with desk.sandbox.client(journal=journal) as new, new.once("web"):
                await create(new)
            await journal.close()
        assert desk.sent() == 2

    async def test_frees_its_keys_though_another_one_has_the_file_open(self, desk, path):
        journal = Journal(path)
        async with desk.client() as other, desk.sandbox.client(journal=journal) as old:
            async with other.once("before"):
                pass
            await journal.open()
            with pytest.raises(Stop):
                async with old.once("web"):
                    await journal.close()
                    async with asyncio.timeout(5), other.once("web"):
                        pass
                    raise Stop

    async def test_does_not_let_go_of_what_others_hold_by_now(self, desk, path):
        journal = Journal(path)
        async with desk.client() as other, desk.sandbox.client(journal=journal) as old:
            await journal.open()
            block = old.once("web")
            await block.__aenter__()
            await journal.close()
            async with other.once("web"):
                await block.__aexit__(Stop, Stop(), None)
                async with desk.client() as third:
                    with pytest.raises(TimeoutError):
                        async with asyncio.timeout(0.3), third.once("web"):
                            pass
