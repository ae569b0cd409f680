"""Items as they are written into the books: names and plain values, and nothing that is a password."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aiogandi.checks import require, require_text
from aiogandi.errors import InvalidArgument

LARGEST: Final = 16_384
"""Bytes of an item's JSON, at most."""

LONGEST: Final = 200
"""Characters of the name of a run or an account, and of a key, at most."""

_SECRET: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|credential|api[_-]?key", re.IGNORECASE
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


def item_of(value: Any, key: Callable[[Any], str], account: str | Callable[[Any], str]) -> Item:
    """Return *value* as an item; `InvalidArgument` where it, its key or its account is not fit for the queue."""
    _require_plain(value)
    called = key(value)
    require_name("key", called)
    whose = account if isinstance(account, str) else account(value)
    require_name("account", whose)
    item = Item(value, called, whose)
    size = len(item.text.encode())
    if size > LARGEST:
        raise InvalidArgument(
            f"item {called!r}: {size} bytes of JSON; allowed are {LARGEST}. Give names, and let the action find the"
            " rest"
        )
    return item


def require_name(what: str, name: object) -> str:
    """Return *name* where it can name something: a text of at most `LONGEST` characters without lone surrogates."""
    text = require_text(what, name)
    fits = len(text) <= LONGEST and text.isprintable()
    require(fits, what, text, f"a text of at most {LONGEST} characters that can be printed")
    return text


def _require_plain(value: Any) -> None:
    for kind in _faults_of(value, set()):
        raise InvalidArgument(
            f"item={value!r:.200}: it has {kind} in it; allowed is what JSON gives back as it is: None, bool, int,"
            " float, str, list and dict, and no member that is called like a password: those stay with the workers"
        )


def _faults_of(value: Any, around: set[int]) -> Iterator[str]:
    """What in *value* is not plain."""
    if type(value) in (dict, list):
        if id(value) in around:
            yield "itself"
            return
        yield from _faults_of_names(value) if type(value) is dict else ()
        for inner in value.values() if type(value) is dict else value:
            yield from _faults_of(inner, around | {id(value)})
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
