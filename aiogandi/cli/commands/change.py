"""The factory of the commands that change things which the user selects.

All of them take the same options: ids, ``--match`` or ``--all``; ``--yes``; ``--no-wait`` and
``--timeout``; ``--run`` and ``--journal``; ``--json``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any, Final

import typer

from aiogandi.cli.batch.change import BatchChange, change_selected
from aiogandi.cli.batch.ids import ids_of
from aiogandi.cli.batch.items import Waiting, Wording
from aiogandi.cli.batch.report import Report
from aiogandi.cli.batch.selection import Kind, Selection
from aiogandi.cli.commands.options import (
    Everything,
    Ids,
    JournalFile,
    Json,
    NoWait,
    RunName,
    Timeout,
    Yes,
    match_option,
)
from aiogandi.cli.service.connection import Job
from aiogandi.cli.service.state import Record

Own = Callable[..., BatchChange]
"""Declares the options that only one command has, checks them, and returns the change."""


def _option(name: str, annotation: object, default: object) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def _selecting(kind: Kind) -> tuple[Parameter, ...]:
    match = match_option(kind.pattern, kind.named, asks=True)
    return (
        _option("ids", Ids, None),
        _option("match", Annotated[list[str] | None, match], None),
        _option("everything", Everything, False),
    )


AGREEING: Final = (_option("yes", Yes, False),)
WAITING: Final = (_option("no_wait", NoWait, False), _option("timeout", Timeout, None))
RUN: Final = (_option("run", RunName, None), _option("journal", JournalFile, None))
PRINTING: Final = (_option("json", Json, False),)


def change_command(
    app: typer.Typer,
    kind: Kind,
    report: Report,
    wording: Wording,
    *,
    epilog: str,
    waiting: bool = True,
) -> Callable[[Own], Own]:
    """Add a command to *app* that changes things of *kind*; a decorator.

    The decorated function gives the command its name and its help. Its parameters are the options
    that only this command has. A parameter that is called like a shared option (``ids``,
    ``no_wait``, …) gets the value of that option, for example to check what goes together. The
    function may raise `WrongUse`, and returns the change:

        @change_command(app, SERVERS, REPORT, STOP, epilog=examples("aiogandi vm stop 10001"))
        def stop() -> BatchChange:
            '''Shut servers down.'''
            return each(Gandi.vm_stop)

    *waiting*: whether the command has ``--no-wait`` and ``--timeout``. In the help, required options
    come first, then those that select, the command's other own ones, and the rest.
    """
    after = (*AGREEING, *(WAITING if waiting else ()), *RUN, *PRINTING)
    selecting = _selecting(kind)
    shared = {option.name for option in (*selecting, *after)}

    def add(own: Own) -> Own:
        parameters = inspect.signature(own, eval_str=True).parameters
        added = [
            parameter.replace(kind=Parameter.KEYWORD_ONLY)
            for parameter in parameters.values()
            if parameter.name not in shared
        ]
        required = [parameter for parameter in added if parameter.default is Parameter.empty]
        optional = [parameter for parameter in added if parameter not in required]

        def command(**given: Any) -> Job:
            given["ids"] = ids_of(given["ids"] or ())
            change = own(**{name: given[name] for name in parameters})
            return change_selected(
                Selection(given["ids"], given["match"], given["everything"], given["yes"]),
                kind,
                change,
                wording,
                Waiting.of(given.get("no_wait", False), given.get("timeout")),
                report,
                as_json=given["json"],
                record=Record.of(given["run"], given["journal"]),
            )

        signature = Signature([*required, *selecting, *optional, *after])
        command.__signature__ = signature  # type: ignore[attr-defined]  # what typer reads
        app.command(own.__name__, help=inspect.getdoc(own), epilog=epilog)(command)
        return own

    return add
