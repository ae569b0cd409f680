"""The service's own fixed words, which stay where they are though somebody's password is one of them.

With the password ``bad``, ``DataError: bad credential [password: …]`` is what everybody reads. To blank
the word there would hide nothing and tell the password: the sentence is known, and the gap in it fits
one word. So a place is fixed only where the text is, letter by letter, what it would be for any other
password: one of these sentences at the beginning of the message, or the name of a parameter before its
value. Everything else is blanked, as it may repeat what was sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_SENTENCES: Final = (
    # Documented.
    "bad credential",
    "database could not find object",
    "database query failed",
    r"internal error(?: \(error has been logged and will be reported)?",
    # Assumed, as the sandbox says them.
    "invalid value",
    "no such (?:VM|disk|handle|method|operation|product|system)",
    "the balance is too low",
    "unknown session",
)
_PARAMETERS: Final = (
    # Documented: those of the calls, and what their structs hold.
    *("session", "login", "password", "safe", "handle", "product_name", "quantity"),
    *("duration", "product_id", "hostname", "os_id", "shares", "cpu", "specs", "vm_id", "disk_id"),
    *("size", "name", "fstype", "filter", "type", "state", "param"),
    *("created_after", "created_before", "updated_after", "updated_before"),
    # Assumed: the sandbox's for a call that there is not, another name for a session, and what stands for
    # the argument of two calls of which only the names are known.
    *("method", "session_id", "operation_id"),
)
_NAMES: Final = "|".join(_PARAMETERS)
_FIXED: Final = re.compile(
    r"\A(?:DataError|ServerError): "
    rf"(?:(?:invalid value for (?:{_NAMES})|{'|'.join(_SENTENCES)})(?= \[|\Z))?"
    rf"|(?<=\[)(?:{_NAMES})(?=:)"
)


def fixed_places(message: str) -> list[tuple[int, int]]:
    """Where *message* is fixed, whatever was sent: from and to which character."""
    return [found.span() for found in _FIXED.finditer(message)]


def outside(
    fixed: list[tuple[int, int]], places: Iterator[tuple[int, int]]
) -> Iterator[tuple[int, int]]:
    """Those of *places* that do not lie within a *fixed* one."""
    for start, end in places:
        if not any(first <= start and end <= last for first, last in fixed):
            yield start, end
