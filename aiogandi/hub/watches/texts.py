"""What processes tell each other of the operations that they watch: the texts, which hold no secret."""

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
"""One thing that is told: of which kind, the key of the operation, and two texts."""

_FAULTS: Final = {
    name: kind
    for name, kind in vars(errors).items()
    if isinstance(kind, type) and issubclass(kind, Fault)
}


def read_notice(text: str | bytes) -> Notice:
    """One thing that was told."""
    told = text if isinstance(text, str) else text.decode()
    kind, key, about, more = told.split("\t")
    return kind, key, about, more


def key_text(key: WatchKey) -> str:
    """What a watch is known by."""
    return str(key) if isinstance(key, int) else json.dumps(key, separators=(",", ":"))


def read_key(text: str) -> WatchKey:
    """What `key_text` was given."""
    key = json.loads(text)
    return key if isinstance(key, int) else (key[0], key[1])


def watched_text(watched: Watched) -> str:
    """What others must know of an operation; when it began is told beside it."""
    return json.dumps(
        [watched.type, watched.vm_id, watched.disk_id, watched.product_id, watched.follows]
    )


def read_watched(text: str, started: float | None) -> Watched:
    """What `watched_text` was given, of an operation that began then."""
    kind, vm_id, disk_id, product_id, follows = json.loads(text)
    return Watched(kind, vm_id, disk_id, product_id, started, follows)


def details_text(
    details: OperationDetails, blanked: Callable[[Any], Any], late: float = 0.0
) -> str:
    """What the service said of an operation, which was noticed so many seconds *late* at most."""
    sent = blanked(details.portable())
    return write({"late": late, "id": details.id, "sent": sent, "bare": not details.raw})


def read_details(text: str) -> tuple[OperationDetails, float]:
    """What `details_text` was given."""
    told = read(text)
    details = OperationDetails.from_wire(told["sent"], id=told["id"])
    # Of what a list has shown, nothing was sent but its id.
    return replace(details, raw=None) if told["bare"] else details, told["late"]


def error_text(error: Exception) -> str:
    """Why waits have failed."""
    if isinstance(error, Fault):
        told = {"fault": type(error).__name__, "code": error.code, "message": error.message}
        return json.dumps({**told, "method": error.method})
    if isinstance(error, TransportError):
        return json.dumps({"text": str(error), "status": error.status, "method": error.method})
    return json.dumps({"text": str(error) or type(error).__name__, "status": None, "method": ""})


def read_error(text: str) -> GandiError:
    """An exception like that which `error_text` was given."""
    told = json.loads(text)
    if "fault" in told:
        kind = _FAULTS.get(told["fault"], Fault)
        return kind(told["code"], told["message"], told["method"])
    return TransportError(told["text"], told["status"], method=told["method"])
