"""Secrets blanked in texts that people read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.entities import codepoint2name
from typing import Final

from aiogandi.redaction.secrets import BLANK

# The service repeats the value it rejects, in the form "[element: value]" (documented, fault
# 500130). The value may itself hold brackets and line feeds, so it reaches to the last bracket, or
# to the end where the text was cut. The name's length is limited, or a hostile text takes hours.
_ECHO = re.compile(
    r"\[(?P<element>[^\[\]:]{0,64}(?:password|session)[^\[\]:]{0,64}):(?:.*\]|.*\Z)",
    re.IGNORECASE | re.DOTALL,
)

_SHORT: Final = 4
"""Characters below which a secret is blanked only where it stands alone: "a" is in every word, and
blanking them all would make the text unreadable and show which letter it is."""

_PREFIX: Final = 8
"""Characters of a secret by which it is known where the text breaks off in it."""

# A reference may itself have been escaped: &amp;lt; is a page that quotes XML, %26lt%3B a URL.
_AMP: Final = "(?:&|%26)"
_HASH: Final = "(?:#|%23)"
_END: Final = "(?:;|%3[bB])"

# Backslashes before an escaped character: one, and twice as many for each time that a text was
# escaped again. Bounded, or a hostile text of nothing else takes minutes.
_SLASH: Final = r"\\{1,16}+"
_SLASHES: Final = r"\\{0,16}+"

_CUT_ESCAPE: Final = r"[&%\\][\w&;#%\\]{0,40}"  # the beginning of a character's other form


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Return *text* with every ``[password: …]`` and ``[session: …]`` value, and each of *secrets*,
    blanked: as it is, and as XML, HTML, URLs, JSON and ``repr`` write it, also one in the other.
    """
    text = _ECHO.sub(rf"[\g<element>: {BLANK}]", text)
    for secret in _longest_first(secrets):
        pattern = _written(secret)
        if len(secret) < _SHORT:
            pattern = rf"(?<!\w){pattern}(?!\w)"
        text = re.sub(pattern, BLANK, text)
    return text


def redact_cut(text: str, secrets: Iterable[str] = ()) -> str:
    """The same for a text that may break off in the middle of a secret: what is left is blanked."""
    secrets = _longest_first(secrets)
    text = redact(text, secrets)
    for secret in secrets:
        # A complete one is blanked already, so wherever one begins now, the text breaks off in it.
        known = min(len(secret), _PREFIX)
        cuts = [f"{_written(secret[:n])}(?:{_CUT_ESCAPE})?" for n in range(known - 1, 1, -1)]
        cuts.append(_ways(secret[0]) + _CUT_ESCAPE)
        if len(secret) > _PREFIX:
            cuts.insert(0, f"{_written(secret[:_PREFIX])}.*")
        text = re.sub(rf"(?:{'|'.join(cuts)})\Z", BLANK, text, flags=re.DOTALL)
    return text


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


def _longest_first(secrets: Iterable[str]) -> list[str]:
    plain = {str.__str__(secret) for secret in secrets if secret}
    return sorted(plain, key=len, reverse=True)


def _written(secret: str) -> str:
    """A pattern for every way in which *secret* is commonly written."""
    # Backslashes in a row are one thing: taken apart, a hostile text can be split in endless ways.
    return "".join(_ways(run[0], len(run)) for run in re.findall(r"\\+|.", secret, re.DOTALL))


def _ways(character: str, times: int = 1) -> str:
    if character.isascii() and (character.isalnum() or character == "_"):
        return character
    code = ord(character)
    names = [rf"{_HASH}0*{code}", rf"{_HASH}[xX]0*(?i:{code:x})"]
    if name := "apos" if character == "'" else codepoint2name.get(code):
        names.append(name)
    escapes = [rf"u(?i:{code:04x})", rf"U(?i:{code:08x})", rf"x(?i:{code:02x})"]
    if short := {"\n": "n", "\r": "r", "\t": "t"}.get(character):
        escapes.append(short)
    if code > 0xFFFF:  # as JSON writes it
        high, low = divmod(code - 0x10000, 0x400)
        escapes.append(rf"u(?i:{high + 0xD800:04x}){_SLASH}u(?i:{low + 0xDC00:04x})")
    octets = "".join(rf"(?:%|{_SLASH}x)(?i:{octet:02x})" for octet in _utf8(character))
    ways = [  # the longer ones first
        rf"{_SLASHES}{_AMP}(?:amp{_END})*(?:{'|'.join(names)}){_END}",
        octets,
        rf"{_SLASH}(?:{'|'.join(escapes)})",
    ]
    if character == "\\":
        return rf"(?:(?:{'|'.join(ways)}){{{times}}}|\\{{{times},{16 * times}}})"
    ways.append(rf"{_SLASHES}{re.escape(character)}")
    if character == " ":
        ways.append(r"\+")
    return f"(?:{'|'.join(ways)})"


def _utf8(character: str) -> bytes:
    return character.encode(errors="surrogatepass")
