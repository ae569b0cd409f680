"""Passwords compared without being kept: whether a call is made again with the same ones."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiogandi.changes.recognition import passwords_of
from aiogandi.redaction import Secret

BITS: Final = 16
"""How much of each is kept. Who reads the journal and guesses a password can rule out wrong guesses, but
65,535 in 65,536 of them at most: no guess is ever confirmed."""

_COST: Final = {"n": 2**14, "r": 8, "p": 1}
"""Of scrypt: about 50 ms and 16 MiB for each guess of the account's password."""


class Prints:
    """Makes prints of passwords, under a key from the account's *password* and the journal's *salt*.

    A call's prints begin with that of the key itself: after the account's password was changed, prints
    from before it are seen not to be comparable.
    """

    def __init__(self, password: Secret, salt: bytes) -> None:
        revealed = password.reveal().encode("utf-8", "surrogatepass")
        # Begun once, and copied for each print: that costs less, and keeps no key that could be shown.
        self._begun = hmac.new(
            hashlib.scrypt(revealed, salt=salt, dklen=32, **_COST), None, "sha256"
        )
        del revealed
        self._own = self._print("")

    def of(self, arguments: Mapping[str, Any]) -> tuple[int, ...]:
        """The prints of the passwords among a call's arguments, with the key's own; none for no
        passwords.
        """
        passwords = passwords_of(arguments)
        return (self._own, *map(self._print, passwords)) if passwords else ()

    def _print(self, text: str) -> int:
        code = self._begun.copy()
        code.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(code.digest()[: BITS // 8], "big")


def are_comparable(one: Sequence[int], other: Sequence[int]) -> bool:
    """Whether both were made under the same password of the account."""
    return not one or not other or one[0] == other[0]
