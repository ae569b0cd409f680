"""What a reply must be: the result, or `TransportError` for one that the call cannot have.

What came is deleted before that is raised: it may repeat a secret, and the frame is part of the
traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiogandi.calls import unusable
from aiogandi.models import OperatingSystem, ids_from_wire
from aiogandi.settings import is_count, is_number


def string(reply: Any) -> str:
    """A string."""
    if not isinstance(reply, str):
        problem = unusable("the call", reply, "a string")
        del reply
        raise problem
    return reply


def number(reply: Any) -> float:
    """A number."""
    if not is_number(reply):
        problem = unusable("the call", reply, "a number")
        del reply
        raise problem
    return float(reply)


def ids(reply: Any) -> list[int]:
    """An array of ids."""
    if not isinstance(reply, list):
        problem = unusable("the call", reply, "an array of ids")
        del reply
        raise problem
    return ids_from_wire(reply)


def operating_systems(reply: Any) -> list[OperatingSystem]:
    """An array of structs."""
    if not isinstance(reply, list):
        problem = unusable("os_list", reply, "an array of structs")
        del reply
        raise problem
    return [OperatingSystem.from_wire(item) for item in reply]


def number_of(method: str) -> Callable[[Any], int]:
    """An id, of an operation or of what it creates."""

    def read(reply: Any) -> int:
        if isinstance(reply, str) and reply.isascii() and reply.isdecimal() and len(reply) < 10:
            reply = int(reply)
        if not is_count(reply) or reply <= 0:
            problem = unusable(method, reply, "an id")
            del reply
            raise problem
        return int(reply)

    return read


def true(reply: Any) -> None:
    """Anything: what ``operation_cancel`` returns on success is assumed, so it is not looked at."""
    del reply
