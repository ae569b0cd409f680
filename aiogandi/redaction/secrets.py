"""Values that must not be shown: how they are marked, found in what is sent, and blanked in texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final, Self

from aiogandi.redaction.spellings import PREFIX, complete_pattern, cut_pattern

BLANK: Final = "***"


class Secret(str):
    """A string that prints as ``***`` wherever it is shown, and is sent as what it is."""

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
        return type(self), (self.reveal(),)

    def reveal(self) -> str:
        """The secret itself, as a plain string."""
        return str.__str__(self)

    @property
    def eraser(self) -> Eraser:
        """What blanks this secret in texts. It lasts as long as the secret, and no longer."""
        try:
            return self._eraser
        except AttributeError:  # the first time
            self._eraser = Eraser(self.reveal())
            return self._eraser


class Eraser:
    """Blanks one secret in texts.

    Hardly any text has a secret in it, and a search for a plain string is enough to see that:

    - A text without ``&``, ``%`` and backslash shows a secret as it is, if at all. "connection lost"
      does not hold ``p<q``, because ``p<q`` itself does not stand in it.
    - Letters and digits are never escaped. "a&amp;b" does not hold ``my&password``, because
      ``password`` does not stand in it.

    Where such a search cannot rule the secret out, a pattern decides. It is built then, and once.
    """

    def __init__(self, secret: str) -> None:
        # All are secrets, too, and are kept as such: a repr of this object's fields shows nothing.
        self._secret = Secret(secret)
        self._core = Secret(max(re.findall(r"\w+", secret, re.ASCII), key=len, default=""))
        self._unescaped = Secret(_with_plus_signs(secret))
        self._prefix = Secret(self._unescaped[:PREFIX])
        self._beginnings = tuple(Secret(self._prefix[:n]) for n in range(2, len(self._prefix)))

    def erase(self, text: str) -> str:
        """Blank the secret wherever *text* has all of it."""
        if _is_unescaped(text):
            possible = self._unescaped in _with_plus_signs(text)
        else:
            possible = self._core in text
        return self._blank(BLANK, text) if possible else text

    def erase_cut(self, text: str) -> str:
        """Blank what is left of the secret where *text* breaks off in it: its first eight
        characters and all that follows them, or less than that at the very end. All complete ones
        must have been blanked before.
        """
        if _is_unescaped(text):
            shown = _with_plus_signs(text)
            possible = self._prefix in shown or shown.endswith(self._beginnings)
        else:
            possible = True  # an escaped character may be all that is left of it
        return self._blank_cut(BLANK, text) if possible else text

    # The methods of the patterns and not the patterns themselves, whose repr shows the secret. (The
    # last 512 patterns of a process are also kept by `re` itself.)

    @cached_property
    def _blank(self) -> Callable[[str, str], str]:
        return re.compile(complete_pattern(self._secret.reveal())).sub

    @cached_property
    def _blank_cut(self) -> Callable[[str, str], str]:
        return re.compile(cut_pattern(self._secret.reveal()), re.DOTALL).sub


def _is_unescaped(text: str) -> bool:
    """Whether *text* shows each character as it is, but for a space, which may be a plus sign."""
    return not ("&" in text or "%" in text or "\\" in text)


def _with_plus_signs(text: str) -> str:
    return text.replace(" ", "+")


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
