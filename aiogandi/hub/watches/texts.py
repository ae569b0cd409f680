"""The texts by which clients tell each other of the operations that they watch. No secret is in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, TypeAlias

from aiogandi import errors
from aiogandi.changes.written import read, write
from aiogandi.errors import Fault, GandiError, TransportError
from aiogandi.models import OperationDetails
from aiogandi.operations.guests import Watched, WatchKey

Notice: TypeAlias = tuple[str, str, str, str]
"""One thing that is told: its kind, the key of the operation, and two texts (see the script `TELL`)."""

_FAULTS: Final = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, Fault)
}


def read_notice(text: str | bytes) -> Notice:
    """Return a notice as it was told."""
    told = text if isinstance(text, str) else text.decode()
    kind, key, about, more = told.split("\t")
    return kind, key, about, more


def key_text(key: WatchKey) -> str:
    """Return a key as a text."""
    return str(key) if isinstance(key, int) else json.dumps(key, separators=(",", ":"))


def read_key(text: str) -> WatchKey:
    """Return the key of such a text."""
    key = json.loads(text)
    return key if isinstance(key, int) else (key[0], key[1])


def watched_text(watched: Watched) -> str:
    """Return what others must know of an operation to poll for it, but for when it began."""
    return json.dumps(
        [watched.type, watched.vm_id, watched.disk_id, watched.product_id, watched.follows]
    )


def read_watched(text: str, started: float | None) -> Watched:
    """Return what such a text says of an operation that *started* then."""
    kind, vm_id, disk_id, product_id, follows = json.loads(text)
    return Watched(kind, vm_id, disk_id, product_id, started, follows)


def details_text(
    details: OperationDetails, blanked: Callable[[Any], Any], late: float = 0.0
) -> str:
    """Return what the service said of an operation, and that it was noticed *late* seconds late at most."""
    sent = blanked(details.portable())
    return write({"late": late, "id": details.id, "sent": sent, "bare": not details.raw})


def read_details(text: str) -> tuple[OperationDetails, float]:
    """Return the details and the lateness in such a text."""
    told = read(text)
    details = OperationDetails.from_wire(told["sent"], id=told["id"])
    # Of what a list has shown, nothing was sent but its id.
    return replace(details, raw=None) if told["bare"] else details, told["late"]


def error_text(error: Exception) -> str:
    """Return why waits have failed."""
    if isinstance(error, Fault):
        told = {"fault": type(error).__name__, "code": error.code, "message": error.message}
        return json.dumps({**told, "method": error.method})
    if isinstance(error, TransportError):
        return json.dumps({"text": str(error), "status": error.status, "method": error.method})
    return json.dumps({"text": str(error) or type(error).__name__, "status": None, "method": ""})


def read_error(text: str) -> GandiError:
    """Return an exception like that of which the text was made."""
    told = json.loads(text)
    if "fault" in told:
        kind = _FAULTS.get(told["fault"], Fault)
        return kind(told["code"], told["message"], told["method"])
    return TransportError(told["text"], told["status"], method=told["method"])
