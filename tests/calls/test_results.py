"""What a reply is read as, and what is told of one that the call cannot have."""

import pytest

from aiogandi import Gandi, OutcomeUnknown, Retry, TransportError
from aiogandi.calls import results
from tests.wire import http, http_reply


@pytest.mark.parametrize(
    ("read", "replies"),
    [
        (results.string, [5, None, ["EUR"], {"a": 1}, b"EUR"]),
        (results.number, ["much", True, None, [1.0], int("9" * 400)]),
        (results.ids, [{"a": 1}, "5", 5, None]),
        (results.operating_systems, [5, {"a": 1}, None]),
        (results.number_of("vm_start"), ["soon", "", 0, -5, {"id": 5}, True, 1.5, "-5", "٣"]),
    ],
    ids=["a string", "a number", "ids", "operating systems", "an id"],
)
def test_a_reply_of_another_kind_is_told(read, replies):
    for reply in replies:
        with pytest.raises(TransportError, match=r"was due, but a \w+ came$") as caught:
            read(reply)
        assert caught.value.status == 200


def test_a_reply_of_the_right_kind_is_read():
    assert results.string("EUR") == "EUR"
    assert [results.number(5), results.number(1.5)] == [5.0, 1.5]
    assert type(results.number(5)) is float
    assert results.ids([5, "6"]) == [5, 6]
    assert results.number_of("vm_start")(5) == results.number_of("vm_start")("5") == 5
    assert [system.id for system in results.operating_systems([{"id": 111}])] == [111]
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


async def test_a_changing_call_whose_reply_is_no_id_may_have_run(client_of):
    async with await client_of(vm_start="soon") as gandi:
        with pytest.raises(OutcomeUnknown, match="whether it ran is not known"):
            await gandi.vm_start(1)


async def test_a_balance_that_no_float_can_hold_is_told(client_of):
    body = http_reply("").replace(b"<string></string>", b"<i8>" + b"9" * 400 + b"</i8>")
    body = http(body.partition(b"\r\n\r\n")[2], "200 OK", "Connection: close")
    async with await client_of(account_balance=body) as gandi:
        with pytest.raises(TransportError, match="a number was due"):
            await gandi.account_balance()
