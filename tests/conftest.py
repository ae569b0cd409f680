"""What the tests of several rooms share: the package's own fixtures, raw servers, and clocks."""

import asyncio
import gc
import selectors
import time
from importlib.metadata import entry_points
from unittest.mock import Mock

import aiohttp
import pytest
from aioresponses import aioresponses
from hypothesis import HealthCheck, settings

from aiogandi import Fault, codec
from tests.wire import http, http_reply

# How long an example takes is the machine's affair.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("anywhere")

# Where the package is installed its fixtures come by themselves; a source tree has to ask for them.
if not any(point.value == "aiogandi.pytest_plugin" for point in entry_points(group="pytest11")):
    pytest_plugins = ["aiogandi.pytest_plugin"]


class Response(aiohttp.ClientResponse):
    """aioresponses 0.7.9 does not know the `stream_writer` that aiohttp 3.14's responses want: it
    is supplied here, until a later aioresponses does.
    """

    def __init__(self, *args, **settings):
        super().__init__(*args, stream_writer=Mock(output_size=0), **settings)


@pytest.fixture
def posted():
    """Answers every POST to a URL without a network: ``posted(url, status=…, body=…)``."""
    with aioresponses() as answers:

        def post(url, **answer):
            answers.post(url, response_class=Response, repeat=True, **answer)
            return answers

        yield post


@pytest.fixture
async def stream_server():
    """Opens servers of a test's own: ``url = await stream_server(handle)``."""
    servers, handlers = [], set()

    async def open_server(handle, **settings):
        async def run(reader, writer):
            handlers.add(asyncio.current_task())
            try:
                await handle(reader, writer)
            except (OSError, asyncio.IncompleteReadError):
                pass  # the client has hung up
            finally:
                writer.close()

        servers.append(await asyncio.start_server(run, "127.0.0.1", 0, **settings))
        port = servers[-1].sockets[0].getsockname()[1]
        return f"{'https' if 'ssl' in settings else 'http'}://127.0.0.1:{port}/xmlrpc/"

    yield open_server
    for server in servers:
        server.close()
    for handler in handlers:
        handler.cancel()
    await asyncio.gather(*handlers, return_exceptions=True)
    await asyncio.sleep(0)  # transports close one turn of the loop after they were told to


async def read_request(reader):
    """The head and the body of a request."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    return head, await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))


@pytest.fixture
def raw_server(stream_server):
    """Opens servers that answer every request with raw bytes: ``url, requests = await raw_server(a)``.

    The answer is bytes, or a function of the request's body that returns them, perhaps later (then
    it is a coroutine function); the connection is closed behind it. None: never answered.
    """

    async def open_server(answer, **settings):
        requests = []

        async def handle(reader, writer):
            requests.append((await read_request(reader))[1])
            reply = answer(requests[-1]) if callable(answer) else answer
            reply = await reply if asyncio.iscoroutine(reply) else reply
            if reply is None:
                await reader.read()
            else:
                writer.write(reply)
                await writer.drain()

        return await stream_server(handle, **settings), requests

    return open_server


@pytest.fixture
def answering(raw_server):
    """Opens servers that answer each method as told: ``url, calls = await answering(vm_list=[5])``.

    An answer is a value, a `Fault`, or bytes: an HTTP answer as it is; or a function of the call's
    arguments that returns one of these. What is not told is a session id for ``login`` and an empty
    array for any other method. *calls* are the calls that came in, as ``(method, arguments)``.
    """

    async def open_server(**answers):
        calls = []
        answers = {"login": "session-id"} | answers

        def answer(body):
            method, arguments = codec.decode_call(body)
            calls.append((method, arguments))
            reply = answers.get(method, [])
            reply = reply(*arguments) if callable(reply) else reply
            if isinstance(reply, Fault):
                fault = codec.encode_fault(reply.code, reply.message)
                return http(fault, "200 OK", "Connection: close")
            return reply if isinstance(reply, bytes) else http_reply(reply)

        url, _ = await raw_server(answer)
        return url, calls

    return open_server


@pytest.fixture
def grows_evenly():
    """Asserts that work on a text eight times as long takes eight times as long, not sixty-four
    times: ``grows_evenly(work, text)``, where *text* makes a text of a given length.

    It is processor time that is compared, the least of several runs, so that a busy machine does
    not matter.
    """

    def seconds(work, text):
        least = float("inf")
        for _ in range(3):
            began = time.thread_time()
            work(text)
            least = min(least, time.thread_time() - began)
        return least

    def check(work, text, length=1_000):
        gc.disable()
        try:
            short, long = (seconds(work, text(size)) for size in (length, 8 * length))
        finally:
            gc.enable()
        # Where it takes next to nothing, the clock's own grain would be compared.
        assert long < 24 * short + 0.002, f"{short:.6f} s for one, {long:.6f} s for eight"

    return check


class _Skipping(selectors.DefaultSelector):
    """Waits for nothing but the network: where only a timer is due, time moves on to it."""

    skipped = 0.0

    def select(self, timeout=None):
        self.skipped += 1e-6  # no clock stands still, and some code would wait for it for ever
        ready = super().select(0)
        if not ready and timeout is None:
            return super().select(1)
        if not ready and timeout > 0:
            # What was sent may be under way from one socket to the other.
            if len(self.get_map()) > 1:
                ready = super().select(min(timeout, 0.0005))
            if not ready:
                self.skipped += timeout
        return ready


class _VirtualTime(asyncio.SelectorEventLoop):
    def __init__(self):
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self):
        return 1000 + self._skipping.skipped


@pytest.fixture
def in_virtual_time():
    """Runs a coroutine on a loop whose timers cost no time: an hour's sleep ends at once."""

    def run(coroutine):
        with asyncio.Runner(loop_factory=_VirtualTime) as runner:
            return runner.run(coroutine)

    return run
