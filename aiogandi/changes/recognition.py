"""How a changing call's operation is recognised among those that the service lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiogandi.models import OperationDetails
from aiogandi.redaction import Secret, secrets_in

FILTERS: Final = ("hostname", "disk_id", "vm_id")
"""Parameters that ``operation_list`` can be asked for (assumed), the most telling first."""


def filter_for(method: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The ``operation_list`` filter that fits the call best."""
    for name in FILTERS:
        if name in arguments:
            return {"type": method, "param": {name: arguments[name]}}
    return {"type": method}


def passwords_of(arguments: Mapping[str, Any]) -> tuple[str, ...]:
    """The passwords among the arguments. The service never repeats them, so they cannot be used to
    recognise the call's operation.
    """
    return tuple(secret.reveal() for secret in secrets_in(tuple(arguments.values())))


def matches(method: str, arguments: Mapping[str, Any], details: OperationDetails) -> bool | None:
    """Whether *details* may be of this call: None where they tell too little to say."""
    if details.type is not None and details.type != method:
        return False
    params = details.params or {}
    told = 0
    for name, value in _comparable(arguments):
        if name in params:
            told += 1
            if not _same(value, params[name]):
                return False
    return True if told or not arguments else None


def _comparable(arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The arguments that an operation's params may repeat: specs may stand among them or within."""
    pairs: list[tuple[str, Any]] = []
    for name, value in arguments.items():
        if isinstance(value, Mapping):
            pairs.extend((inner, item) for inner, item in value.items() if inner not in arguments)
        pairs.append((name, value))
    return [(name, value) for name, value in pairs if not isinstance(value, Secret)]


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Mapping):
        return isinstance(theirs, Mapping) and all(
            _same(value, theirs[name])
            for name, value in ours.items()
            if name in theirs and not isinstance(value, Secret)
        )
    if isinstance(ours, list | tuple):
        return (
            isinstance(theirs, list | tuple)
            and len(ours) == len(theirs)
            and all(map(_same, ours, theirs))
        )
    # A service that was written for clients without types may repeat a number as a string.
    return bool(ours == theirs) or (
        isinstance(ours, int | str) and isinstance(theirs, int | str) and str(ours) == str(theirs)
    )
