"""Values that must not be shown: how they are marked, and found in what is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Self

BLANK: Final = "***"


class Secret(str):
    """A string that prints as ``***`` wherever it is shown, and is sent as what it is."""

    __slots__ = ()

    def __new__(cls, value: str) -> Self:
        """A secret of any string; of a secret, the same one again."""
        return str.__new__(cls, str.__str__(value))

    def __repr__(self) -> str:
        return f"'{BLANK}'"

    def __str__(self) -> str:
        return BLANK

    def __format__(self, format_spec: str) -> str:
        return format(BLANK, format_spec)

    def reveal(self) -> str:
        """The secret itself, as a plain string."""
        return str.__str__(self)


class Sealed(bytes):
    """Bytes on their way to or from the wire, whose repr tells nothing but their number."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, sealed>"

    __str__ = __repr__


def secrets_in(value: Any) -> Iterator[Secret]:
    """The secrets anywhere within *value*."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)


def conceal(value: Any, depth: int = 70) -> Any:
    """*value* with every string under a key that speaks of a password made a `Secret`.

    What is nested deeper than the codec allows is left to the codec to refuse.
    """
    if depth and isinstance(value, Mapping):
        return {
            key: Secret(item)
            if isinstance(item, str) and isinstance(key, str) and "password" in key.lower()
            else conceal(item, depth - 1)
            for key, item in value.items()
        }
    if depth and isinstance(value, list | tuple):
        return [conceal(item, depth - 1) for item in value]
    return value
