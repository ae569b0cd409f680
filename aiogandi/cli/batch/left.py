"""What earlier commands have begun and nobody has concluded, as the journal tells it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from aiogandi.cli.exits import CommandFailed, WrongUse
from aiogandi.cli.service.connection import Connection
from aiogandi.cli.terminal.questions import agrees, can_ask
from aiogandi.errors import InvalidArgument

if TYPE_CHECKING:
    # At run time this would load the client, which help and wrong use do without.
    from aiogandi.changes.storage import Left

COLUMNS: Final = {
    "ENTRY": "entry",
    "CALL": "method",
    "RUN": "run",
    "KEY": "key",
    "VM": "vm_id",
    "DISK": "disk_id",
    "OPERATION": "operation_id",
    "STATE": "state",
    "SINCE": "since",
}

DISMISSED: Final = "dismissed"
ADOPTED: Final = "adopted"

_OPEN: Final = ("sent", "lost", "unknown")
"""The states of a call of which nobody knows what it has begun."""


async def left(connection: Connection) -> list[dict[str, Any]]:
    """Return a record of each call of the account that has begun something, or may have, and is under no
    concluded key. Nothing is asked of the service.
    """
    if connection.journal is None:
        return []
    return [_record(each) for each in await connection.journal.left(gandi=connection.gandi)]


async def runs_of(connection: Connection) -> dict[tuple[str | None, str, datetime], str | None]:
    """Return the run of each of them, by its key, its method and when it left."""
    if connection.journal is None:
        return {}
    return {
        (_key(each), each.call.method, _since(each)): each.run
        for each in await connection.journal.left(gandi=connection.gandi)
    }


async def conclude(
    connection: Connection, record: dict[str, Any], operation_id: int | None, *, yes: bool
) -> str:
    """Write down what the user knows of an entry: which operation is its own, or with None that it did not
    run. Returns which of the two; what the service says of the operation is looked at first.

    Raises `CommandFailed` where the answer is no, or that cannot be true.
    """
    from aiogandi.changes.journal import KeyHeld  # noqa: PLC0415 - help and wrong use do without it

    if connection.journal is None:
        raise CommandFailed("there is no journal")
    entry, name = record["entry"], _name(record)
    if record["state"] not in _OPEN and (operation_id is not None or record["key"] is not None):
        raise CommandFailed(f"what {name} has begun is known; there is nothing to say of it")
    details = None
    if operation_id is not None:
        details = await connection.gandi.operation_details(operation_id)
        if details.type not in (None, record["method"]):
            raise CommandFailed(
                f"operation {operation_id} is a {details.type}, and not that of {name}"
            )
    if not yes:
        _ask(connection, record, operation_id)
    try:
        if details is None:
            await connection.journal.dismiss(entry, gandi=connection.gandi)
        else:
            await connection.journal.adopt(entry, details, gandi=connection.gandi)
    except KeyHeld as held:
        raise CommandFailed(f"{name} is under way in {held}") from None
    except InvalidArgument as error:  # somebody else was quicker, or the operation is another's
        raise CommandFailed(f"{name}: {error}") from None
    return DISMISSED if details is None else ADOPTED


def require_consent(*, yes: bool) -> None:
    """Raise `WrongUse` where nobody can be asked and has not said yes."""
    if not yes and not can_ask():
        raise WrongUse("--dismiss and --adopt without a terminal to ask on need --yes")


def _ask(connection: Connection, record: dict[str, Any], operation_id: int | None) -> None:
    if operation_id is None:
        question = f"Did {_name(record)} not run? If you say so, it may be sent again."
    else:
        question = f"Is operation {operation_id} that of {_name(record)}?"
    with connection.interrupts.asking():
        agreed = agrees(question)
    if not agreed:
        raise CommandFailed("nothing was changed")


def _name(record: dict[str, Any]) -> str:
    """What an entry is called: ``entry 17 (vm_create web-01 of run release-42)``."""
    words = [record["method"]]
    if record["key"] is not None:
        words.append(record["key"])
    if record["run"] is not None:
        words.append(f"of run {record['run']}")
    return f"entry {record['entry']} ({' '.join(words)})"


def _record(each: Left) -> dict[str, Any]:
    call = each.call
    ids = {name: call.arguments.get(name) for name in ("vm_id", "disk_id")} | dict(call.ids)
    return {
        "entry": call.number,
        "method": call.method,
        "run": each.run,
        "key": _key(each),
        "vm_id": ids["vm_id"],
        "disk_id": ids["disk_id"],
        "operation_id": ids.get("id"),
        "state": str(call.state),
        "ended": None if call.ended is None else call.ended.get("state"),
        "since": _since(each).isoformat(timespec="seconds"),
    }


def _key(each: Left) -> str | None:
    return None if each.call.key is None else " / ".join(each.call.key)


def _since(each: Left) -> datetime:
    return datetime.fromtimestamp(each.call.since, UTC)
