"""The way of every changing command: select, change as one lot, tell."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiogandi.cli.batch.aftermath import tell
from aiogandi.cli.batch.items import Item, Waiting, Wording
from aiogandi.cli.batch.lot import Action, Lot, Step
from aiogandi.cli.batch.selection import Kind, Selection, Target
from aiogandi.cli.connection import Connection, with_service
from aiogandi.client import Gandi
from aiogandi.operations.operation import Operation


@dataclass(frozen=True, slots=True)
class Report:
    """How items are told: their record for JSON, and which of its fields stand in the table."""

    record: Callable[[Item], Mapping[str, Any]]
    columns: Mapping[str, str]


def report_of(id_field: str, name_field: str | None, noun: str) -> Report:
    """The report on things that are selected: their id, name, operation and outcome."""

    def record(item: Item) -> dict[str, Any]:
        named = {} if name_field is None else {name_field: item.target.name}
        return {id_field: item.target.id, **named, **item.record()}

    names = {} if name_field is None else {name_field.upper(): name_field}
    return Report(
        record,
        {
            noun: id_field,
            **names,
            "OPERATION": "operation_id",
            "STATE": "state",
            "OUTCOME": "outcome",
        },
    )


async def carry_out(
    connection: Connection,
    targets: Sequence[Target],
    action: Action,
    wording: Wording,
    waiting: Waiting,
    report: Report,
) -> int:
    """Change *targets* as one lot and tell what became of them; returns the exit code."""
    lot = Lot(connection, wording, targets, waiting)
    await lot.run(action)
    return tell(lot, connection.screen, report.record, report.columns)


def each(call: Callable[[Gandi, int], Awaitable[Operation | None]]) -> Callable[[Gandi], Action]:
    """The action of one step: *call* with the thing's id."""

    def action_with(gandi: Gandi) -> Action:
        async def act(item: Item, step: Step) -> None:
            await step(call, gandi, item.target.id)

        return act

    return action_with


def change_selected(
    selection: Selection,
    kind: Kind,
    action_with: Callable[[Gandi], Action],
    wording: Wording,
    waiting: Waiting,
    report: Report,
    *,
    as_json: bool,
) -> int:
    """Change what the user selected; returns the exit code."""
    selection.check()

    async def work(connection: Connection) -> int:
        targets = await selection.find(connection, kind, wording.verb)
        action = action_with(connection.gandi)
        return await carry_out(connection, targets, action, wording, waiting, report)

    return with_service(work, as_json=as_json)
