import asyncio
import xmlrpc.client

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
async def send(sandbox):
    """Posts a document as another language's client wrote it; returns the result or raises."""
    async with aiohttp.ClientSession() as http:

        async def post(document):
            async with http.post(
                sandbox.url, data=document, headers={"Content-Type": "text/xml"}
            ) as reply:
                return xmlrpc.client.loads(await reply.text(), use_builtin_types=True)[0][0]

        yield post
