"""The judge sees what clients do wrong that were made to do it, each in one thing."""

import asyncio
from types import SimpleNamespace

import pytest

from tests.simulation import judge
from tests.simulation.runs import run
from tests.simulation.wire import SimulatedGandi


class Repeating(SimulatedGandi):
    """Sends a call again after any trouble."""

    async def disk_create(self, specs):
        disk_id = await self.call("disk_create", specs, idempotent=True)
        return SimpleNamespace(id=None, disk_id=disk_id)


class Forgetful(SimulatedGandi):
    """Tells nothing of calls whose callers went."""

    def pending(self):
        return []


class Lying(SimulatedGandi):
    """Says of every second server that it is the one before."""

    told = None

    async def vm_create(self, *args):
        operation = await super().vm_create(*args)
        self.told, told = (operation, None) if self.told is None else (None, self.told)
        return told or operation


class Slow(SimulatedGandi):
    """Waits on when its caller has gone."""

    async def vm_reboot(self, vm_id):
        try:
            return await super().vm_reboot(vm_id)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            raise


class Untidy(SimulatedGandi):
    """Leaves a task behind."""

    async def close(self, *, wait=None):
        self.left = asyncio.create_task(asyncio.sleep(3600))
        await super().close(wait=wait)


class Broken(SimulatedGandi):
    """Raises what nobody expects."""

    async def vm_list(self):
        raise RuntimeError


pytestmark = pytest.mark.usefixtures("untraced")

SHORT_DAYS = 4, 49, 19, 13, 7, 8, 10, 6


@pytest.mark.parametrize(
    ("client", "kind"),
    [
        (Repeating, judge.DUPLICATE),
        (Forgetful, judge.LOST),
        (Lying, judge.UNTRUE),
        (Slow, judge.ENDLESS),
        (Untidy, judge.LEFT),
        (Broken, judge.BROKE),
    ],
)
def test_a_fault_is_seen_on_one_of_a_few_days_and_called_by_its_name(client, kind):
    kinds = set()
    for seed in SHORT_DAYS:
        kinds.update(kind for kind, _ in run(seed, client).complaints)
        if kind in kinds:
            return
    pytest.fail(f"only {kinds} were seen")
