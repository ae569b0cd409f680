"""Callers that end their side of the connection when they have sent their requests, as TCP allows."""

import asyncio
import gzip
import socket
import xmlrpc.client
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from aiogandi.sandbox.http.exchange import LARGEST_BODY
from tests.waiting import until


def post(method, *args, version="1.1", headers="", body=None):
    """The bytes of one request."""
    if body is None:
        body = xmlrpc.client.dumps(args, method).encode()
    head = (
        f"POST /xmlrpc/ HTTP/{version}\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


LOGIN = ("login", "AA1234-GANDI", "mypassword")


@asynccontextmanager
async def connection(wire):
    url = urlsplit(wire.sandbox.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=2**24)
    try:
        async with asyncio.timeout(20):
            yield reader, writer
    finally:
        writer.close()


async def exchange(wire, data):
    """All that the sandbox answers to *data*, behind which the caller's side ends."""
    async with connection(wire) as (reader, writer):
        writer.write(data)
        writer.write_eof()
        return await reader.read()  # to the end: the sandbox closes the connection


def values(answer):
    """The results of the replies in *answer*."""
    return [
        xmlrpc.client.loads(part.partition(b"\r\n\r\n")[2])[0][0]
        for part in answer.split(b"HTTP/1.")[1:]
    ]


@pytest.fixture
async def wire(wire):
    await wire("account_currency")
    return wire


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_a_caller_that_has_no_more_to_say_gets_its_reply(wire, version):
    answer = await exchange(wire, post("account_currency", wire.session, version=version))
    assert answer.startswith(f"HTTP/{version} 200".encode())
    assert values(answer) == ["EUR"]


async def test_forty_at_once_get_forty_replies(wire):
    call = ("vm_create", wire.session, "web", "my_password", 111, 1, 1, {})
    answers = await asyncio.gather(*(exchange(wire, post(*call)) for _ in range(40)))
    ids = [vm_id for answer in answers for vm_id in values(answer)]
    assert sorted(ids) == sorted(vm["id"] for vm in wire.sandbox.vms)
    assert len(ids) == 40


@pytest.mark.parametrize("number", [2, 3, 10, 100])
async def test_requests_that_were_sent_in_one_go_are_all_answered(wire, number):
    data = post("account_currency", wire.session) * number
    assert values(await exchange(wire, data)) == ["EUR"] * number


async def test_a_late_reply_reaches_its_caller(wire):
    wire.sandbox.delay("account_currency", seconds=0.1, times=3)
    data = post("account_currency", wire.session)
    assert values(await exchange(wire, data)) == ["EUR"]
    assert values(await exchange(wire, data * 3)) == ["EUR"] * 3


async def test_the_end_may_come_long_after_the_request(wire):
    wire.sandbox.delay("account_currency", seconds=0.1)
    async with connection(wire) as (reader, writer):
        writer.write(post("account_currency", wire.session))
        await until(lambda: wire.sandbox.calls["account_currency"] == 2)
        writer.write_eof()
        assert values(await reader.read()) == ["EUR"]


async def test_a_large_body_is_read_to_its_end(wire):
    body = xmlrpc.client.dumps((wire.session,), "account_currency").encode()
    body = body.replace(b"<params>", b"<params>" + b" " * (LARGEST_BODY - len(body)))
    assert values(await exchange(wire, post("", body=body))) == ["EUR"]
    packed = post("", body=gzip.compress(body), headers="Content-Encoding: gzip\r\n")
    assert values(await exchange(wire, packed * 2)) == ["EUR"] * 2


async def test_a_body_that_breaks_off_is_refused_at_once_and_not_executed(wire):
    data = post(*LOGIN)
    assert (await exchange(wire, data[:-1])).startswith(b"HTTP/1.1 400 ")
    answer = await exchange(wire, data + data[:-1])
    assert answer.count(b"HTTP/1.1 200") == answer.count(b"HTTP/1.1 400") == 1
    assert (wire.sandbox.calls["?"], wire.sandbox.executed["login"]) == (2, 2)


async def test_a_chunked_body_that_breaks_off_is_refused(wire):
    head = b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert (await exchange(wire, head + b"5\r\n<meth")).startswith(b"HTTP/1.1 400 ")


async def test_a_body_that_is_refused_unread_may_break_off(wire):
    data = post(*LOGIN).replace(b"/xmlrpc/", b"/nowhere")[:-1]
    assert (await exchange(wire, data)).startswith(b"HTTP/1.1 404 ")


async def test_a_refused_bodys_end_may_come_after_the_refusal(wire):
    async with connection(wire) as (reader, writer):
        writer.write(post(*LOGIN).replace(b"/xmlrpc/", b"/nowhere")[:-1])
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 404 ")
        writer.write_eof()
        assert await reader.read() == b"not found\n"


@pytest.mark.parametrize("data", [b"", b"POST /xmlrpc/ HTTP/1.1\r\nHo", post(*LOGIN)[:40]])
async def test_what_is_no_whole_request_is_closed_without_an_answer(wire, data):
    assert await exchange(wire, data) == b""


async def test_what_is_no_http_is_answered_and_closed(wire):
    assert (await exchange(wire, b"hello\r\n\r\n")).startswith(b"HTTP/1.0 400 ")


async def test_a_connection_that_was_kept_ends_with_its_caller(wire):
    async with connection(wire) as (reader, writer):
        writer.write(post("account_currency", wire.session))
        await reader.readuntil(b"</methodResponse>")
        writer.write_eof()
        assert (await reader.read()).strip() == b""


async def test_trouble_is_met_as_by_others(wire):
    data = post("account_currency", wire.session)
    wire.sandbox.refuse("account_currency", status=503)
    assert (await exchange(wire, data)).startswith(b"HTTP/1.1 503 ")
    wire.sandbox.drop_reply("account_currency")
    assert await exchange(wire, data) == b""
    wire.sandbox.drop_reply("account_currency", late=0.01)
    assert await exchange(wire, data) == b""
    await until(lambda: wire.sandbox.executed["account_currency"] == 3)


async def test_a_caller_that_is_gone_altogether_harms_nobody(wire):
    wire.sandbox.delay("account_currency", seconds=0.05)
    async with connection(wire) as (_, writer):
        writer.write(post("account_currency", wire.session))
        await until(lambda: wire.sandbox.calls["account_currency"] == 2)
    await until(lambda: wire.sandbox.executed["account_currency"] == 2)
    assert await wire("account_currency") == "EUR"


async def test_a_sandbox_that_closes_ends_what_is_half_open(serving):
    async with serving() as wire:
        await wire("account_currency")
        wire.sandbox.delay("account_currency", seconds=3600.0)
        async with connection(wire) as (reader, writer):
            writer.write(post("account_currency", wire.session))
            writer.write_eof()
            await until(lambda: wire.sandbox.calls["account_currency"] == 2)
            await wire.sandbox.__aexit__(None, None, None)
            assert await reader.read() == b""
            assert wire.sandbox.executed["account_currency"] == 1
        await wire.sandbox.__aenter__()


@pytest.mark.parametrize("ends", [True, False])
async def test_a_caller_that_does_not_read_its_reply_keeps_no_sandbox_from_closing(serving, ends):
    async with serving() as wire:
        wire.sandbox.answer("account_currency", "x" * 20_000_000)
        # No stream, which would read by itself: a socket that nobody looks at.
        url = urlsplit(wire.sandbox.url)
        with socket.create_connection((url.hostname, url.port)) as deaf:
            deaf.sendall(post("account_currency"))
            if ends:
                deaf.shutdown(socket.SHUT_WR)
            await until(lambda: wire.sandbox.calls["account_currency"])
            async with asyncio.timeout(10):
                await wire.sandbox.__aexit__(None, None, None)
        await wire.sandbox.__aenter__()
