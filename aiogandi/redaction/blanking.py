"""Secrets blanked in texts that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from aiogandi.redaction.secrets import BLANK, Secret

# The service repeats the value it rejects, in the form "[element: value]" (documented, fault
# 500130). The value may itself hold brackets and line feeds, so it reaches to the last bracket, or
# to the end where the text was cut. The name's length is limited, or a hostile text takes hours.
_ECHO = re.compile(
    r"\[(?P<element>[^\[\]:]{0,64}(?:password|session)[^\[\]:]{0,64}):(?:.*\]|.*\Z)",
    re.IGNORECASE | re.DOTALL,
)


class Redactor:
    """Blanks a set of secrets in texts.

    A client makes one of its password and keeps it; `plus` adds the secrets of a single call.
    Making one is cheap: the patterns belong to the secrets, and each secret builds its own once.
    """

    __slots__ = ("_erasers", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = (s if isinstance(s, Secret) else Secret(s) for s in secrets if s)
        # The longest first: "secret-and-more" is not blanked as "***-and-more" where "secret" is
        # another one.
        self._secrets = tuple(sorted(dict.fromkeys(known), key=len, reverse=True))
        self._erasers = [secret.eraser for secret in self._secrets]

    def plus(self, secrets: Iterable[str]) -> Redactor:
        """One that blanks *secrets* as well."""
        return Redactor((*self._secrets, *secrets))

    def redact(self, text: str) -> str:
        """Return *text* with every ``[password: …]`` and ``[session: …]`` value, and each secret,
        blanked: as it is, and as XML, HTML, URLs, JSON and ``repr`` write it, also one in the other.
        """
        text = redact(text)
        for eraser in self._erasers:
            text = eraser.erase(text)
        return text

    def redact_cut(self, text: str) -> str:
        """The same for a text that may break off in the middle of a secret: the part of the secret
        that is left is blanked too.
        """
        text = self.redact(text)
        for eraser in self._erasers:
            text = eraser.erase_cut(text)
        return text

    def finds(self, text: str) -> bool:
        """Whether there is anything in *text* that `redact_cut` would blank."""
        return self.redact_cut(text) != text


def redact(text: str) -> str:
    """Return *text* with every ``[password: …]`` and ``[session: …]`` value blanked."""
    return _ECHO.sub(rf"[\g<element>: {BLANK}]", text) if "[" in text else text


_TAGS: Final = frozenset(
    [
        "methodResponse",
        "params",
        "param",
        "fault",
        "value",
        "array",
        "data",
        "struct",
        "member",
        "name",
        "string",
        "int",
        "i4",
        "i8",
        "boolean",
        "double",
        "base64",
        "nil",
        "html",
        "head",
        "title",
        "body",
        "h1",
        "h2",
        "div",
        "p",
        "pre",
        "hr",
        "br",
    ]
)


def outline(text: str) -> str:
    """A document's usual tags, without what stands within and between them: for an answer that
    holds a secret which nobody knows yet.
    """
    shown = []
    for part in re.finditer(r"<(?P<end>/?)(?P<tag>\w*)[^<>]*>?|[^<]+", text):
        if part["tag"] in _TAGS:
            shown.append(f"<{part['end']}{part['tag']}>")
        elif part[0].strip():
            shown.append(BLANK)
    return "".join(shown)
