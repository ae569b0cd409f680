"""Items as they are written into the books: names and plain values, and nothing that is a password."""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiogandi.checks import require, require_text
from aiogandi.errors import InvalidArgument

LARGEST: Final = 16_384
"""Bytes of an item's JSON, at most."""

LONGEST: Final = 200
"""Characters of the name of a run or an account, and of a key, at most."""

DEFAULT: Final = "default"
"""The account of items that name none."""

DEEPEST: Final = 100
"""Lists and dicts that stand in each other, at most."""

_SECRET: Final = re.compile(
    r"pass[ _-]?(word|wd|phrase|code)|pwd|secret|token|credential|api[ _-]?key", re.IGNORECASE
)
"""What a member of an item may not be called."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a run: its *value* is plain JSON, its *key* names it among those of its *account*."""

    value: Any
    key: str
    account: str

    @property
    def id(self) -> str:
        """What it is called in the books, and in the engine."""
        return json.dumps([self.account, self.key])

    @property
    def journal_key(self) -> str:
        """What it is called in the journal of its run: two of the fleet's accounts may be one at the service."""
        return self.key if self.account == DEFAULT else self.id

    @property
    def text(self) -> str:
        """What is written of it."""
        return json.dumps({"value": self.value, "key": self.key, "account": self.account})

    @classmethod
    def read(cls, text: str | bytes) -> Item:
        """Return the item that was written as *text*."""
        return cls(**json.loads(text))


def account_of(id_: str) -> str:
    """The account of the item that is called *id_*."""
    return str(json.loads(id_)[0])


def by_account(run: str, ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Return items of a run as the engine is given them, of each account by itself."""
    found: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for id_ in ids:
        found[account_of(id_)].append((run, id_))
    return found


def item_of(value: Any, key: Callable[[Any], str], account: str | Callable[[Any], str]) -> Item:
    """Return an item with a copy of *value*; `InvalidArgument` where it, its key or its account is not fit for the
    queue.
    """
    _require_plain(value)
    called = key(value)
    require_name("key", called)
    whose = account if isinstance(account, str) else account(value)
    require_name("account", whose)
    try:
        text = Item(value, called, whose).text
    except ValueError:  # Python refuses to write an int of more than 4,300 digits
        raise InvalidArgument(f"item {called!r}: it has a huge int in it") from None
    if len(text) > LARGEST:  # it is ASCII
        raise InvalidArgument(
            f"item {called!r}: {len(text)} bytes of JSON; allowed are {LARGEST}. Give names, and let the action find the"
            " rest"
        )
    return Item.read(text)  # whoever gave the value may change it


def require_name(what: str, name: object) -> str:
    """Return *name* where it can name something: a text of at most `LONGEST` characters without lone surrogates."""
    text = require_text(what, name)
    fits = len(text) <= LONGEST and text.isprintable()
    require(fits, what, text, f"a text of at most {LONGEST} characters that can be printed")
    return text


def _require_plain(value: Any) -> None:
    for fault in _faults_of(value, 0):
        # What stands beside a password may be one as well, so no value is shown.
        raise InvalidArgument(
            f"an item has {fault} in it; allowed is what JSON gives back as it is: None, bool, int, float, str, list"
            " and dict, and no member that is called like a password: those stay with the workers"
        )


def _faults_of(value: Any, depth: int) -> Iterator[str]:
    """What in *value* is not plain."""
    if type(value) in (dict, list):
        if depth == DEEPEST:
            yield f"itself, or more than {DEEPEST} lists and dicts in each other,"
            return
        yield from _faults_of_names(value) if type(value) is dict else ()
        for inner in value.values() if type(value) is dict else value:
            yield from _faults_of(inner, depth + 1)
    elif type(value) is float and not math.isfinite(value):
        yield f"{value}"
    elif value is not None and type(value) not in (bool, int, float, str):
        yield f"a {type(value).__name__}"


def _faults_of_names(members: Mapping[Any, Any]) -> Iterator[str]:
    for name in members:
        if type(name) is not str:
            yield f"a key that is a {type(name).__name__}"
        elif _SECRET.search(name):
            yield f"a member {name[:40]!r}"
