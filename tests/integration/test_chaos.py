"""Three hundred servers live through a bad day, and the sandbox's books are as if it were a good one."""

import importlib.util
from pathlib import Path

from aiogandi.changes.reconciler import Reconciler

_spec = importlib.util.spec_from_file_location("chaos", Path(__file__).with_name("chaos.py"))
chaos = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(chaos)


async def test_exactly_the_intended_things_happen_each_once():
    sandbox, outcomes, stats, met = await chaos.run(seed=20)

    assert chaos.complaints(sandbox, outcomes) == []
    assert stats.reconciled > 50
    assert stats.logins > 50
    assert all(met[name] > 20 for name in ("dropped before", "dropped after", "503", "garbage"))
    assert all(met[name] > 5 for name in ("stalled", "late"))


async def test_without_reconciliation_the_same_day_leaves_duplicates(monkeypatch):
    async def believe_that_nothing_ran(*_):
        return None

    monkeypatch.setattr(Reconciler, "recover", believe_that_nothing_ran)
    monkeypatch.setattr(Reconciler, "sift", believe_that_nothing_ran)

    sandbox, outcomes, _, _ = await chaos.run(seed=20, servers=60)

    created = [o for o in sandbox.operations if o["type"] == "vm_create"]
    assert len(created) > 60
    assert chaos.complaints(sandbox, outcomes, servers=60)
