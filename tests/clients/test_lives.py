"""The life of a server in Ruby, Node and C: each program polls, filters, reads dates and lists, and is
refused once, through a library that nobody here wrote.

`programs/life.c` stands in for the program ``xmlrpc``, which comes with the same library in C: that one has
no way to write a struct in its arguments, so it can neither create a server nor filter. What it can say is
tried as well.
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


async def test_the_program_of_the_library_in_c_says_what_its_arguments_can():
    program = foreign.require("xmlrpc")
    async with Sandbox() as sandbox:

        async def call(*arguments):
            return await asyncio.to_thread(foreign.output, [program, sandbox.url, *arguments])

        told = await call("login", "s/AA1234-GANDI", "s/mypassword", "b/true")
        session = "s/" + re.fullmatch(r"Result:\n\nString: '([a-f][0-9a-f]+)'\n", told)[1]
        assert await call("vm_list", session) == "Result:\n\nArray of 0 items:\n"
        info = await call("hosting_account_info", session)
        assert "String: 'used_shares'\n  Value: Integer: 0\n" in info
        added = await call("hosting_account_product_add", session, "s/shares", "i/4", "s/1m")
        assert added == f"Result:\n\nInteger: {sandbox.operations[0]['id']}\n"
        refused = await asyncio.to_thread(
            foreign.run, [program, sandbox.url, "vm_info", session, "i/5"]
        )
        assert "DataError: no such VM [vm_id: 5].  (XML-RPC fault code 530240)" in refused.stderr


@pytest.mark.parametrize("password", ["12345e678", "NaN", "20061399T00:00:00", "9" * 1200, "0123"])
async def test_a_password_that_perl_types_by_its_look_is_the_text_that_it_is(password):
    perl = foreign.require("perl")
    login = "print XMLRPC::Lite->proxy($ARGV[0])->call('login', 'AA1234-GANDI', $ARGV[1])->result"
    async with Sandbox(password=password) as sandbox:
        command = [perl, "-MXMLRPC::Lite", "-e", login, sandbox.url, password]
        assert len(await asyncio.to_thread(foreign.output, command)) > 10
