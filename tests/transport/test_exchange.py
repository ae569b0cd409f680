"""One exchange over the wire: what comes back."""

import asyncio
import gc
import gzip
import time

import pytest

from aiogandi import NotFound, codec
from aiogandi.redaction import Secret
from aiogandi.transport.request import Request
from tests import servers
from tests.transport.conftest import PASSWORD
from tests.wire import http

REPLY = codec.encode_response("a reply")


async def test_a_reply_is_returned(ask):
    assert await ask(http(REPLY)) == "a reply"


async def test_the_call_goes_out_as_xml_with_the_session_id_first(raw_server, transport_to):
    url, requests = await raw_server(http(REPLY))
    request = Request.of("vm_info", {"password": Secret(PASSWORD), "vm_id": 5})
    await transport_to(url).exchange(request, Secret("session-id"))
    assert codec.decode_call(requests[0]) == ("vm_info", ["session-id", PASSWORD, 5])
    assert PASSWORD not in repr(request)


async def test_a_fault_is_raised_with_its_secrets_blanked(ask):
    fault = codec.encode_fault(530040, f"DataError: not there [vm_id: 5] for {PASSWORD}")
    with pytest.raises(NotFound) as caught:
        await ask(http(fault))
    assert caught.value.message == "DataError: not there [vm_id: 5] for ***"
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


async def test_a_compressed_reply_is_read(ask):
    assert await ask(http(gzip.compress(REPLY), "200 OK", "Content-Encoding: gzip")) == "a reply"


async def test_a_large_reply_is_read_in_pieces(ask):
    value = [{"id": number, "name": f"web {number}"} for number in range(20_000)]
    assert await ask(http(codec.encode_response(value))) == value


async def test_a_large_reply_with_an_undeclared_prefix_is_read(ask):
    body = codec.encode_response(["x" * 100] * 5000)
    body = body.replace(b"<value><string>x", b"<value><ex:nil/></value><value><string>x", 1)
    assert (await ask(http(body)))[:2] == [None, "x" * 100]


async def test_a_large_reply_does_not_block_the_loop(ask):
    value = [{"id": number, "disks": [number] * 5, "name": f"{number}"} for number in range(12_000)]
    body = http(codec.encode_response(value))
    assert len(body) > 4_000_000
    turns = []

    async def tick():
        # Processor time, and without the collector: what a busy machine does is not our affair.
        last = time.thread_time()
        while True:
            await asyncio.sleep(0)
            now = time.thread_time()
            turns.append(now - last)
            last = now

    ticker = asyncio.create_task(tick())
    gc.disable()
    try:
        assert len(await ask(body)) == 12_000
        await asyncio.sleep(0.001)
    finally:
        gc.enable()
        ticker.cancel()
    assert max(turns) < sum(turns) / 20


async def test_a_session_of_cookies_is_not_begun(stream_server, transport_to):
    heads = []

    async def set_a_cookie(reader, writer):
        heads.append((await servers.read_request(reader))[0])
        writer.write(http(REPLY, "200 OK", "Set-Cookie: session=abc", "Connection: close"))

    transport = transport_to(await stream_server(set_a_cookie))
    for _ in range(2):
        await transport.exchange(Request.of("vm_list", {}))
    assert [b"cookie" in head for head in heads] == [False, False]
