"""A journal belongs to one loop; when that was closed, another one can still let go of it."""

import asyncio
import gc
import threading

import pytest

from aiogandi import Gandi, Journal
from aiogandi.sandbox import QUICK, Sandbox
from tests.journals.desk import create
from tests.journals.sqlite.probe import seen_elsewhere

pytestmark = [  # what is left of a loop that was closed too early
    pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]


@pytest.fixture
def sandbox():
    with Sandbox(speed=3000).thread() as sandbox:
        yield sandbox
    gc.collect()  # here, where its warnings are expected


def threads():
    return [each.name for each in threading.enumerate() if each.name.startswith("journal")]


def client(sandbox, journal):
    return Gandi("AA1234-GANDI", "mypassword", url=sandbox.url, journal=journal, **QUICK)


async def enter(gandi, key):
    """Enter a block, and leave it as the end of the loop does: never."""
    await gandi.once(key).__aenter__()
    await create(gandi)


def test_a_client_is_closed_after_its_loop(sandbox, path):
    gandi = client(sandbox, path)
    asyncio.run(enter(gandi, "web"))
    assert threads() == [f"journal {path}"]

    async def work():
        for _ in range(2):
            await gandi.close()
        assert threads() == []
        async with client(sandbox, path) as other, asyncio.timeout(5), other.once("web"):
            await create(other)

    asyncio.run(work())
    assert sandbox.calls["vm_create"] == 1
    assert [each.name for each in sorted(path.parent.iterdir())] == ["runs.db", "runs.db-locks"]


def test_a_journal_is_closed_after_its_loop(sandbox, path):
    journal = Journal(path)
    gandi = client(sandbox, journal)

    async def begin():
        await journal.open()
        await enter(gandi, "web")

    asyncio.run(begin())

    async def work():
        await gandi.close()
        for _ in range(2):
            await journal.close()
        assert threads() == []
        assert seen_elsewhere(f"{path}-locks", 1) == ["free"]
        async with journal, client(sandbox, journal) as other, other.once("web"):
            await create(other)

    asyncio.run(work())
    assert threads() == []
    assert sandbox.calls["vm_create"] == 1


def test_what_waited_for_company_is_written(sandbox, path):
    """That an operation's end was seen, say."""

    async def work():
        gandi = client(sandbox, path)
        await gandi.once("web").__aenter__()
        operation = await create(gandi)
        await operation
        return gandi

    gandi = asyncio.run(work())
    asyncio.run(gandi.close())
    sent = sandbox.calls["operation_details"]

    async def again():
        async with client(sandbox, path) as other, other.once("web"):
            await (await create(other))

    asyncio.run(again())
    assert sandbox.calls["operation_details"] == sent
