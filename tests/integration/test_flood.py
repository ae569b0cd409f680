"""Fifteen hundred operations end at random while another client floods the account with its own."""

import asyncio
import random
from collections import UserDict

import pytest

from aiogandi import OperationFailed
from aiogandi.sandbox import Sandbox

OURS, THEIRS = 1500, 2500


class Random(UserDict):
    """Service seconds that an operation takes: any of these, drawn for each."""

    def __init__(self, seed):
        super().__init__()
        self._random = random.Random(seed)

    def get(self, _kind, _default=None):
        return self._random.uniform(20, 70)


async def add(client, number, pause):
    """Begin so many operations, one after the other."""
    operations = []
    for _ in range(number):
        operations.append(await client.hosting_account_product_add("shares", 1, "1m"))
        await asyncio.sleep(pause)
    return operations


@pytest.mark.usefixtures("untraced")
def test_all_are_noticed_in_a_flood_of_others(in_virtual_time):
    async def story():
        clock = asyncio.get_running_loop().time
        async with (
            Sandbox(clock=clock, balance=10.0**9, durations=Random(1)) as sandbox,
            sandbox.client() as gandi,
            sandbox.client() as other,
        ):
            sandbox.fail_operation("hosting_account_product_add", times=30)
            ours = await add(gandi, OURS, pause=0)
            sandbox.calls.clear()
            # So many of theirs begin, and soon end, in a second, that no list reaches far back.
            flood = asyncio.gather(*(add(other, THEIRS // 10, pause=0.1) for _ in range(10)))
            results = await asyncio.gather(*ours, return_exceptions=True)
            requests = sandbox.calls["operation_list"] + sandbox.calls["operation_details"]
            await flood
        return ours, results, requests

    ours, results, requests = in_virtual_time(story())
    assert len(results) == OURS
    failed = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in failed} == {OperationFailed}
    assert len(failed) == 30
    assert all(operation.done() for operation in ours)
    assert requests < OURS / 3
