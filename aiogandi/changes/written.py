"""A changing call's arguments as they are written down: JSON that can be read back, without secrets.

What JSON has no word for stands in an object of one member, whose name begins with ``$``: a date, bytes,
and each secret, of which nothing is written but its place among the call's secrets.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from aiogandi.checks import as_count
from aiogandi.redaction import BLANK, Secret

_DATE: Final = "$date"
_BYTES: Final = "$bytes"
_SECRET: Final = "$secret"  # noqa: S105 - the name of a member
_STRUCT: Final = "$struct"


_PLAIN: Final = frozenset((str, int, bool, float, type(None)))
"""What stands for itself, and is asked for first: most of what a call carries is of these."""

# `json.dumps` would make one for each call.
_text: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def write(value: Any) -> str:
    """*value*, of what XML-RPC can carry, as text. Secrets are numbered in their order, and left out."""
    return _text(_tagged(value, [0]))


def read(text: str) -> Any:
    """What `write` was given. In the place of each secret stands one that reads ``***``."""
    return _untagged(json.loads(text))


def _tagged(value: Any, secrets: list[int]) -> Any:
    if type(value) in _PLAIN:
        return value
    match value:
        case Secret():
            secrets[0] += 1
            return {_SECRET: secrets[0]}
        case datetime():
            return {_DATE: value.isoformat()}
        case bytes() | bytearray():
            return {_BYTES: b64encode(value).decode("ascii")}
        case dict() | Mapping():  # to ask for the second one takes its time
            members = {
                str(name): item if type(item) in _PLAIN else _tagged(item, secrets)
                for name, item in value.items()
            }
            # A struct of the caller's whose only member has such a name must not be taken for one.
            return {_STRUCT: members} if _is_tag(members) else members
        case list() | tuple():
            return [_tagged(item, secrets) for item in value]
        case int() | float() | str():  # of a class of their own
            return value
    if (number := as_count(value)) is not None:  # another library's whole number
        return number
    raise TypeError(f"a {type(value).__name__} is nothing that a call can carry")


def _untagged(value: Any) -> Any:
    match value:
        case {"$secret": _, **rest} if not rest:
            return Secret(BLANK)
        case {"$date": text, **rest} if not rest:
            return datetime.fromisoformat(text)
        case {"$bytes": text, **rest} if not rest:
            return b64decode(text)
        case {"$struct": members, **rest} if not rest:
            return {name: _untagged(item) for name, item in members.items()}
        case dict():
            return {name: _untagged(item) for name, item in value.items()}
        case list():
            return [_untagged(item) for item in value]
    return value


def _is_tag(members: Mapping[str, Any]) -> bool:
    return len(members) == 1 and next(iter(members)) in (_DATE, _BYTES, _SECRET, _STRUCT)
