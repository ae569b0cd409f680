"""The life of a server in Ruby, Node and C: each program polls, filters, reads dates and lists, and is
refused once, through a library that nobody here wrote.
"""

import asyncio
import re

import pytest

from aiogandi.sandbox import Sandbox
from tests.clients import foreign


@pytest.fixture(params=["ruby", "node", "cc"])
def program(request, tmp_path):
    """The command that starts a program; the one in C is built first."""
    found = foreign.require(request.param)
    if request.param == "cc":
        source, built = foreign.PROGRAMS / "life.c", tmp_path / "life"
        foreign.output([found, source, "-o", built, "-lxmlrpc_client", "-lxmlrpc", "-lxmlrpc_util"])
        return [built]
    return [found, foreign.PROGRAMS / {"ruby": "life.rb", "node": "life.js"}[request.param]]


async def test_a_server_lives_its_whole_life(program):
    async with Sandbox(password=foreign.PASSWORD, speed=2000, session_lifetime=10**6) as sandbox:
        command = [*program, sandbox.url, "AA1234-GANDI", foreign.PASSWORD]
        printed = await asyncio.to_thread(foreign.output, command)
        told = dict(line.split("=", 1) for line in printed.splitlines())
        [disk] = sandbox.disks
        born = next(each for each in sandbox.operations if each["type"] == "vm_create")
        assert re.fullmatch(r"10000(\.0*)?", told.pop("balance"))
        assert told.pop("created").replace("-", "") == f"{born['date_created']:%Y%m%dT%H:%M:%S}"
        assert told.pop("refused")[-2] == "6"  # a running server's deletion: its state forbids it
        assert told == {
            "currency": "EUR",
            "product": "DONE",
            "vm": "DONE",
            "disk": "DONE",
            "attached": "DONE",
            "info": f"web-1 running 4 [{disk['id']}]",
            "stopped": "DONE",
            "deleted": "DONE",
            "left": "[]",
        }
        assert (disk["name"], disk["size"], disk["state"]) == ("data", 2048, "created")
        assert (sandbox.vms, sandbox.used_shares, sandbox.total_shares) == ([], 0, 1004)
        assert {each["state"] for each in sandbox.operations} == {"DONE"}
