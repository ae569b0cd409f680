"""Passwords compared without being kept: whether a call is made again with the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiogandi.changes.discretion import Withheld
from aiogandi.redaction import Coder, Secret, key_from, secrets_in

BITS: Final = 16
"""How much of each is kept. Who reads the journal and guesses a password can rule out wrong guesses, but
65,535 in 65,536 of them at most: no guess is ever confirmed."""


class Prints:
    """Makes prints of passwords, under a key from the account's *password* and the journal's *salt*.

    A text that may be no password (see `Withheld`) is printed under the salt alone. It may be known to whoever
    reads the journal, and many known texts with their prints would confirm a guess of the account's password.

    A call's prints begin with that of the key itself: after the account's password was changed, prints
    from before it are seen not to be comparable.
    """

    def __init__(self, password: Secret, salt: bytes) -> None:
        key = key_from(password, salt, 32)
        # With the kind first, since else an empty password would have the key's own print, and be known.
        self._passwords = Coder(key, b"password\0")
        self._texts = Coder(salt, b"text\0")
        self._own = _print(Coder(key, b"account\0"), Secret(""))

    def of(self, arguments: Mapping[str, Any]) -> tuple[int, ...]:
        """The prints of the secrets among a call's arguments as they are kept, with the key's own; none for
        no secrets.
        """
        prints = [
            _print(self._texts if isinstance(each, Withheld) else self._passwords, each)
            for each in secrets_in(arguments)
        ]
        return (self._own, *prints) if prints else ()


def _print(coder: Coder, text: Secret) -> int:
    return int.from_bytes(coder.code(text)[: BITS // 8], "big")


def are_comparable(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether both were made under the same password of the account."""
    return not one or not other or one[0] == other[0]
