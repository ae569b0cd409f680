"""What is printed when a bulk run is over: every thing, what still goes on, how to take it up."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiogandi.cli.batch.failures import Failure, list_of, tell_failures
from aiogandi.cli.batch.ids import written
from aiogandi.cli.batch.items import Ending, Item
from aiogandi.cli.batch.lot import Lot
from aiogandi.cli.exits import ENDED, FAILED, OK, refuses_login
from aiogandi.cli.service.state import keep_report
from aiogandi.cli.terminal.screen import Screen, Undelivered, counted
from aiogandi.errors import InvalidArgument, JournalConflict


@dataclass(frozen=True, slots=True)
class Report:
    """How items are shown: the record of each for JSON, and the columns (heading: field) of a table.
    *keep* puts a report that nobody can be shown into a file.
    """

    record: Callable[[Item], Mapping[str, Any]]
    columns: Mapping[str, str]
    keep: Callable[[str], None] = keep_report


def report_of(id_field: str, name_field: str | None, heading: str) -> Report:
    """Return the report on selected things: their id, name, operation and outcome.

    *heading* stands above the ids. For example ``report_of("vm_id", "hostname", "VM")``.
    """

    def record(item: Item) -> dict[str, Any]:
        named = {} if name_field is None else {name_field: item.target.name}
        told = {id_field: item.target.id, **named, **item.record()}
        told[id_field] = item.target.id  # what cancels an operation has none itself
        return told

    names = {} if name_field is None else {name_field.upper(): name_field}
    return Report(
        record,
        {
            heading: id_field,
            **names,
            "OPERATION": "operation_id",
            "STATE": "state",
            "OUTCOME": "outcome",
        },
    )


def tell(lot: Lot, screen: Screen, report: Report) -> int:
    """Print the items on stdout, what failed and what is left on stderr; returns the exit code.

    What stdout does not take is printed on stderr, the other way round, or kept in a file. If the service
    refused the login, that error is raised after everything that was begun is told.
    """
    failures = [
        Failure(item.target, item.error)
        for item in lot.items
        if item.error is not None and not refuses_login(item.error)
    ]
    begun = any(item.operation for item in lot.items)
    lost, kept = False, ""
    if begun or lot.refusal is None:
        try:
            _show(lot, screen, report)
        except Undelivered as error:
            lost, kept = True, screen.instead(error)
    # Below the table, whose length would hide them.
    tell_failures(screen, lot.wording.noun, failures)
    if begun or lot.refusal is None:
        _tell_left(lot, screen)
    if kept := kept + screen.missed():
        report.keep(kept)
    if lot.refusal is not None:
        raise lot.refusal
    return lot.exit_code() or (FAILED if lost else OK)


def _tell_left(lot: Lot, screen: Screen) -> None:
    if lot.repeated:
        total = counted(len(lot.items), lot.wording.noun)
        screen.line(
            f"{lot.repeated} of {total} {lot.wording.done} by an earlier command of this run"
        )
    if lot.stopped is not None:
        _tell_end(lot, screen)
    _tell_under_way(lot, screen)
    _tell_rest(lot, screen)


def _show(lot: Lot, screen: Screen, report: Report) -> None:
    """Print the items: all of them in JSON, and in the table those for which something was begun.

    What was refused has no more to show than the line that tells of its failure.
    """
    items = [item for item in lot.items if screen.as_json or not item.refused]
    if items or not lot.items:
        screen.rows([report.record(item) for item in items], report.columns)


def _tell_end(lot: Lot, screen: Screen) -> None:
    reasons = {**ENDED, FAILED: "the time is up"}
    reason = reasons.get(lot.stopped or OK, "the wait is over")
    done = sum(item.ending is Ending.DONE for item in lot.items)
    total = counted(len(lot.items), lot.wording.noun)
    screen.problem(f"{reason}: {done} of {total} {lot.wording.done}")


def _tell_under_way(lot: Lot, screen: Screen) -> None:
    operations = [
        item.operation for item in lot.items if item.operation is not None and item.goes_on
    ]
    ids = [operation.id for operation in operations if operation.id is not None]
    if ids:
        go_on = f"{counted(len(ids), 'operation')} {'goes' if len(ids) == 1 else 'go'} on"
        screen.line(f"{go_on} at the service; to take {'it' if len(ids) == 1 else 'them'} up:")
        screen.command(f"aiogandi operation wait {written(ids)}")
    for noun, command, field in (("server", "vm", "vm_id"), ("disk", "disk", "disk_id")):
        nameless = [
            getattr(operation, field)
            for operation in operations
            if operation.id is None and getattr(operation, field) is not None
        ]
        if nameless:
            things = counted(len(nameless), noun)
            screen.line(f"{things} of which the service lists no operation; to look at:")
            screen.command(f"aiogandi {command} info {written(nameless)}")


def _was_never_sent(item: Item) -> bool:
    """Whether its arguments were refused here: the same line would be refused again."""
    return item.refused and isinstance(item.error, InvalidArgument)


def _tell_rest(lot: Lot, screen: Screen) -> None:
    held = [item.target for item in lot.items if item.held and item.ending is Ending.UNDER_WAY]
    if held:
        screen.line(f"Another command has under way: {list_of(held)}")
    rest = [item.target for item in lot.items if item.unfinished]
    if rest and lot.stopped is not None:
        screen.line(f"Still to be {lot.wording.done}: {list_of(rest)}")
    if lot.run is not None and lot.exit_code() != OK:
        if any(isinstance(item.error, JournalConflict) for item in lot.items):
            screen.line(
                f"Run {lot.run.name} is of another command line: give this one another --run"
            )
        elif not all(_was_never_sent(item) for item in lot.items):
            screen.line(f"To go on with run {lot.run.name}, give the same line again")
    unknown = [item.target for item in lot.items if item.ending is Ending.UNKNOWN]
    if unknown:
        screen.line(f"Not known whether {lot.wording.done}: {list_of(unknown)}")
        if lot.run is not None:
            screen.line("If you know, tell the run's journal (see: aiogandi pending --help)")
