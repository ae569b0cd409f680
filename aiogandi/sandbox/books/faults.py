"""The service's refusals: one number of qualification, object and cause, and a text.

Documented: the six digits, ``DataError: … [element: value]`` with the value repeated, the order of
causes, 110020, 150000, 500130, 510150, 530040. Every other object number here is *assumed*.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

INTERNAL_ERROR: Final = 150000
"""Documented: ``ServerError: internal error``."""

LONGEST_SHOWN: Final = 200
"""Characters of a refused value that a fault's text repeats (*assumed*)."""


class Cause(IntEnum):
    """Why data is refused, in the order in which it is checked (documented; 60 *assumed*)."""

    TYPE = 10
    SYNTAX = 20
    VALUE = 30
    EXISTENCE = 40
    PRIVILEGES = 50
    STATE = 60


class Subject(IntEnum):
    """The object that a fault is about (101 and 300 documented, the others *assumed*)."""

    ARGUMENT = 1
    CREDENTIAL = 101
    HANDLE = 102
    PREPAID = 200
    ACCOUNT = 300
    PRODUCT = 301
    VM = 310
    DISK = 320
    OPERATION = 330
    SYSTEM = 340


class ServiceFault(Exception):
    """A fault that goes to the caller. Its message repeats secrets, as the service's did."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def data_fault(
    subject: Subject, cause: Cause, reason: str, element: str, value: object
) -> ServiceFault:
    """A refusal of the caller's data: *element* is the parameter, *value* what was sent for it.

    >>> data_fault(Subject.ARGUMENT, Cause.VALUE, "invalid value", "cpu", -1).message
    'DataError: invalid value [cpu: -1]'
    """
    code = 500_000 + subject * 100 + cause
    return ServiceFault(code, f"DataError: {reason} [{element}: {shown(value)}]")


def shown(value: object) -> str:
    """*value* as a fault's text repeats it.

    What is inside a struct or an array stays unsaid: a password in there could not be told from
    the rest by whoever wants to blank it.
    """
    match value:
        case str():
            return value if len(value) <= LONGEST_SHOWN else f"{value[:LONGEST_SHOWN]}…"
        case bool() | int() | float():
            return str(value)[:LONGEST_SHOWN]
        case datetime():
            return value.isoformat()
        case bytes():
            return "base64"
        case dict():
            return "struct"
        case list():
            return "array"
        case _:
            return "nil"
