"""Waiting for a key that somebody holds, and how that ends."""

import asyncio

import pytest

from aiogandi import ClientClosed
from tests.waiting import until


async def enter(gandi):
    async with gandi.once("web"):
        raise AssertionError("the body must not run")


async def test_who_waits_for_a_key_is_told_that_the_client_closes(desk, told):
    """The key may be held for ever, by a process that is stopped."""
    async with desk.client() as holder, desk.client() as gandi, holder.once("web"):
        task = asyncio.create_task(enter(gandi))
        await until(lambda: "is held by" in told.text)
        await gandi.close()
        with pytest.raises(ClientClosed) as caught:
            async with asyncio.timeout(10):
                await task
        assert caught.value.sent is False


async def test_who_does_not_wait_any_longer_leaves_the_key_to_others(desk, told):
    async with desk.client() as holder, desk.client() as gandi, desk.client() as third:
        async with holder.once("web"):
            task = asyncio.create_task(enter(gandi))
            await until(lambda: "is held by" in told.text)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled()
        async with asyncio.timeout(10), third.once("web"):
            pass
