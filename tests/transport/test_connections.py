"""Connections: when they are opened, kept, shared and closed."""

import asyncio
import time

import aiohttp
import pytest
from aiohttp_xmlrpc.client import ServerProxy
from lxml import etree

from aiogandi import ClientClosed, RateLimit, TransportError, codec
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Delay
from aiogandi.transport.connections import IDLE
from aiogandi.transport.exchange import Transport
from aiogandi.transport.proxy import Proxy
from aiogandi.transport.rank import Rank
from aiogandi.transport.rate import CONNECTIONS, Turns
from aiogandi.transport.request import Request
from tests.waiting import until
from tests.wire import http

REPLY = codec.encode_response("a reply")


def test_nothing_is_opened_before_the_first_call():
    """Here is no loop on which anything could be opened."""
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    Transport("https://api.gandi.net/xmlrpc/", timeout=1, events=Emitter())


@pytest.fixture
async def counting_server(stream_server):
    """Counts its connections. One whose request asks for it is closed, without a word of that."""
    connections = []

    async def handle(reader, writer):
        connections.append(writer)
        close = False
        while not close:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"</methodCall>")
            close = b"connection: close" in head.lower()
            writer.write(http(REPLY))

    return await stream_server(handle), connections


async def send_three(transport):
    for _ in range(3):
        assert await transport.exchange(Request.of("x", {})) == "a reply"


async def test_our_own_connections_are_used_again(counting_server, transport_to):
    url, connections = counting_server
    await send_three(transport_to(url))
    assert len(connections) == 1


@pytest.mark.parametrize(
    ("connector", "opened"),
    [
        ({}, 3),
        ({"keepalive_timeout": None}, 3),
        ({"keepalive_timeout": 15}, 3),
        ({"force_close": True}, 3),
        ({"keepalive_timeout": 10}, 1),
    ],
)
async def test_anothers_connections_are_kept_only_if_they_are_dropped_in_time(
    counting_server, transport_to, connector, opened
):
    url, connections = counting_server
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(**connector)) as session:
        await send_three(transport_to(url, http=session))
    assert len(connections) == opened


async def test_anothers_session_stays_open(raw_server, transport_to):
    url, _ = await raw_server(http(REPLY))
    async with aiohttp.ClientSession(raise_for_status=True) as session:
        transport = transport_to(url, http=session)
        await transport.exchange(Request.of("x", {}))
        await transport.close()
        assert not session.closed


async def test_anothers_session_that_is_closed_is_told(transport_to):
    session = aiohttp.ClientSession()
    transport = transport_to("http://127.0.0.1:1/", http=session)
    await session.close()
    with pytest.raises(ClientClosed, match="aiohttp session is closed"):
        await transport.exchange(Request.of("x", {}))


async def test_closing_ends_what_is_under_way_and_what_comes_after(raw_server, transport_to):
    url, requests = await raw_server(lambda _: None)
    transport = transport_to(url)
    exchange = asyncio.create_task(transport.exchange(Request.of("x", {})))
    await until(lambda: requests)
    await transport.close()
    await transport.close()
    with pytest.raises(ClientClosed):
        await exchange
    fresh = transport_to(url)
    await fresh.close()
    with pytest.raises(ClientClosed):
        await fresh.exchange(Request.of("x", {}))


async def test_calls_have_a_limited_number_of_places_and_polls_have_none(raw_server, transport_to):
    gate = asyncio.Event()

    async def answer(_):
        await gate.wait()
        return http(REPLY)

    url, requests = await raw_server(answer, backlog=500)
    transport, turns = transport_to(url), Turns(None, Emitter())

    async def call(rank):
        async with turns.turn(rank):
            await transport.exchange(Request.of("x", {}))

    calls = [asyncio.create_task(call(Rank.CALL)) for _ in range(CONNECTIONS + 10)]
    await until(lambda: len(requests) == CONNECTIONS)
    poll = asyncio.create_task(call(Rank.POLL))
    await until(lambda: len(requests) == CONNECTIONS + 1)
    await asyncio.sleep(0.01)
    assert len(requests) == CONNECTIONS + 1
    gate.set()
    await asyncio.gather(poll, *calls)
    assert len(requests) == CONNECTIONS + 11


