"""Values that must not be shown: how they are marked, found in what is sent, and blanked in texts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Self

from aiogandi.redaction.spellings import (
    SHORT,
    Reading,
    break_of,
    folded,
    fully_resolved,
    other_forms,
    places,
)

BLANK: Final = "***"

_PLAIN: Final = frozenset((str, int, bool, float, type(None)))
"""What no secret is within. Most of what a call carries is of these, and is passed over at once."""


class Secret(str):
    """A string that prints as ``***`` wherever it is shown, and is sent as what it is. A pickle of it, which
    may lie on a disk, holds ``***`` alone.
    """

    __slots__ = ("_eraser",)

    _eraser: Eraser

    def __new__(cls, value: str) -> Self:
        """A secret of any string; of a secret, the same one again."""
        return str.__new__(cls, str.__str__(value))

    def __repr__(self) -> str:
        return f"'{BLANK}'"

    def __str__(self) -> str:
        return BLANK

    def __format__(self, format_spec: str) -> str:
        return format(BLANK, format_spec)

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (BLANK,)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def reveal(self) -> str:
        """The secret itself, as a plain string."""
        return str.__str__(self)

    @property
    def eraser(self) -> Eraser:
        """What finds this secret in texts. It lasts as long as the secret, and no longer."""
        try:
            return self._eraser
        except AttributeError:  # the first time
            self._eraser = Eraser(self.reveal())
            return self._eraser


class Eraser:
    """Finds one secret in the readings of texts (see `spellings`), by searches for plain strings, which
    are made once.
    """

    def __init__(self, secret: str) -> None:
        # All are secrets, too, and are kept as such: a repr of this object's fields shows nothing.
        self._secret = Secret(secret)

    @cached_property
    def _spelt(self) -> list[Secret]:
        """The secret itself, its other forms, and what is left of it where a text escapes only a part
        of it.
        """
        secret = self._secret.reveal()
        read = fully_resolved(secret)
        spelt = (
            *(secret, secret.replace(" ", "+"), *other_forms(secret)),
            *([read] if len(read) > 1 else []),
        )
        return [
            Secret(each if len(each) < SHORT else folded(each)) for each in dict.fromkeys(spelt)
        ]

    @cached_property
    def _short(self) -> list[Secret]:
        return [each for each in self._spelt if len(each) < SHORT]

    @cached_property
    def _long(self) -> list[Secret]:
        """What is looked for within words as well."""
        long = [each for each in self._spelt if len(each) >= SHORT]
        return [*long, *(Secret(each[::-1]) for each in long)]

    def stands_in(self, text: str, small: str) -> bool:
        """Whether *text*, which is *small* in small letters, has the secret as it is, or in another form of
        Unicode.
        """
        secret = self._secret.reveal()
        if len(secret) < SHORT:
            found = places(secret, text)
            return any(not _is_in_a_word(text, start, end) for start, end in found)
        if secret.isascii():
            return secret.lower() in small
        return any(folded(each) in small for each in (secret, *other_forms(secret)))

    def whole(self, reading: Reading) -> Iterator[tuple[int, int]]:
        """Where the original of *reading* has all of the secret: from and to which character."""
        for each in self._short:
            for start, end in places(each, reading.text):
                if not _is_in_a_word(reading.text, start, end):
                    yield reading.starts[start], reading.ends[end - 1]
        for each in self._long:
            for start, end in places(each, reading.small):
                yield reading.starts[start], reading.ends[end - 1]

    def cut(self, reading: Reading) -> Iterator[int]:
        """Where in the original of *reading* the secret may begin of which the end is missing. All
        whole ones must have been blanked before.
        """
        for text, least in ((reading.small, 2), *((text, 1) for text in reading.uncut)):
            for each in self._spelt:
                if (start := break_of(each, text, least)) is not None:
                    yield reading.starts[start]


def _is_in_a_word(text: str, start: int, end: int) -> bool:
    beside = text[max(start - 1, 0) : start] + text[end : end + 1]
    return any(character.isalnum() or character == "_" for character in beside)


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
    elif isinstance(value, dict | Mapping):
        yield from _secrets_among(value.values())
    elif isinstance(value, list | tuple):
        yield from _secrets_among(value)


def _secrets_among(values: Iterable[Any]) -> Iterator[Secret]:
    for value in values:
        if type(value) not in _PLAIN:
            yield from secrets_in(value)


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
