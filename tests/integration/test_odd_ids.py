"""Ids of operations that do not grow: where age cannot be told, nothing is sent twice or told as done."""

import asyncio
from collections import Counter

import pytest

from aiogandi import GandiError, OutcomeUnknown
from aiogandi.sandbox import Sandbox
from tests.integration.odd_ids import (
    ByChance,
    ByType,
    Descending,
    Growing,
    Large,
    Renumbered,
    RenumberedGandi,
    Reset,
    Reused,
)
from tests.virtual_time import run_in_virtual_time

WAYS = {
    "growing": lambda seed, _: Growing(seed),
    "by chance": lambda seed, _: ByChance(seed),
    "descending": lambda seed, _: Descending(seed),
    "by type": lambda seed, _: ByType(seed),
    "reset": lambda seed, history: Reset(seed, after=max(history, 2)),
    "beyond 32 bits": lambda seed, _: Large(seed, 2**31 - 2),
    "reused": lambda seed, history: Reused(seed, size=max(history, 1) + 1),
}
LOSSES = ["lose", "keep", "drop", "lose", "lose", "drop"]
"""What becomes of the calls of a run: the reply is lost, the request, or none of them."""


class Run:
    """An account with a *history*, and calls that begin while its operations end one by one."""

    def __init__(self, way, history, seed=1, losses=LOSSES):
        self.service = Renumbered(WAYS[way](seed, history))
        self.history = history
        self._losses = losses
        self.fates = Counter()
        self.candidates = 0
        run_in_virtual_time(self._run())

    async def _run(self):
        async with Sandbox(clock=asyncio.get_running_loop().time) as sandbox:
            self.service.sandbox = sandbox
            self._session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
            self._remember()
            async with RenumberedGandi(self.service) as gandi:
                for number, loss in enumerate(self._losses):
                    await self._call(gandi, number, loss)
                    await asyncio.sleep(100)

    def _remember(self):
        for number in range(self.history):
            values = (f"old-{number}", "s3cret-pw", 111, 1, 1, {})
            self.service.sandbox.execute("vm_create", self._session, *values)
            self.service.learn()
            self.service.sandbox.advance(100)

    async def _call(self, gandi, number, loss):
        before = len(self.service.sandbox.operations)
        if loss != "keep":
            getattr(self.service, loss)["vm_create"] = 1
        try:
            told = await gandi.vm_create(f"web-{number}", "s3cret-pw", 111, 1, 1)
        except OutcomeUnknown as unknown:
            self.fates["unknown"] += 1
            told = None
            begun = self.service.shown_since(before)
            self.candidates += set(begun) <= set(unknown.candidates)
        except GandiError as error:
            raise AssertionError(f"{loss}: {error!r}") from error
        new = self.service.sandbox.operations[before:]
        assert len(new) <= 1, "it ran twice"
        if told is not None:
            assert [each["params"]["vm_id"] for each in new] == [told.vm_id]
            self.fates["done"] += 1


@pytest.mark.parametrize(
    ("way", "history", "losses"),
    [
        *[(way, history, LOSSES) for way in WAYS for history in (0, 5)],
        *[(way, 320, ["lose"]) for way in ("growing", "descending", "by chance")],
    ],
)
def test_no_call_runs_twice_and_none_is_told_as_done_that_did_not_run(way, history, losses):
    run = Run(way, history, losses=losses)
    assert run.fates.total() == len(losses)
    assert run.candidates == run.fates["unknown"]  # each names what it may have begun
    if way in ("growing", "by type", "beyond 32 bits"):  # the creations alone do grow
        assert run.fates["unknown"] == 0
    else:
        assert run.fates["unknown"] > 0


@pytest.mark.parametrize("seed", range(10))
def test_the_first_lost_reply_is_no_exception(seed):
    assert Run("by chance", 3, seed).fates["unknown"] > 0


@pytest.mark.parametrize(
    ("history", "losses", "lists", "details"),
    [
        (320, ["keep"], 1, 0),
        (0, ["drop"], 8, 1),
        (320, ["drop"], 9, 2),
        (5, ["lose"], 6, 1),
        (320, ["lose"], 6, 2),
    ],
)
def test_what_it_costs_to_be_sure_of_an_age(history, losses, lists, details):
    """Nothing where no reply is lost; a list and an operation where ids alone would exclude some."""
    sent = Counter(Run("growing", history, losses=losses).service.sent)
    assert (sent["operation_list"], sent["operation_details"]) == (lists, details)


@pytest.mark.parametrize("first", [2**31 - 3, 2**40, 2**63 - 50, 2**63 - 4, 2**70])
def test_waits_end_whatever_the_ids_are(first):
    """Beyond 2**63 an id cannot be asked for: the end is taken from what is created, or from its call."""
    service = Renumbered(Large(1, first))

    async def main():
        clock = asyncio.get_running_loop().time
        async with Sandbox(clock=clock) as service.sandbox, RenumberedGandi(service) as gandi:
            names = [f"web-{number}" for number in range(6)]
            begun = [await gandi.vm_create(name, "s3cret-pw", 111, 1, 1) for name in names]
            ended = await asyncio.gather(*begun)
            assert {details.state for details in ended} == {"DONE"}
            listed = await gandi.operation_list()
            assert listed == [n for n in range(first + 6, first, -1) if n < 2**63]
            for number in listed:
                assert (await gandi.operation_details(number)).id == number
            service.lose["vm_create"] = 1
            try:
                await gandi.vm_create("lost", "s3cret-pw", 111, 1, 1)
            except OutcomeUnknown:
                assert first + 7 >= 2**63
            assert len(service.sandbox.vms) == 7

    run_in_virtual_time(main())
