"""The provider's own samples, on a sandbox with their login and password."""

import asyncio
import xmlrpc.client
from functools import partial

import aiohttp
import pytest

from aiogandi.sandbox import Sandbox


@pytest.fixture
async def sandbox():
    """A sandbox with the login and the password of the provider's samples."""
    async with Sandbox(login="AA1234-GANDI", password="mypassword") as serving:
        yield serving


@pytest.fixture
def sample(sandbox):
    """Runs one of the samples in a thread, with a proxy of Python's own, and returns its result."""

    async def run(function, *args):
        def with_proxy():
            with xmlrpc.client.ServerProxy(sandbox.url, use_builtin_types=True) as proxy:
                return function(proxy, *args)

        return await asyncio.to_thread(with_proxy)

    return run


@pytest.fixture
async def send_to():
    """Posts a document to a sandbox as another language's client wrote it; returns the result or
    raises: ``await send_to(sandbox, document)``.
    """
    async with aiohttp.ClientSession(headers={"Content-Type": "text/xml"}) as http:

        async def post(to, document):
            async with http.post(to.url, data=document) as reply:
                return xmlrpc.client.loads(await reply.text(), use_builtin_types=True)[0][0]

        yield post


@pytest.fixture
def send(sandbox, send_to):
    """Posts a document to `sandbox`."""
    return partial(send_to, sandbox)