@pytest.mark.parametrize("ours", [True, False])
async def test_a_session_that_is_closed_in_the_middle_of_a_reply_is_told(
    ours, raw_server, transport_to, monkeypatch
):
    """While a large reply is parsed, where nobody waits for the connection."""
    url, _ = await raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + b" " * 600_000)
    closing = []

    class Parser(etree.XMLParser):
        def feed(self, data):
            if not closing:
                closing.append(asyncio.create_task(transport.close() if ours else http.close()))
            super().feed(data)

    monkeypatch.setattr(codec, "parser", Parser)
    connector = aiohttp.TCPConnector(keepalive_timeout=IDLE)
    async with aiohttp.ClientSession(connector=connector) as http:
        transport = transport_to(url, http=None if ours else http)
        with pytest.raises(ClientClosed if ours else TransportError) as caught:
            await transport.exchange(Request.of("x", {}))
    await asyncio.gather(*closing)
    if not ours:
        assert (caught.value.status, caught.value.sent) == (200, True)


@pytest.mark.parametrize(("idle", "opened"), [(9, 1), (11, 2)])
async def test_an_idle_connection_is_dropped_after_10_seconds(
    counting_server, transport_to, monkeypatch, idle, opened
):
    url, connections = counting_server
    transport = transport_to(url)
    await transport.exchange(Request.of("x", {}))
    now = time.monotonic()
    monkeypatch.setattr("aiohttp.connector.monotonic", lambda: now + idle)  # the pool's clock
    await transport.exchange(Request.of("x", {}))
    assert len(connections) == opened


def test_turns_are_not_saved_up_while_all_places_are_taken(in_virtual_time):
    """Or they would all be used in the moment in which the service answers again."""
    sent = []

    async def story():
        loop = asyncio.get_running_loop()
        began = loop.time()

        def slow_at_first(_):
            sent.append(loop.time())
            return Delay(1000 - loop.time() + began) if len(sent) <= CONNECTIONS else None

        async with Sandbox() as sandbox:
            transport = Transport(sandbox.url, timeout=5000, events=Emitter())
            turns = Turns(RateLimit(10, 1), Emitter())

            async def call():
                async with turns.turn():
                    await transport.exchange(login)

            login = Request.of("login", {"login": "AA1234-GANDI", "password": "mypassword"})
            sandbox.interfere = slow_at_first
            await asyncio.gather(*(call() for _ in range(300)))
            await transport.close()

    in_virtual_time(story())
    assert len(sent) == 300
    for first, beyond in zip(sent, sent[10:], strict=False):
        assert beyond - first >= 1 - 0.01


# -- aiohttp-xmlrpc --------------------------------------------------------------------------


async def test_the_proxy_is_aiohttp_xmlrpcs_and_its_own_way_to_send_is_closed():
    async with aiohttp.ClientSession() as session:
        proxy = Proxy("http://127.0.0.1:1/", client=session)
        assert isinstance(proxy, ServerProxy)
        # It would follow redirects, read without limit and log session ids.
        with pytest.raises(AttributeError, match="by post"):
            proxy.vm_list  # noqa: B018


async def test_what_that_library_would_lose_goes_there_and_back(raw_server, transport_to):
    url, requests = await raw_server(http(codec.encode_response([" a ", 2**31 - 1, b"bytes"])))
    values = {"text": " spaces ", "number": 2**31 - 1, "bytes": b"bytes"}
    reply = await transport_to(url).exchange(Request.of("x", values))
    assert codec.decode_call(requests[0]) == ("x", list(values.values()))
    assert reply == [" a ", 2**31 - 1, b"bytes"]


async def test_every_exchange_goes_through_aiohttp(posted):
    posted("https://api.gandi.net/xmlrpc/", body=REPLY)
    transport = Transport("https://api.gandi.net/xmlrpc/", timeout=1, events=Emitter())
    assert await transport.exchange(Request.of("vm_list", {"session": "session"})) == "a reply"
    await transport.close()
