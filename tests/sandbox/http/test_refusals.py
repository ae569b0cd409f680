"""What is refused before it is a call: the pages say nothing of the request, and expectations are met."""

import asyncio
import xmlrpc.client
from urllib.parse import urlsplit

import pytest

from aiogandi import RateLimit

SECRET = "hunter22"
BODY = xmlrpc.client.dumps(("AA1234-GANDI", SECRET), "login").encode()


async def answer(wire, data):
    """All that the sandbox answers on a connection of its own."""
    url = urlsplit(wire.sandbox.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        writer.write(data)
        writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def request(body=BODY, *, line="POST /xmlrpc/ HTTP/1.1", headers=""):
    head = f"{line}\r\nHost: x\r\n{headers}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    ("data", "status", "page"),
    [
        (f"{SECRET}\r\n\r\n".encode(), 400, "bad request"),
        (f"POST /{SECRET} HTTP/9.9 {SECRET}\r\n\r\n".encode(), 400, "bad request"),
        (f"POST /xmlrpc/ HTTP/1.1\r\n{SECRET}\r\n\r\n".encode(), 400, "bad request"),
        (f"{SECRET}\0 /xmlrpc/ HTTP/1.1\r\n\r\n".encode(), 400, "bad request"),
        (request(headers=f"{SECRET * 2000}: x\r\n"), 400, "bad request"),
        (request(headers=f"X: {SECRET * 2000}\r\n"), 400, "bad request"),
        (request(headers=f"X {SECRET}: x\r\n"), 400, "bad request"),
        (request(headers=f"X: {SECRET}\r\n" * 200), 400, "bad request"),
        (request(line=f"POST /{SECRET * 2000} HTTP/1.1"), 400, "bad request"),
        (
            f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {SECRET}\r\n\r\n".encode(),
            400,
            "bad request",
        ),
        (
            f"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{SECRET}\r\n".encode(),
            400,
            "bad request",
        ),
        (request(headers=f"Content-Encoding: {SECRET}\r\n", body=b"<"), 400, "not an XML-RPC call"),
        (request(headers="Content-Encoding: gzip\r\n"), 400, "bad request"),
        (request(body=SECRET.encode()), 400, "not an XML-RPC call"),
        (request(body=BODY.replace(b"value>", SECRET.encode() + b">")), 400, "not an XML-RPC call"),
        (request(line=f"POST /{SECRET} HTTP/1.1"), 404, "not found"),
        (request(line=f"{SECRET} /xmlrpc/ HTTP/1.1"), 400, "bad request"),
        (request(line=f"PUT /xmlrpc/?{SECRET} HTTP/1.1"), 405, "method not allowed"),
        (request(headers=f"Expect: {SECRET}\r\n"), 417, "expectation failed"),
    ],
    ids=lambda value: repr(value)[:50],
)
async def test_a_refusal_repeats_nothing_of_the_request(wire, data, status, page):
    told = (await answer(wire, data)).decode()
    head, _, text = told.partition("\r\n\r\n")
    assert (head.split()[1], text) == (str(status), f"{page}\n")
    assert SECRET not in told
    assert "\r\nAiogandi-Rate-Limit: none\r\n" in head


async def test_no_page_says_that_there_is_no_rate_limit_where_there_is_one(serving):
    async with serving(rate_limit=RateLimit(30, 2.0)) as wire:
        for data in (request(), f"{SECRET}\r\n\r\n".encode()):
            assert b"Aiogandi" not in await answer(wire, data)


async def test_a_body_is_waited_for_where_it_was_asked_whether_to_send_it(wire):
    url = urlsplit(wire.sandbox.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(request(headers="Expect: 100-Continue\r\n").removesuffix(BODY))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(BODY)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
    writer.close()


@pytest.mark.parametrize("expectation", ["100-continue", "a-miracle"])
async def test_what_http_1_0_expects_means_nothing(serving, expectation):
    head = request(line="POST /xmlrpc/ HTTP/1.0", headers=f"Expect: {expectation}\r\n")
    async with serving(password=SECRET) as wire:
        url = urlsplit(wire.sandbox.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(head.removesuffix(BODY))
        await asyncio.sleep(0.05)  # time for an answer that must not come
        writer.write(BODY)
        assert (await reader.readline()).startswith(b"HTTP/1.0 200 ")
        writer.close()


@pytest.mark.parametrize(
    "headers", ["Expect: a-miracle\r\n", "Expect: 100-continue, b\r\n", "Expect: 100\r\n"]
)
async def test_what_else_is_expected_cannot_be_met(wire, headers):
    assert (await answer(wire, request(headers=headers))).startswith(b"HTTP/1.1 417 ")
    assert wire.sandbox.calls == {"?": 1}


async def test_an_expectation_of_nothing_is_none(wire):
    assert (await answer(wire, request(headers="Expect:  \r\n"))).startswith(b"HTTP/1.1 200 ")
