"""Keys that are made from passwords, and codes by which secrets are compared without being kept."""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from aiogandi.redaction.secrets import Sealed, Secret

_COST: Final = {"n": 2**14, "r": 8, "p": 1}
"""Of scrypt: about 50 ms and 16 MiB for each guess of a password."""


def key_from(password: Secret, salt: bytes, length: int) -> Sealed:
    """Return a key of *length* bytes. It takes about 50 ms, and so does each guess of the *password*."""
    return Sealed(hashlib.scrypt(octets(password), salt=salt, dklen=length, **_COST))


def octets(text: Secret) -> Sealed:
    """Return any *text* as UTF-8, lone surrogates as well."""
    return Sealed(text.reveal().encode("utf-8", "surrogatepass"))


class Coder:
    """Makes codes of secrets under a *key*, of 32 bytes each: equal secrets have equal codes. Codes for one
    *purpose* say nothing about those for another.
    """

    def __init__(self, key: bytes, purpose: bytes) -> None:
        # Begun once, and copied for each code: that costs less, and keeps no key that could be shown.
        self._begun = hmac.new(Sealed(key), purpose, "sha256")

    def code(self, text: Secret) -> bytes:
        """Return the code of *text*."""
        code = self._begun.copy()
        code.update(octets(text))
        return code.digest()
