"""The connections of another's aiohttp session may be few: waiting for one is not connecting."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest

from aiogandi import ClientClosed, Retry, TransportError, codec
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import Delay, DropReply
from aiogandi.transport.connections import own_session, places_in
from aiogandi.transport.exchange import Transport
from aiogandi.transport.request import Request

LOGIN = {"login": "AA1234-GANDI", "password": "mypassword"}


@asynccontextmanager
async def pool_of(number, *, held=0.0, keepalive=5.0, **limits):
    """A sandbox, and an aiohttp session whose connections others hold for so many seconds."""
    clock = asyncio.get_running_loop().time
    limits = limits or {"limit": number}
    connector = aiohttp.TCPConnector(keepalive_timeout=keepalive, **limits)
    async with (
        Sandbox(clock=clock, idle_timeout=1e9) as sandbox,
        aiohttp.ClientSession(connector=connector) as http,
    ):
        others = []
        if held:
            sandbox.delay(seconds=held, times=number)
            others = [asyncio.create_task(post(http, sandbox)) for _ in range(number)]
            await asyncio.sleep(0.1)
        yield sandbox, http
        for other in others:
            other.cancel()
        await asyncio.gather(*others, return_exceptions=True)


async def post(http, sandbox):
    forever = aiohttp.ClientTimeout(total=None)
    body = codec.encode_call("vm_list", ["no session"])
    async with http.post(sandbox.url, data=body, timeout=forever) as response:
        await response.read()


async def seconds_of(awaitable):
    began = asyncio.get_running_loop().time()
    result = await awaitable
    return result, asyncio.get_running_loop().time() - began


def test_our_own_connections_are_not_limited_and_others_are_by_what_they_say(in_virtual_time):
    async def story():
        limits = [{}, {"limit": 0}, {"limit": 3}, {"limit_per_host": 5}]
        limits.append({"limit": 0, "limit_per_host": 7})
        for limit, places in zip(limits, [100, None, 3, 5, 7], strict=True):
            async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(**limit)) as http:
                assert places_in(http) == places
        async with own_session() as http:
            assert places_in(http) is None

    in_virtual_time(story())


@pytest.mark.parametrize("keepalive", [5.0, 60.0])
@pytest.mark.parametrize("limits", [{"limit": 1}, {"limit_per_host": 1}])
def test_sixty_reads_of_two_seconds_share_one_connection(in_virtual_time, limits, keepalive):
    async def story():
        async with (
            pool_of(1, keepalive=keepalive, **limits) as (sandbox, http),
            sandbox.client(http=http) as gandi,
        ):
            await gandi.vm_list()
            sandbox.delay("vm_list", seconds=2, times=60)
            reads = asyncio.gather(*(gandi.vm_list() for _ in range(60)))
            results, seconds = await seconds_of(reads)
            assert results == [[]] * 60
            assert seconds == pytest.approx(120, abs=1)
            assert (gandi.stats.retries, sandbox.calls["vm_list"]) == (0, 61)

    in_virtual_time(story())


def test_who_goes_first_is_decided_by_rank_also_where_connections_are_few(in_virtual_time):
    async def story():
        async with pool_of(1) as (sandbox, http), sandbox.client(http=http) as gandi:
            await gandi.vm_list()
            sandbox.delay("vm_list", seconds=2, times=100)
            reads = [asyncio.create_task(gandi.vm_list()) for _ in range(30)]
            await asyncio.sleep(1)
            sandbox.expire_sessions()
            await asyncio.sleep(4)
            assert sandbox.calls["login"] == 2
            await asyncio.gather(*reads)

    in_virtual_time(story())


def test_time_in_the_pool_costs_nothing_of_an_exchanges_time(in_virtual_time):
    async def story():
        async with pool_of(2, held=20) as (sandbox, http):
            transport = Transport(sandbox.url, timeout=30, events=Emitter(), http=http)
            sandbox.delay("login", seconds=25)
            request = Request.of("login", LOGIN | {"safe": True})
            _, seconds = await seconds_of(transport.exchange(request))
            assert seconds == pytest.approx(45, abs=1)
            assert request.queued == pytest.approx(20, abs=1)

    in_virtual_time(story())


def test_a_pool_that_gives_no_connection_is_told_as_what_it_is(in_virtual_time):
    async def story():
        async with pool_of(2, held=1e6) as (sandbox, http):
            transport = Transport(sandbox.url, timeout=30, events=Emitter(), http=http)
            request = Request.of("login", LOGIN)
            with pytest.raises(TransportError) as caught:
                await transport.exchange(request)
            told = "login: no connection from the pool of the aiohttp session within 30 s"
            assert str(caught.value) == told
            assert (caught.value.status, caught.value.sent) == (None, False)
            assert request.queued == 0  # it is time that its call has used
            assert sandbox.calls["login"] == 0

    in_virtual_time(story())


def test_a_wait_for_a_pool_that_gives_nothing_ends(in_virtual_time):
    async def story():
        async with pool_of(1, held=1e6) as (sandbox, http), sandbox.client(http=http) as gandi:
            with pytest.raises(TransportError, match="from the pool"):
                async with asyncio.timeout(70):
                    await gandi.vm_list()

    in_virtual_time(story())


def test_a_changing_call_that_got_no_connection_did_not_leave_and_is_sent_later(in_virtual_time):
    async def story():
        async with (
            pool_of(1) as (sandbox, http),
            sandbox.client(http=http, timeout=10, retry=Retry(backoff=0)) as gandi,
        ):
            await gandi.hosting_account_product_add("shares", 1, "1m")
            sandbox.delay(seconds=25)
            other = asyncio.create_task(post(http, sandbox))
            await asyncio.sleep(0.1)
            await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
            await other
            assert sandbox.calls["vm_create"] == 1
            assert gandi.stats.retries == 2
            sandbox.interfere = lambda method: DropReply() if method == "vm_create" else None
            await gandi.vm_create("lost", "s3cret-pw", 111, 1, 1)
            assert gandi.stats.reconciled == 1

    in_virtual_time(story())


def test_what_waits_in_the_pool_when_the_client_closes_was_not_sent(in_virtual_time):
    async def story():
        async with pool_of(1, held=1e6) as (sandbox, http):
            transport = Transport(sandbox.url, timeout=30, events=Emitter(), http=http)
            exchange = asyncio.create_task(transport.exchange(Request.of("login", LOGIN)))
            await asyncio.sleep(1)
            await transport.close()
            with pytest.raises(ClientClosed) as caught:
                await exchange
            assert not caught.value.sent

    in_virtual_time(story())


def test_a_middleware_that_sends_again_does_not_make_it_unsent(in_virtual_time):
    async def twice(request, handler):
        (await handler(request)).close()
        return await handler(request)

    async def story():
        async with Sandbox() as sandbox:
            connector = aiohttp.TCPConnector(limit=1, keepalive_timeout=5)
            async with aiohttp.ClientSession(connector=connector, middlewares=[twice]) as http:
                transport = Transport(sandbox.url, timeout=30, events=Emitter(), http=http)
                answers = iter([None, Delay(1e6)])
                sandbox.interfere = lambda _: next(answers)
                with pytest.raises(TransportError) as caught:
                    await transport.exchange(Request.of("login", LOGIN))
                assert caught.value.sent

    in_virtual_time(story())
