"""No password and no session id is in a journal, in its log, or in what it tells of itself."""

import shutil

import pytest

from aiogandi import Journal, bulk
from aiogandi.sandbox import QUICK, Sandbox
from tests.integration.secrets.leaks import LOGIN_PASSWORD, VM_PASSWORD, Output
from tests.journals.desk import Stop


async def everything(journal, gandi, sandbox):
    """Make every kind of record, with passwords wherever a call takes one."""

    async def create(name):
        operation = await gandi.vm_create(name, VM_PASSWORD, 111, 1, 1)
        await operation
        return {"password": VM_PASSWORD, "vm": await gandi.vm_info(operation.vm_id)}

    done = [outcome async for outcome in bulk(create, ["a", "b"], run=journal.run("release"))]
    assert [outcome.error for outcome in done] == [None, None]
    with pytest.raises(Stop):
        async with gandi.once("block"):
            await create("c")
            sandbox.fault("vm_create", code=501733, message=f"[password: {VM_PASSWORD}] no")
            with pytest.raises(Exception, match="no"):
                await create("d")
            await gandi.vm_update(sandbox.vms[0]["id"], {"password": VM_PASSWORD})
            raise Stop
    sandbox.drop_reply("vm_create")
    await create("e")
    with pytest.raises(Exception, match="unexpected key"):
        await gandi.call("vm_create", "f", VM_PASSWORD, 111, 1, 1, {"password": VM_PASSWORD})
    sandbox.fault("vm_create", code=530240, message=f"{VM_PASSWORD!r}")
    failed = [outcome async for outcome in bulk(create, ["g"], run=journal.run("release"))]
    assert [outcome.ok for outcome in failed] == [False]


async def test_no_secret_is_in_the_files_of_a_journal(tmp_path):
    path = tmp_path / "runs.db"
    output = Output()
    async with (
        Sandbox(speed=3000, password=LOGIN_PASSWORD) as sandbox,
        Journal(path) as journal,
        sandbox.client(journal=journal, **QUICK) as gandi,
    ):
        await everything(journal, gandi, sandbox)
        for each in tmp_path.iterdir():  # the log as well, before it is written back
            shutil.copy(each, tmp_path / f"{each.name}.then")
        output.add(*[line async for line in journal.export()])
        output.add(repr(journal), repr(journal.run("release")))
        output.add(*[repr(each) async for each in journal.run("release").outcomes()])
        output.add(*map(repr, gandi.pending()))
    assert {each.name for each in tmp_path.iterdir()} >= {"runs.db", "runs.db-wal.then"}
    output.add(*(each.read_bytes().decode("latin-1") for each in tmp_path.iterdir()))

    assert len(output.texts) > 10
    assert not output.leaks()
    session = sandbox.execute("login", "AA1234-GANDI", LOGIN_PASSWORD)
    assert not any(str(session) in text for text in output.texts)
