"""The service's faults: a number made of qualification, object and cause, and a text.

Documented: the six digits, the numbers of objects and causes below, the text
``DataError: … [element: value]``, which repeats the value, and 110020, 150000, 500130 and 510150 as a
whole; 530040 is documented for the next version, and *assumed* for this one. *Assumed* as well: which of these numbers a refusal gets where no example is preserved, and
all other words of the text.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Final

from aiogandi.codec import DateAsSent, IllTyped, is_carriable_text

INTERNAL_ERROR: Final = 150000
"""The code of ``ServerError: internal error`` (documented)."""

LONGEST_ECHO: Final = 200
"""The most characters of a refused value that a fault's text repeats (*assumed*)."""


class Cause(IntEnum):
    """Why data is refused (numbers and words documented; what the sandbox takes each for, *assumed*).

    The tens are in the order in which they are checked (documented): type, syntax, value, existence,
    privileges, state.
    """

    TYPE = 10
    SYNTAX = 20
    VALUE = 30
    SIZE = 31
    EXPECTED = 32
    """A required parameter is missing."""
    UNEXPECTED = 33
    IDENTICAL = 34
    QUOTA = 35
    PARAMETER = 37
    HOSTNAME = 38
    ATTACHED = 39
    EXISTENCE = 40
    """It does not exist."""
    EXISTS = 41
    """It exists already."""
    NOT_FOUND = 42
    NO_RESULT = 43
    NOTHING_TO_UPDATE = 44
    POSITION = 45
    NO_DISK = 46
    EXPIRED = 49
    PRIVILEGES = 50
    DISABLED = 54
    PRICE = 55
    STATE = 60
    BILLED = 62
    MONEY = 63
    """There is not enough of it."""
    NULL = 65
    """A quantity or a period is 0."""
    PENDING = 67
    RUNNING = 68
    ATTACHED_AND_RUNNING = 69
    SHRINK = 95
    """It cannot become smaller."""
    UNATTACHED = 98
    TOO_MANY = 99


class Subject(IntEnum):
    """The object that a fault is about (documented)."""

    PASSWORD = 1
    SESSION = 2
    LOGIN = 3
    INTEGER = 10
    BOOLEAN = 11
    STRING = 12
    DATE = 13
    LIST = 14
    STRUCT = 15
    METHOD = 16
    KEY = 17
    FLOAT = 18
    DURATION = 19
    ACCOUNT = 101
    OPERATION = 102
    PREPAID = 211
    OPERATION_STATE = 250
    OPERATION_TYPE = 251
    HOSTING_ACCOUNT = 300
    VM = 302
    DISK = 304
    SYSTEM = 305
    VM_ADDRESS = 308
    VM_SHARES = 309
    HOSTING_STATUS = 350
    PRODUCT = 351
    CURRENCY = 701
    QUANTITY = 715


class ServiceFault(Exception):
    """A fault for the caller. Its message repeats passwords and session ids, as the service's did.

    >>> ServiceFault(510250, "DataError: not yours [operation_id: 4711]").code
    510250
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def data_fault(
    subject: Subject, cause: Cause, reason: str, element: str, value: object
) -> ServiceFault:
    """Return the fault that refuses the caller's data: *element* is the parameter, *value* its value.

    >>> data_fault(Subject.INTEGER, Cause.VALUE, "invalid value", "cpu", -1).message
    'DataError: invalid value [cpu: -1]'
    """
    code = 500_000 + subject * 100 + cause
    return ServiceFault(code, f"DataError: {reason} [{element}: {shown(value)}]")


def shown(value: object) -> str:
    """Return *value* as a fault's text repeats it: the text that was sent, of base 64 the text within.

    A struct is only called ``struct`` and an array ``array``: a client that blanks passwords in
    texts could not recognise one inside. What is no text in base 64 is called ``base64``.
    """
    match value:
        case str():
            return value if len(value) <= LONGEST_ECHO else f"{value[:LONGEST_ECHO]}…"
        case IllTyped():
            return shown(value.text)
        case bool():
            return f"{value:d}"
        case int() | float() | DateAsSent():
            return str(value)[:LONGEST_ECHO]
        case datetime():
            return date_text(value)
        case bytes():
            text = base64_text(value)
            return "base64" if text is None else shown(text)
        case dict():
            return "struct"
        case list():
            return "array"
        case _:
            return "nil"


def date_text(date: datetime) -> str:
    """Return *date* as the wire writes it: ``20060101T10:00:00``."""
    text = date.isoformat(timespec="seconds")
    return f"{text[:4]}{text[5:7]}{text[8:]}"


def base64_text(value: bytes) -> str | None:
    """Return the text in UTF-8 that *value* is, or None where it is none that a reply could repeat."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if is_carriable_text(text) else None
