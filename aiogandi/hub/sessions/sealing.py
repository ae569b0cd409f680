"""What of an account's session stands in the store: under a name and in a form that only those know who have
the account's password.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from aiogandi.redaction import Sealed, Secret

_COST: Final = {"n": 2**14, "r": 8, "p": 1}
"""Of scrypt: about 50 ms and 16 MiB for each guess of the account's password."""

_NONCE: Final = 12
"""Bytes of AES-GCM's nonce, which stands before what it encrypts."""


class Seal:
    """Names, encrypts and marks, under keys from the account's *password* and the store's *salt*.

    Making one takes the time of a guess, about 50 ms. Who reads the store can only guess passwords, at that
    price for each guess.
    """

    def __init__(self, password: Secret, salt: bytes) -> None:
        # With the purpose in the salt: a journal's keys come from the same password, and perhaps the same salt.
        salted = Sealed(b"session\0" + salt)
        keys = Sealed(hashlib.scrypt(_bytes(password), salt=salted, dklen=64, **_COST))
        # Begun once, and copied for each name and mark: no key is kept that could be shown.
        self._names = hmac.new(Sealed(keys[:32]), b"name\0", "sha256")
        self._marks = hmac.new(Sealed(keys[:32]), b"mark\0", "sha256")
        self._cipher = AESGCM(Sealed(keys[32:]))

    def fingerprint(self, login: str, handle: str | None, url: str) -> str:
        """The name of what is kept for this account with this password."""
        return _digest(self._names, Secret(json.dumps([login, handle, url])))

    def mark(self, session_id: Secret) -> str:
        """What a session id is compared by."""
        return _digest(self._marks, session_id)

    def encrypt(self, text: Secret, place: str) -> bytes:
        """*text* as it stands at this *place*; elsewhere it cannot be read."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, _bytes(text), place.encode())

    def decrypt(self, sealed: bytes, place: str) -> Secret | None:
        """The text that was encrypted for this *place*; None where there was none, or under another key."""
        nonce, rest = sealed[:_NONCE], sealed[_NONCE:]
        try:
            text = Sealed(self._cipher.decrypt(nonce, rest, place.encode()))
        except (InvalidTag, ValueError):
            return None
        return Secret(text.decode("utf-8", "surrogatepass"))


def _digest(begun: hmac.HMAC, text: Secret) -> str:
    code = begun.copy()
    code.update(_bytes(text))
    return code.hexdigest()[:32]


def _bytes(text: Secret) -> Sealed:
    return Sealed(text.reveal().encode("utf-8", "surrogatepass"))
