"""Waiting for what has no event to wait for."""

import asyncio


async def until(holds, within=60):
    """Let the loop turn until ``holds()``; after *within* seconds of its clock: TimeoutError."""
    async with asyncio.timeout(within):
        while not holds():  # noqa: ASYNC110 - a server's counter tells nobody that it has changed
            await asyncio.sleep(0.001)
