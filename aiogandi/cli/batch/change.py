"""The way of every changing command: find the things, change them in one bulk run, report."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import aiogandi
from aiogandi.cli.batch.items import Item, Target, Waiting, Wording
from aiogandi.cli.batch.lot import LIMITS, Action, Limits, Lot, Step
from aiogandi.cli.batch.report import Report, tell
from aiogandi.cli.batch.resuming import not_begun
from aiogandi.cli.batch.selection import Kind, Selection
from aiogandi.cli.service.connection import Connection, Job
from aiogandi.cli.service.state import Record
from aiogandi.operations.operation import Operation

Check = Callable[[Connection, Sequence[Target]], Awaitable[None]]
"""Raises `CommandFailed` if a change of these things can only fail. Nothing is changed before."""


@dataclass(frozen=True, slots=True)
class BatchChange:
    """What a command does to each of its things."""

    action: Callable[[aiogandi.Gandi], Action]
    """Given the client, returns what is done to one thing."""
    check: Check | None = None


def each(
    call: Callable[[aiogandi.Gandi, int], Awaitable[Operation | None]], check: Check | None = None
) -> BatchChange:
    """Return the change that is one call with the thing's id, like ``each(Gandi.vm_stop)``."""

    def action(gandi: aiogandi.Gandi) -> Action:
        async def act(item: Item, step: Step) -> None:
            await step(call, gandi, item.target.id)

        return act

    return BatchChange(action, check)


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
    await lot.carry_out(action)
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
    record: Record | None,
) -> Job:
    """Return the job that changes what the user selected, and in a run what that has begun.

    Raises `WrongUse` if the selection is not one, before anything is sent.
    """
    selection.check()

    async def work(connection: Connection) -> int:
        targets = await selection.find(connection, kind, wording.verb)
        if change.check is not None:
            await change.check(connection, await not_begun(connection, targets))
        action = change.action(connection.gandi)
        return await carry_out(connection, targets, action, wording, waiting, report)

    return Job(work, as_json=as_json, record=record)
