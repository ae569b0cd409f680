"""Three thousand operations end at random while another client floods the account with its own."""

import asyncio
import random
from collections import UserDict

from aiogandi import OperationFailed, Polling
from aiogandi.sandbox import Sandbox

OURS, THEIRS = 3000, 5000


class Random(UserDict):
    """Service seconds that an operation takes: any of these, drawn for each."""

    def __init__(self, seed):
        super().__init__()
        self._random = random.Random(seed)

    def get(self, _kind, _default=None):
        return self._random.uniform(20, 120)


async def test_all_of_three_thousand_are_noticed_in_a_flood_of_five_thousand():
    async with (
        Sandbox(speed=20, shares=OURS + THEIRS, durations=Random(1)) as sandbox,
        sandbox.client(polling=Polling(interval=0.05, max_interval=0.5)) as gandi,
        sandbox.client() as other,
    ):
        sandbox.fail_operation("vm_reboot", times=30)

        async def create(client, number):
            operations = []
            for _ in range(number):
                operations.append(await client.vm_create("web", "s3cret-pw", 111, 1, 1))
            return operations

        vms = await asyncio.gather(*(create(gandi, OURS // 20) for _ in range(20)))
        theirs = await asyncio.gather(*(create(other, THEIRS // 20) for _ in range(20)))
        sandbox.advance(1000)

        async def reboot(client, operations):
            return [await client.vm_reboot(operation.vm_id) for operation in operations]

        ours = [o for some in await asyncio.gather(*(reboot(gandi, v) for v in vms)) for o in some]
        sandbox.calls.clear()
        flood = asyncio.gather(*(reboot(other, operations) for operations in theirs))
        results = await asyncio.gather(*ours, return_exceptions=True)
        requests = sandbox.calls["operation_list"] + sandbox.calls["operation_details"]
        await flood

    assert len(results) == OURS
    failed = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in failed} == {OperationFailed}
    assert len(failed) == 30
    assert all(operation.done() for operation in ours)
    assert requests < OURS / 3
