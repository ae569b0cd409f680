"""The ways in which a secret is written in pages, logs and replies, as regular expressions.

ASCII letters, digits and the underscore are written as they are. Every other character may also be
written as XML, HTML, URLs, JSON and ``repr`` write it, or in one of these ways inside another. Each
of these other ways has an ``&``, a ``%`` or a backslash in it; only a space may also be a plus sign.
"""

from __future__ import annotations

import re
from html.entities import codepoint2name
from typing import Final

SHORT: Final = 4
"""Characters below which a secret is blanked only where it stands alone: "a" is in every word, and
blanking them all would make the text unreadable and show which letter it is."""

PREFIX: Final = 8
"""Characters of a secret by which it is known where the text breaks off in it."""

# A reference may itself have been escaped: &amp;lt; is a page that quotes XML, %26lt%3B a URL.
_AMP: Final = "(?:&|%26)"
_HASH: Final = "(?:#|%23)"
_END: Final = "(?:;|%3[bB])"

# Backslashes before an escaped character: one, and twice as many for each time that a text was
# escaped again. Bounded, or a hostile text of nothing else takes minutes.
_SLASH: Final = r"\\{1,16}+"
_SLASHES: Final = r"\\{0,16}+"

# The beginning of a character's other form, at the end of a text.
_CUT_ESCAPE: Final = r"[&%\\][\w&;#%\\]{0,40}+"


def complete_pattern(secret: str) -> str:
    """A pattern for *secret* wherever a text has all of it: ``p&q`` also as ``p&amp;q``."""
    pattern = _beginning(secret) + _written(secret)
    return rf"(?<!\w){pattern}(?!\w)" if len(secret) < SHORT else pattern


def cut_pattern(secret: str) -> str:
    """A pattern for what is left of *secret* where a text breaks off in it. It is for texts in which
    the whole secret is blanked already; ``.`` must match line feeds.
    """
    known = min(len(secret), PREFIX)
    cuts = [f"{_written(secret[:n])}(?:{_CUT_ESCAPE})?" for n in range(known - 1, 1, -1)]
    cuts.append(_ways(secret[0]) + _CUT_ESCAPE)
    if len(secret) > PREFIX:
        cuts.insert(0, f"{_written(secret[:PREFIX])}.*")
    return rf"{_beginning(secret)}(?:{'|'.join(cuts)})\Z"


def _beginning(secret: str) -> str:
    """A look at the next character. It spares most places of a text the trial of all ways to write
    the first one; where there is only one way, `re` sees to that itself.
    """
    first = secret[0]
    if _is_never_escaped(first):
        return ""
    also = "+" if first == " " else ""
    return rf"(?=[&%\\{re.escape(first)}{also}])"


def _written(secret: str) -> str:
    # Backslashes in a row are one thing: taken apart, a hostile text can be split in endless ways.
    return "".join(_ways(run[0], len(run)) for run in re.findall(r"\\+|.", secret, re.DOTALL))


def _ways(character: str, times: int = 1) -> str:
    if _is_never_escaped(character):
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


def _is_never_escaped(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "_")


def _utf8(character: str) -> bytes:
    return character.encode(errors="surrogatepass")
