"""Far more calls at once than the rate allows: time in our own queue is not the service's."""

import asyncio
import random

import pytest

from aiogandi import RateLimit, Retry
from aiogandi.sandbox.trouble import DropRequest
from tests.integration.service import on_service


@pytest.mark.usefixtures("untraced")
@on_service(retry=Retry(), rate_limit=RateLimit(30, per=2.0))
async def test_a_thousand_creations_of_which_some_are_lost_all_end_well(sandbox, gandi):
    """With default settings, and 2 % of all requests lost."""
    lost = random.Random(11)
    sandbox.interfere = lambda _: DropRequest() if lost.random() < 0.02 else None
    disk = {"size": 1, "name": "d", "fstype": "ext3"}

    operations = await asyncio.gather(*(gandi.disk_create(disk) for _ in range(1000)))

    assert {operation.disk_id for operation in operations} == {d["id"] for d in sandbox.disks}
    assert len(sandbox.disks) == 1000
    assert (gandi.stats.unknown, gandi.stats.surplus) == (0, 0)
