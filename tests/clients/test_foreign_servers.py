"""`Gandi` on services that were written with other libraries: Python 2.7's, Ruby's, Node's, Perl's."""

from datetime import datetime

import pytest

from aiogandi import AuthenticationError, Fault, Gandi, InvalidState, Polling
from tests.clients import foreign

COMMANDS = {
    "python2.7": ("-E", "serve.py2"),
    "ruby": ("serve.rb",),
    "node": ("serve.js",),
    "perl": ("serve.pl",),
}

NIL = {"python2.7": None, "node": None, "perl": ""}
"""What each library's nothing is read as: Perl's is an empty value, and Ruby's is refused by Ruby."""


@pytest.fixture(params=COMMANDS)
def language(request):
    """One of the languages, by the name of its program."""
    foreign.require(request.param)
    return request.param


@pytest.fixture
async def url(language, enter):
    """Where the language's service serves."""
    *options, name = COMMANDS[language]
    return await enter(foreign.serving(foreign.find(language), *options, foreign.PROGRAMS / name))


def client(url, password=foreign.PASSWORD):
    return Gandi("AA1234-GANDI", password, url=url, rate_limit=None, polling=Polling(interval=0.01))


async def test_all_that_a_service_sends_is_read(url, language):
    async with client(url) as gandi:
        assert await gandi.account_balance() == 1234.5
        assert (await gandi.vm_list(), await gandi.disk_list()) == ([5, 6], [])
        vm = await gandi.vm_info(5)
        assert (vm.id, vm.hostname, vm.shares) == (5, "été-€-<&>-日本-😀", 4)
        assert (vm.disks, vm.ips) == ((7, 8), ())
        assert vm.date_created == datetime(2006, 1, 2, 3, 4, 5)
        assert (vm.raw["load"], vm.raw["tiny"], vm.raw["below"]) == (0.1, 1.25e-7, -1234.5)
        assert (vm.raw["on"], vm.raw["off"]) == (True, False)
        assert (vm.raw["nothing"], vm.raw["empty"], vm.raw["lines"]) == ({}, "", "  one\n two\t")
        assert vm.raw["nested"] == {"list": [[1, [2]], {"three": 3}]}
        assert vm.raw.get("nil", "absent") == NIL.get(language, "absent")
        details = await (await gandi.vm_start(5)).wait()
        assert (details.id, details.vm_id, details.state) == (99, 5, "DONE")


async def test_all_that_the_client_sends_is_read(url):
    sent = {
        "number": -7,
        "double": 0.25,
        "yes": True,
        "text": "  a <&> b\n",
        "list": [[1], [], ["2x"]],
        "struct": {"empty": {}},
        "date": datetime(2006, 1, 2, 3, 4, 5),
    }
    async with client(url) as gandi:
        assert await gandi.call("echo", sent) == sent


async def test_faults_are_read(url):
    async with client(url) as gandi:
        with pytest.raises(Fault) as caught:
            await gandi.vm_stop(5)
        assert type(caught.value) is InvalidState
        assert caught.value.message == "DataError: ne peut être arrêté [vm_id: 5]"
    async with client(url, password="another") as gandi:
        with pytest.raises(AuthenticationError):
            await gandi.vm_list()
