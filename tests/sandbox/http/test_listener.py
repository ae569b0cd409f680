"""Where the sandbox listens: how it stops."""

import asyncio
import socket
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from aiogandi.sandbox import Sandbox


@pytest.mark.parametrize("turns", range(5))
async def test_a_connection_that_is_just_being_accepted_is_closed_as_well(turns):
    async with Sandbox() as sandbox:
        place = urlsplit(sandbox.url)
        caller = socket.create_connection((place.hostname, place.port), timeout=10)
        for _ in range(turns):
            await asyncio.sleep(0)
    with caller, suppress(ConnectionResetError):  # it was not accepted yet
        assert caller.recv(1) == b""
