"""What a service may make of a name before it stores it.

Two spellings of one name fold alike: those that differ in case, in the way Unicode writes a
character, in IDNA, or in a trailing dot.
"""

from __future__ import annotations

from itertools import chain, groupby
from typing import Final
from unicodedata import combining, normalize

DOT: Final = "."
IDEOGRAPHIC_DOT: Final = "\u3002"
"""The full stop that IDNA takes for a dot as well."""

ENCODED: Final = "xn--"
"""How a label begins that IDNA wrote in ASCII."""

LONGEST_LABEL: Final = 63
"""Characters of a label that the domain name system allows."""


def fold(text: str) -> str:
    """*text* as all of its spellings fold: "Bücher.Example." and "xn--bcher-kva.example" are both
    "bücher.example".

    Any string folds, at a cost of its length, and folds to itself when it is folded again.
    """
    labels = _fold_characters(text).replace(IDEOGRAPHIC_DOT, DOT).rstrip(DOT).split(DOT)
    return DOT.join(map(_fold_label, labels))


def encode(name: str) -> str:
    """*name* as IDNA writes it in ASCII: "bücher.example" is "xn--bcher-kva.example".

    A label that is too long for IDNA stays as it is, since to encode it costs the square of its length.
    """
    return DOT.join(map(_encode_label, name.split(DOT)))


def _encode_label(label: str) -> str:
    if label.isascii() or len(label) > LONGEST_LABEL:
        return label
    return ENCODED + label.encode("punycode").decode("ascii")


def _fold_label(label: str) -> str:
    """*label* in Unicode where IDNA wrote it in ASCII. What cannot be read stays as it is."""
    if not (label.startswith(ENCODED) and label.isascii() and len(label) <= LONGEST_LABEL):
        return label
    try:
        decoded = label.removeprefix(ENCODED).encode("ascii").decode("punycode")
    except UnicodeError:
        return label
    folded = _fold_characters(decoded)
    # Nobody encodes ASCII, a dot, or a label that is encoded already.
    hostile = (
        decoded.isascii()
        or folded.startswith(ENCODED)
        or not {DOT, IDEOGRAPHIC_DOT}.isdisjoint(folded)
    )
    return label if hostile else folded


def _fold_characters(text: str) -> str:
    """*text* in NFKC without case."""
    if text.isascii():
        return text.casefold()
    # Some characters show their case only when they are decomposed, and some decompose only then.
    return normalize("NFC", _decompose(_decompose(text).casefold()))


def _decompose(text: str) -> str:
    """*text* in NFKD, in linear time: `normalize` alone takes the square of it to sort the marks of a
    character that has thousands of them.
    """
    decomposed = "".join([normalize("NFKD", character) for character in text])
    runs = groupby(decomposed, key=lambda character: combining(character) > 0)
    return "".join(
        chain.from_iterable(sorted(r, key=combining) if marks else r for marks, r in runs)
    )
