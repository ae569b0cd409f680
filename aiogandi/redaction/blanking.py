"""Secrets blanked in texts that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from aiogandi.redaction.secrets import BLANK, Secret
from aiogandi.redaction.spellings import folded, readings
from aiogandi.redaction.wording import fixed_places, outside

# The service repeats the value it rejects, in the form "[element: value]" (documented, fault
# 500130). The value may itself hold brackets and line feeds, so it reaches to the last bracket, or
# to the end where the text was cut. The name's length is limited, or a hostile text takes hours.
_ECHO = re.compile(
    r"\[(?P<element>[^\[\]:]{0,64}(?:password|session)[^\[\]:]{0,64}):(?:.*\]|.*\Z)",
    re.IGNORECASE | re.DOTALL,
)


LONGEST: Final = 2_000
"""Characters of a text that are looked at and shown: a service may send millions."""


class Redactor:
    """Blanks a set of secrets in texts.

    A client makes one of its password and keeps it; `plus` adds the secrets of a single call.
    Making one is cheap: what is looked for belongs to the secrets, and each makes its own once.
    """

    __slots__ = ("_erasers", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = (s if isinstance(s, Secret) else Secret(s) for s in secrets if s)
        self._secrets = tuple(dict.fromkeys(known))
        self._erasers = [secret.eraser for secret in self._secrets]

    def plus(self, secrets: Iterable[str]) -> Redactor:
        """One that blanks *secrets* as well."""
        return Redactor((*self._secrets, *secrets))

    def redact(self, text: str) -> str:
        """Return *text* with every ``[password: …]`` and ``[session: …]`` value, and each secret,
        blanked, however it is written (see `spellings`); but not where it says what it would say for any
        other secret (see `wording`).

        Of a text that is longer than `LONGEST` only the beginning is looked at, and returned.
        """
        return self._redacted(text, cut=False)

    def redact_cut(self, text: str) -> str:
        """The same for a text that may break off in the middle of a secret: the part of the secret
        that is left is blanked too.
        """
        return self._redacted(text, cut=True)

    def _redacted(self, text: str, *, cut: bool) -> str:
        shown = _ECHO.sub(rf"[\g<element>: {BLANK}]", text[:LONGEST])
        if self._erasers:
            read = list(readings(shown))
            found = (place for each in self._erasers for part in read for place in each.whole(part))
            places = list(outside(fixed_places(shown), found))
            if places:
                shown = _blanked(shown, places)
            if cut or len(text) > LONGEST:
                if places:
                    read = list(readings(shown))
                cuts = [
                    start for each in self._erasers for part in read for start in each.cut(part)
                ]
                if cuts:
                    shown = shown[: min(cuts)] + BLANK
        return shown if len(text) <= LONGEST else f"{shown}… ({len(text)} characters)"

    def knows(self, text: str) -> bool:
        """Whether one of the secrets stands in *text*, however long that is and however it is written."""
        return any(
            True for part in readings(text) for each in self._erasers for _ in each.whole(part)
        )

    def knows_plain(self, text: str) -> bool:
        """The same, without looking into escapes and encodings, which takes a hundred times as long."""
        return stand_in(self._secrets, text)

    def finds(self, text: str) -> bool:
        """Whether there is anything in *text* that `redact_cut` would blank."""
        return self.redact_cut(text) != text


def stand_in(secrets: Iterable[Secret], text: str) -> bool:
    """What `Redactor.knows_plain` says. No redactor is made for it, because each call of a journal asks."""
    small = folded(text)
    return any(each.eraser.stands_in(text, small) for each in secrets if each)


def redact(text: str) -> str:
    """Return *text* with every ``[password: …]`` and ``[session: …]`` value blanked, `LONGEST`
    characters of it at most.
    """
    return _OF_NOTHING.redact(text)


_OF_NOTHING: Final = Redactor()


def _blanked(text: str, places: Iterable[tuple[int, int]]) -> str:
    """*text* with these places blanked; those that overlap as one."""
    pieces: list[str] = []
    shown = 0  # up to where the text is in the pieces, or blanked
    for start, end in sorted(places):
        if start >= shown:
            pieces += [text[shown:start], BLANK]
        shown = max(shown, end)
    return "".join([*pieces, text[shown:]])


_XML_RPC: Final = (
    *("methodResponse", "params", "param", "fault", "value", "array", "data", "struct", "member"),
    *("name", "string", "int", "i4", "i8", "boolean", "double", "base64", "nil"),
)
_HTML: Final = ("html", "head", "title", "body", "h1", "h2", "div", "p", "pre", "hr", "br")
_TAGS: Final = {tag.lower(): tag for tag in (*_XML_RPC, *_HTML)}


def outline(text: str) -> str:
    """A document's usual tags, without what stands within and between them: what may be told of an
    answer that nobody understands.
    """
    shown = []
    for part in re.finditer(r"<(?P<end>/?)(?P<tag>\w*)[^<>]*>?|[^<]+", text):
        if tag := _TAGS.get((part["tag"] or "").lower()):
            shown.append(f"<{part['end']}{tag}>")
        elif part[0].strip():
            shown.append(BLANK)
    return "".join(shown)
