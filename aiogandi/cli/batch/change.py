"""The way of every changing command: find the things, change them in one bulk run, report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import aiogandi
from aiogandi.cli.batch.items import Item, Target, Waiting, Wording
from aiogandi.cli.batch.lot import LIMITS, Action, Limits, Lot, Step
from aiogandi.cli.batch.report import Report, tell
from aiogandi.cli.batch.selection import Kind, Selection
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.operations.operation import Operation

BatchChange = Callable[["aiogandi.Gandi"], Action]
"""Given the client, returns what is done to each thing."""


def each(call: Callable[[aiogandi.Gandi, int], Awaitable[Operation | None]]) -> BatchChange:
    """Return the change that is one call with the thing's id, like ``each(Gandi.vm_stop)``."""

    def change(gandi: aiogandi.Gandi) -> Action:
        async def act(item: Item, step: Step) -> None:
            await step(call, gandi, item.target.id)

        return act

    return change


async def carry_out(
    connection: Connection,
    targets: Sequence[Target],
    action: Action,
    wording: Wording,
    waiting: Waiting,
    report: Report,
    limits: Limits = LIMITS,
) -> int:
    """Do *action* to all *targets* in one bulk run and report; returns the exit code."""
    lot = Lot(connection, wording, targets, waiting, limits)
    await lot.run(action)
    return tell(lot, connection.screen, report)


def change_selected(
    selection: Selection,
    kind: Kind,
    change: BatchChange,
    wording: Wording,
    waiting: Waiting,
    report: Report,
    *,
    as_json: bool,
) -> Job:
    """Return the job that changes what the user selected.

    Raises `WrongUse` if the selection is not one, before anything is sent.
    """
    selection.check()

    async def work(connection: Connection) -> int:
        targets = await selection.find(connection, kind, wording.verb)
        action = change(connection.gandi)
        return await carry_out(connection, targets, action, wording, waiting, report)

    return Job(work, as_json=as_json)
