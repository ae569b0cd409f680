"""What of an account's session stands in the store: under a name and in a form that only those know who have
the account's password.
"""

from __future__ import annotations

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiogandi.redaction import Coder, Sealed, Secret, key_from, octets

_NONCE: Final = 12
"""Bytes of AES-GCM's nonce, which stands before what it encrypts."""


class Seal:
    """Names, encrypts and marks, under keys from the account's *password* and the store's *salt*.

    Making one takes the time of a guess, about 50 ms. Who reads the store can only guess passwords, at that
    price for each guess.
    """

    def __init__(self, password: Secret, salt: bytes) -> None:
        # With the purpose in the salt: a journal's keys come from the same password, and perhaps the same salt.
        keys = key_from(password, b"session\0" + salt, 64)
        self._names = Coder(Sealed(keys[:32]), b"name\0")
        self._marks = Coder(Sealed(keys[:32]), b"mark\0")
        self._cipher = AESGCM(Sealed(keys[32:]))

    def fingerprint(self, account: str) -> str:
        """Return the name of what is kept for this *account* (see `account_of`) with this password."""
        return _shortened(self._names.code(Secret(account)))

    def mark(self, session_id: Secret) -> str:
        """Return what a session id is compared by."""
        return _shortened(self._marks.code(session_id))

    def encrypt(self, text: Secret, place: str) -> bytes:
        """*text* as it stands at this *place*; elsewhere it cannot be read."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, octets(text), place.encode())

    def decrypt(self, sealed: bytes, place: str) -> Secret | None:
        """The text that was encrypted for this *place*; None where there was none, or under another key."""
        nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
        try:
            text = Sealed(self._cipher.decrypt(nonce, rest, place.encode()))
        except (InvalidTag, ValueError):
            return None
        return Secret(text.decode("utf-8", "surrogatepass"))


def _shortened(code: bytes) -> str:
    return code[:16].hex()
