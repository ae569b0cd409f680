"""Reads the dates that XML-RPC services write, wherever they stand: in a date's own element, or in text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_SPACE: Final = " \t\r\n"  # XML's own

_DATE: Final = re.compile(
    # The quantifiers are possessive: with others, a hostile text would take minutes.
    r"(\d{4})-?(\d\d)-?(\d\d)"
    r"(?:[Tt ](\d\d)(?::?(\d\d)(?::?(\d\d)(?:[.,](\d++))?)?)?"
    r"\s*+(?:([Zz])|([+-])(\d\d):?(\d\d)?)?)?",
    re.ASCII,
)


def read_date(text: str) -> datetime | None:
    """The date in *text*, cut to the second; None where there is none.

    >>> read_date("20260131T23:59:59")
    datetime.datetime(2026, 1, 31, 23, 59, 59)

    A date alone is its midnight, and what a time leaves out (seconds, minutes) is 0. ``24:00`` is the
    midnight at the day's end. A date that is no day of the calendar, like ``00000000T00:00:00``, is none.
    """
    found = _DATE.fullmatch(text.strip(_SPACE))
    if found is None:
        return None
    *numbers, fraction, utc, sign, east, minutes = found.groups(default="0")
    year, month, day, hour, minute, second = map(int, numbers)
    zone = UTC if utc in "Zz" else None
    try:
        if sign != "0":
            offset = timedelta(hours=int(east), minutes=int(minutes))
            zone = timezone(-offset if sign == "-" else offset)
        if hour == 24 and not minute and not second and not fraction.strip("0"):
            return datetime(year, month, day, tzinfo=zone) + timedelta(days=1)
        return datetime(year, month, day, hour, minute, second, tzinfo=zone)
    except (ValueError, OverflowError):
        return None
