"""Servers of a test's own, as asynchronous context managers."""

import asyncio
from contextlib import asynccontextmanager

from aiogandi import Fault, codec
from aiogandi.cancellation import cancel
from tests.wire import http_fault, http_reply


@asynccontextmanager
async def streams(handle, **settings):
    """Serves each connection by ``await handle(reader, writer)``, and gives its URL."""
    handlers = set()

    async def run(reader, writer):
        handlers.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client has hung up
        finally:
            writer.close()

    server = await asyncio.start_server(run, "127.0.0.1", 0, **settings)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"{'https' if 'ssl' in settings else 'http'}://127.0.0.1:{port}/xmlrpc/"
    finally:
        server.close()
        await cancel(handlers)
        await asyncio.sleep(0)  # transports close one turn of the loop after they were told to


async def read_request(reader):
    """The head, in small letters, and the body of a request."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    return head, await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))


@asynccontextmanager
async def raw(answer, **settings):
    """Answers every request with raw bytes, and gives its URL and the requests' bodies.

    The answer is bytes, or a function of the request's body that returns them, perhaps later (then
    it is a coroutine function); the connection is closed behind it. None: never answered.
    """
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

    async with streams(handle, **settings) as url:
        yield url, requests


@asynccontextmanager
async def answering(**answers):
    """Answers each method as told, and gives its URL and the calls: ``(method, arguments)``.

    An answer is a value, a `Fault`, or bytes: an HTTP answer as it is; or a function of the call's
    arguments that returns one of these. What is not told is a session id for ``login`` and an empty
    array for any other method.
    """
    calls = []
    answers = {"login": "session-id"} | answers

    def answer(body):
        method, arguments = codec.decode_call(body)
        calls.append((method, arguments))
        reply = answers.get(method, [])
        reply = reply(*arguments) if callable(reply) else reply
        if isinstance(reply, Fault):
            return http_fault(reply.code, reply.message)
        return reply if isinstance(reply, bytes) else http_reply(reply)

    async with raw(answer) as (url, _):
        yield url, calls
