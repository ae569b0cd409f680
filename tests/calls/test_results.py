"""What a reply is read as, and what is told of one that the call cannot have."""

import pytest

from aiogandi import Gandi, NotFound, Retry, TransportError
from aiogandi.calls import results
from aiogandi.sandbox.trouble import Answer
from tests.wire import http, http_reply


@pytest.mark.parametrize(
    ("read", "replies"),
    [
        (results.string, [5, None, ["EUR"], {"a": 1}, b"\xff"]),
        (results.number, ["much", "", "1_0", "nan", True, None, [1.0], int("9" * 400)]),
        (results.ids, [{"a": 1}, "5", 5, None]),
        (results.operating_systems, [5, {"a": 1}, None]),
        (results.listed, [[5, "x"], [5, None], [5, -1], [5, True], [2**63], [0], {"a": 1}, "5"]),
        (
            results.number_of("vm_start"),
            ["soon", "", 0, -5, {"id": 5}, True, 1.5, "-5", "٣", "0", 2**63, "9" * 19],
        ),
    ],
    ids=["a string", "a number", "ids", "operating systems", "listed", "an id"],
)
def test_a_reply_of_another_kind_is_told(read, replies):
    for reply in replies:
        with pytest.raises(TransportError, match=r"was due, but a \w+ came$") as caught:
            read(reply)
        assert caught.value.status == 200


def test_a_reply_of_the_right_kind_is_read():
    assert results.string("EUR") == results.string(b"EUR") == "EUR"
    assert [results.number(5), results.number(1.5)] == [5.0, 1.5]
    assert type(results.number(5)) is float
    assert results.ids([5, "6"]) == [5, 6]
    assert results.number_of("vm_start")(5) == results.number_of("vm_start")("5") == 5
    for large in (2**31, 2**63 - 1):
        assert (
            results.number_of("vm_start")(large)
            == results.number_of("vm_start")(str(large))
            == large
        )
        assert results.ids([large, 7, str(large), float(7), 0, -1, True, 2**63]) == [large, 7]
    assert results.ids([3, 1, 2, 1, 3]) == [3, 1, 2]
    assert results.number_of("vm_start")(5.0) == results.number_of("vm_start")("5.0") == 5
    assert [results.number("12.50"), results.number(" -3 ")] == [12.5, -3.0]
    assert results.listed([5, 0, "6", 7.0, 5]) == [5, 0, "6", 7.0, 5]
    systems = results.operating_systems([{"id": 112}, {"id": 111, "label": "a"}, {"id": "111"}])
    assert [(system.id, system.label) for system in systems] == [(112, None), (111, "a")]
    assert results.nothing(None) is results.nothing(False) is results.nothing("anything") is None


@pytest.fixture
def client_of(answering):
    """A client of a server that answers one call as it is told to, and no call twice."""

    async def make(**answers):
        url, _ = await answering(**answers)
        return Gandi("login", "password", url=url, retry=Retry(1, settle=0))

    return make


async def test_a_reading_call_tells_of_a_reply_that_it_cannot_have(client_of):
    async with await client_of(account_currency=5) as gandi:
        with pytest.raises(TransportError, match="a string was due, but a int came"):
            await gandi.account_currency()


async def test_a_balance_that_no_float_can_hold_is_told(client_of):
    body = http_reply("").replace(b"<string></string>", b"<i8>" + b"9" * 400 + b"</i8>")
    body = http(body.partition(b"\r\n\r\n")[2], "200 OK", "Connection: close")
    async with await client_of(account_balance=body) as gandi:
        with pytest.raises(TransportError, match="a number was due"):
            await gandi.account_balance()


@pytest.mark.parametrize("reply", [0, "0", -5, "soon", [5], "9" * 19], ids=repr)
async def test_a_changing_call_that_is_answered_with_no_id_is_looked_for(
    gandi, gandi_sandbox, reply
):
    gandi_sandbox.alter("vm_create", lambda *_: reply)
    created = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    assert [vm["id"] for vm in gandi_sandbox.vms] == [created.vm_id]
    assert gandi.stats.reconciled == 1


@pytest.mark.parametrize("reply", [0, "soon"])
async def test_and_did_not_run_where_it_is_not_there(client_of, reply):
    async with await client_of(vm_start=reply) as gandi:
        with pytest.raises(TransportError, match="an id was due") as caught:
            await gandi.vm_start(1)
    assert (caught.value.sent, caught.value.status) == (False, 200)


LARGE = 2**31 + 5
"""An id beyond the wire's int."""


async def test_what_is_created_under_a_large_id_is_used_and_waited_for(gandi, gandi_sandbox):
    gandi_sandbox.alter("vm_create", lambda vm_id, _: vm_id + LARGE)
    gandi_sandbox.alter("disk_create", lambda disk_id, _: str(disk_id + LARGE))
    gandi_sandbox.alter("vm_list", lambda ids, _: [vm_id + LARGE for vm_id in ids])
    vm = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    disk = await gandi.disk_create({"size": 1024, "name": "data"})
    assert min(vm.vm_id, disk.disk_id) > 2**31
    assert await gandi.vm_list() == [vm.vm_id]
    gandi_sandbox.answer("vm_start", LARGE)
    started = await gandi.vm_start(vm.vm_id)
    assert (started.id, started.vm_id) == (LARGE, vm.vm_id)

    asked = []

    def tell(method):
        if method in ("operation_list", "operation_details"):
            asked.append(method)
            details = {"id": LARGE, "state": "DONE", "params": {"vm_id": vm.vm_id}}
            return Answer([LARGE] if method == "operation_list" else details)
        return None

    gandi_sandbox.interfere = tell
    assert (await started).vm_id == vm.vm_id
    assert (await vm).vm_id == vm.vm_id  # its operation is looked for by the large id
    assert (await gandi.operation(LARGE)).id == LARGE
    assert "operation_details" in asked
    gandi_sandbox.interfere = None
    with pytest.raises(NotFound):  # and not a fault of its type
        await gandi.vm_info(vm.vm_id)
