"""Keep secrets out of everything that people read: reprs, logs, exception texts, traceback locals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote
from xml.sax.saxutils import escape

BLANK: Final = "***"

# The service repeats the value it rejects, in the form "[element: value]" (documented, fault
# 500130). The value may itself hold brackets, so it reaches to the last one on its line.
_ECHO = re.compile(r"\[(?P<element>[^\[\]:]*(?:password|session)[^\[\]:]*):[^\n]*\]", re.IGNORECASE)


class Secret(str):
    """A string that prints as ``***`` wherever it is shown, and is sent as what it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"'{BLANK}'"

    def __str__(self) -> str:
        return BLANK

    def __format__(self, format_spec: str) -> str:
        return format(BLANK, format_spec)

    def reveal(self) -> str:
        """The secret itself, as a plain string."""
        return str.__str__(self)


class Sealed(bytes):
    """Bytes on their way to or from the wire, whose repr tells nothing but their number."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes, sealed>"


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* with every ``[password: …]`` and ``[session: …]`` value, and each of *secrets*,
    blanked: as it is, as XML writes it, as a URL writes it and as ``repr`` writes it.
    """
    text = _ECHO.sub(rf"[\g<element>: {BLANK}]", text)
    for secret in sorted((s for s in secrets if s), key=len, reverse=True):
        plain = str.__str__(secret)
        forms = {plain, escape(plain, {'"': "&quot;"}), quote(plain, safe=""), repr(plain)[1:-1]}
        for form in forms:
            text = _blank(text, form)
    return text


def _blank(text: str, form: str) -> str:
    if len(form) > 3:
        return text.replace(form, BLANK)
    # A very short secret ("a") stands inside ordinary words: blank it where it stands alone, since
    # blanking every letter would make the message unreadable and show which letter it is.
    return re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", BLANK, text)


def secrets_in(value: Any) -> Iterator[Secret]:
    """The secrets anywhere within *value*."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)


def conceal(value: Any, depth: int = 64) -> Any:
    """*value* with every string under a key that speaks of a password made a `Secret`.

    What is nested deeper than the codec allows is left to the codec to refuse.
    """
    if depth and isinstance(value, Mapping):
        return {
            key: Secret(item)
            if isinstance(item, str) and isinstance(key, str) and "password" in key.lower()
            else conceal(item, depth - 1)
            for key, item in value.items()
        }
    if depth and isinstance(value, list | tuple):
        return [conceal(item, depth - 1) for item in value]
    return value
