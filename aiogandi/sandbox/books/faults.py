"""The service's faults: a number made of qualification, object and cause, and a text.

Documented: the six digits; the text ``DataError: … [element: value]``, which repeats the value; the
order of the causes; 110020, 150000, 500130, 510150 and 530040. All other numbers of objects are
*assumed*.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

INTERNAL_ERROR: Final = 150000
"""The code of ``ServerError: internal error`` (documented)."""

LONGEST_ECHO: Final = 200
"""The most characters of a refused value that a fault's text repeats (*assumed*)."""


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
    """A fault for the caller. Its message repeats passwords and session ids, as the service's did.

    >>> ServiceFault(530150, "DataError: not yours [operation_id: 4711]").code
    530150
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def data_fault(
    subject: Subject, cause: Cause, reason: str, element: str, value: object
) -> ServiceFault:
    """Return the fault that refuses the caller's data: *element* is the parameter, *value* its value.

    >>> data_fault(Subject.ARGUMENT, Cause.VALUE, "invalid value", "cpu", -1).message
    'DataError: invalid value [cpu: -1]'
    """
    code = 500_000 + subject * 100 + cause
    return ServiceFault(code, f"DataError: {reason} [{element}: {shown(value)}]")


def shown(value: object) -> str:
    """Return *value* as a fault's text repeats it.

    A struct is only called ``struct`` and an array ``array``: a client that blanks passwords in
    texts could not recognise one inside.
    """
    match value:
        case str():
            return value if len(value) <= LONGEST_ECHO else f"{value[:LONGEST_ECHO]}…"
        case bool() | int() | float():
            return str(value)[:LONGEST_ECHO]
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
