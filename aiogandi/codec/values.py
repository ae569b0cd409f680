"""Reads a value from the elements of a parsed document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain, compress
from operator import attrgetter
from typing import Any, Final, TypeAlias

from aiogandi.codec.scalars import HUGE_INT, INTS, SCALARS, MalformedMessage, as_sent, unknown_type

Element: TypeAlias = Any
"""An lxml element of a parsed document (its own types also know tags that are no strings)."""

TAGS: Final = {
    *("methodResponse", "methodCall", "methodName", "params", "param", "fault", "value"),
    *("struct", "member", "name", "array", "data"),
    *SCALARS,
}

LONGEST_INT: Final = 1_000
"""Characters of an int. Its cost grows with the square of its digits, and Python's own limit, 4,300, may
be switched off. (A plain reply is short, and is left to that limit: each look at an int costs time.)"""

_AHEAD: Final = 4
"""A value begins with up to five elements, which are read at once: member, name, value, array, data."""

_TAG = attrgetter("tag")
_TEXT = attrgetter("text")
_TAIL = attrgetter("tail")


class ValueReader:
    """Reads one value from its elements, which come in the order of the document.

    Each element is looked at once, however the document is nested: what is being filled stands on a
    stack.

    *scalars* reads the text of each type, and *unknown* that of a type that XML-RPC does not have. Where
    one of them raises `MalformedMessage` within a struct or an array, the scalar spoils itself alone: its
    text stands for it, or None where it is empty.
    """

    __slots__ = (
        "_container",
        "_counts",
        "_left",
        "_outer",
        "_scalars",
        "_tags",
        "_texts",
        "_unknown",
    )

    def __init__(
        self,
        scalars: Mapping[str, Callable[[str], Any]] = SCALARS,
        unknown: Callable[[str], Any] = unknown_type,
    ) -> None:
        self._scalars = scalars
        self._unknown = unknown
        self._container: Any = []  # the array or struct being filled; the outermost holds the value
        self._left = 1  # values, or members, that are still to come into it
        # Each container around it, what is left of that one, and the name that waits there: None in
        # an array, and where a member's value comes before its name.
        self._outer: list[tuple[Any, int, str | None]] = []
        # Of the elements that are still to be read:
        self._tags: list[str] = []
        self._texts: list[str | None] = []
        self._counts: list[int] = []

    @property
    def value(self) -> Any:
        """The value, when all its elements were taken."""
        return self._container[0]

    def take(self, elements: list[Element], *, last: bool) -> None:
        """Read *elements*, which follow those that were taken before."""
        # All tags are read in one go, then all texts: reading them element by element takes twice as
        # long.
        texts = list(map(_TEXT, elements))
        counts = list(map(len, elements))
        refuse_text(chain(compress(texts, counts), map(_TAIL, elements)))
        self._tags += map(_TAG, elements)
        self._texts += texts
        self._counts += counts
        if max(map(len, filter(None, self._texts)), default=0) > LONGEST_INT:
            self._tags = _without_huge_ints(self._tags, self._texts)
        read = self._read(len(self._tags) - (0 if last else _AHEAD))
        del self._tags[:read], self._texts[:read], self._counts[:read]

    def _read(self, stop: int) -> int:  # noqa: C901, PLR0912, PLR0915 - calls take half as long again
        """Read what begins before element *stop*; returns the number of the next element."""
        tags, texts, counts, outer = self._tags, self._texts, self._counts, self._outer
        container, left, scalars = self._container, self._left, self._scalars
        at = 0
        while True:
            if not left:  # the container is full
                if not outer:
                    break
                around, left, name = outer[-1]
                if name is not None:
                    around[name] = container
                elif type(around) is list:
                    around.append(container)
                elif at < stop:
                    around[_name(tags[at], texts[at], counts[at])] = container[0]
                    at += 1
                else:
                    left = 0
                    break
                container = around
                outer.pop()
                continue
            if at >= stop:
                break
            left -= 1
            name = None
            if type(container) is dict:
                if tags[at] != "member" or counts[at] != 2:
                    raise MalformedMessage("a struct holds members of one name and one value")
                at += 1
                if tags[at] == "value":  # a value that comes before its name
                    outer.append((container, left, None))
                    container, left = [], 1
                    continue
                name = _name(tags[at], texts[at], counts[at])
                at += 1
            if tags[at] != "value" or counts[at] > 1:
                raise MalformedMessage(f"{shown_tag(tags[at])}, where a value of one type was due")
            if counts[at]:
                at += 1
                kind = tags[at]
                scalar = scalars.get(kind)
                if scalar is None:
                    if kind in ("struct", "array"):
                        outer.append((container, left, name))
                        if kind == "struct":
                            container = {}
                        else:
                            if counts[at] != 1 or tags[at + 1] != "data":
                                raise MalformedMessage("an array without data")
                            container = []
                            at += 1
                        left = counts[at]
                        if not left:
                            refuse_text((texts[at],))
                        at += 1
                        continue
                    # A type may stand in a namespace, as Apache's do.
                    scalar = scalars.get(kind.rpartition("}")[2]) or self._reader_of(kind)
                if counts[at]:
                    raise MalformedMessage(f"{shown_tag(kind)}, where a type was due")
                try:
                    value = scalar(texts[at] or "")
                except MalformedMessage:
                    if not outer:
                        raise
                    value = as_sent(texts[at])
            else:
                value = texts[at] or ""
            at += 1
            if name is None:
                container.append(value)
            else:
                container[name] = value
        self._container, self._left = container, left
        return at

    def _reader_of(self, kind: str) -> Callable[[str], Any]:
        """The reader of a type that XML-RPC does not have. One of its other elements is no type at all."""
        if kind.rpartition("}")[2] in TAGS:
            raise MalformedMessage(f"{shown_tag(kind)}, where a type was due")
        return self._unknown


def _name(tag: str, text: str | None, count: int) -> str:
    """The name of a struct's member."""
    if tag != "name" or count:
        raise MalformedMessage("a struct's member without a name")
    return text or ""


def shown_tag(tag: str) -> str:
    """An element by its tag, if it is one of XML-RPC's: another may be a secret in a garbled reply."""
    return f"<{tag}>" if tag in TAGS else "an unknown element"


def _without_huge_ints(tags: Iterable[str], texts: Iterable[str | None]) -> list[str]:
    """*tags*, where those of ints with too many digits are `HUGE_INT`."""
    return [
        HUGE_INT if len(text or "") > LONGEST_INT and tag.rpartition("}")[2] in INTS else tag
        for tag, text in zip(tags, texts, strict=True)
    ]


def refuse_text(texts: Iterable[str | None]) -> None:
    """Between elements there is white space only: anything else is data that would be lost."""
    for text in filter(None, texts):
        if text.strip(" \t\r\n"):
            raise MalformedMessage("text between elements")
