"""The ways in which a text may write a secret: as it is or in capitals, escaped once or again and again,
backwards, with NULs between its letters (UTF-16), in hexadecimal digits, in base64.

A text is not searched for all of them. It is *read*: its escapes are resolved, again and again, and
what comes out each time is searched for the secret. A reading knows where each of its characters
stands in the text.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from html.entities import name2codepoint
from typing import Final
from unicodedata import normalize

ROUNDS: Final = 6
"""How often the escapes of a text are resolved: a page that quotes a log that quotes JSON takes three."""

ROUNDS_WITHIN: Final = 2
"""The same within base64 or hexadecimal digits, which may hold a whole request."""

# XML's and HTML's references, octets as URLs and `repr` write them, what JSON, C and `repr` put
# behind a backslash, and NUL. The quantifiers are bounded or possessive: a hostile text costs its length.
_ESCAPED: Final = re.compile(
    r"&#0*+(?P<decimal>[0-9]{1,7}|(?<=0))(?:;|(?![0-9]))"
    r"|&#[xX]0*+(?P<hexadecimal>[0-9a-fA-F]{1,6}|(?<=0))(?:;|(?![0-9a-fA-F]))"
    r"|&(?P<name>[A-Za-z][A-Za-z0-9]{1,7});"
    r"|(?P<octets>(?:(?:%|\\[xX])[0-9a-fA-F]{2})++)"
    r"|\\[uU](?P<high>[dD][89abAB][0-9a-fA-F]{2})\\[uU](?P<low>[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\U(?P<long>00[01][0-9a-fA-F]{5})"
    r"|[\\%][uU](?P<short>[0-9a-fA-F]{4})"
    r"|\\(?P<octal>[0-3][0-7]{2}|0)"
    r"|\\(?P<sign>[nrt\\'\"/])"
    r"|\x00"
)
_OCTET: Final = re.compile(r"(?:%|\\[xX])([0-9a-fA-F]{2})")
_LONGEST_ESCAPE: Final = 40
_SIGNS: Final = {"n": "\n", "r": "\r", "t": "\t"}
_BASE64: Final = re.compile(r"[\w+/-]{6,}+(?:\r?\n[\w+/-]++)*+|[\w+/-]{3,5}+\Z", re.ASCII)
_BASE64_DIGITS: Final = str.maketrans("-_", "+/", "\r\n")
_HEXADECIMAL: Final = re.compile(r"[0-9a-fA-F]{2}(?:[ :-]?[0-9a-fA-F]{2}){3,}+")
_NO_SEPARATORS: Final = str.maketrans("", "", " :-")

SHORT: Final = 4
"""Characters below which a secret is blanked only where it stands alone: "a" is in every word, and
blanking them all would make the text unreadable and show which letter it is. Such a one is looked for
in its own letters only, neither in capitals nor encoded."""

PREFIX: Final = 8
"""Characters of a secret by which it is known where the text breaks off in it."""


class Reading:
    """A text as it is read. Character *n* of ``text`` stands in the original from ``starts[n]`` to
    ``ends[n]``.
    """

    def __init__(self, text: str, starts: Sequence[int], ends: Sequence[int]) -> None:
        self.text = text
        self.starts = starts
        self.ends = ends

    @cached_property
    def small(self) -> str:
        """The text in small letters."""
        return folded(self.text)

    @cached_property
    def uncut(self) -> list[str]:
        """``small`` without an escape of which the end is missing, for each place where one may begin."""
        end = len(self.small)
        found = []
        for start in range(end - 1, max(end - _LONGEST_ESCAPE, -1), -1):
            character = self.small[start]
            if character in "&%\\":
                found.append(self.small[:start])
            elif not (character.isalnum() or character in ";#_"):
                break
        return found

    def add(
        self, start: int, end: int, pieces: list[str], starts: list[int], ends: list[int]
    ) -> None:
        """Add a piece of this reading to these lists."""
        pieces.append(self.text[start:end])
        starts.extend(self.starts[start:end])
        ends.extend(self.ends[start:end])


def places(needle: str, text: str) -> Iterator[tuple[int, int]]:
    """Where *needle* stands in *text*: from and to which character."""
    start = text.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = text.find(needle, start + len(needle))


def break_of(needle: str, text: str, least: int) -> int | None:
    """Where in *text* *needle* begins of which the end is missing: its first `PREFIX` characters and
    whatever follows, or fewer at the very end, but *least*. None: nowhere.
    """
    if len(needle) > PREFIX and (start := text.find(needle[:PREFIX])) >= 0:
        return start
    end = text[-PREFIX:]
    if needle[:least] in end:  # hardly ever, and much is asked
        for length in range(min(len(needle), PREFIX) - 1, least - 1, -1):
            if end.endswith(needle[:length]):
                return len(text) - length
    return None


class _Decoded(Reading):
    """What pieces of a reading say when they are decoded. A piece is shown or blanked as a whole."""

    def __init__(self, whole: Reading, pieces: list[tuple[int, int, str]]) -> None:
        self.text = "\n".join([text for _, _, text in pieces])
        self.uncut = []
        self._whole = whole
        self._pieces = pieces

    @cached_property
    def starts(self) -> Sequence[int]:  # type: ignore[override]
        """As `Reading.starts`."""
        return [self._whole.starts[start] for start, _, text in self._pieces for _ in f"{text}\n"]

    @cached_property
    def ends(self) -> Sequence[int]:  # type: ignore[override]
        """As `Reading.ends`."""
        return [self._whole.ends[end - 1] for _, end, text in self._pieces for _ in f"{text}\n"]


def readings(text: str) -> Iterator[Reading]:
    """The text as it is, as it reads when its escapes are resolved, once, twice, and so on, and what
    stands in it in base64 or in hexadecimal digits.
    """
    for reading in _rounds(_original(text), ROUNDS):
        yield reading
        for decoded in _decoded(reading):
            yield from _rounds(decoded, ROUNDS_WITHIN)


def fully_resolved(text: str) -> str:
    """*text* with its escapes resolved until there are none."""
    *_, last = _rounds(_original(text), ROUNDS)
    return last.text


def other_forms(text: str) -> Iterator[str]:
    """What programs make of a text that is not ASCII: its characters composed, taken apart or made plain,
    or its octets read in the wrong character set ("Ã¼" for "ü").
    """
    if text.isascii():
        return
    for form in ("NFC", "NFD", "NFKC"):
        yield normalize(form, text)
    octets = text.encode()
    yield octets.decode("latin-1")
    with suppress(UnicodeDecodeError):  # it has no character for five octets
        yield octets.decode("cp1252")


def _original(text: str) -> Reading:
    return Reading(text, range(len(text)), range(1, len(text) + 1))


def _rounds(first: Reading, rounds: int) -> Iterator[Reading]:
    reading: Reading | None = first
    for _ in range(1 + rounds):
        if reading is None:
            break
        yield reading
        reading = _resolved(reading)


def _decoded(reading: Reading) -> Iterator[Reading]:
    # Where the digits of one octet or of three begin is not known, so each place is tried.
    for pattern, decode, places in (
        (_BASE64, _from_base64, 4),
        (_HEXADECIMAL, _from_hexadecimal, 2),
    ):
        runs = [(*found.span(), found[0]) for found in pattern.finditer(reading.text)]
        for place in range(places if runs else 0):
            pieces = [(start, end, decode(run, place)) for start, end, run in runs]
            yield _Decoded(reading, pieces)


def _from_base64(run: str, place: int) -> str:
    digits = run.translate(_BASE64_DIGITS)[place:]
    if len(digits) % 4 == 1:
        digits = digits[:-1]  # it is less than an octet
    return _text(a2b_base64(digits + "=" * (-len(digits) % 4)))


def _from_hexadecimal(run: str, place: int) -> str:
    digits = run.translate(_NO_SEPARATORS)[place:]
    return _text(bytes.fromhex(digits[: len(digits) // 2 * 2]))


def _text(octets: bytes) -> str:
    """These octets as text, without those that are none. Many NULs are UTF-16's."""
    encoding = "latin-1" if 3 * octets.count(0) > len(octets) else "utf-8"
    return octets.decode(encoding, errors="ignore").replace("\0", "")


def folded(text: str) -> str:
    """Return *text* in small letters, of the same length."""
    if text.isascii():
        return text.lower()
    return "".join([small if len(small := each.lower()) == 1 else each for each in text])


def _resolved(reading: Reading) -> Reading | None:
    """What *reading* says when its escapes are resolved, and NULs left out; None where it has none."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    shown = 0
    for found in _ESCAPED.finditer(reading.text):
        meaning = _meaning(found)
        if not meaning:
            continue
        reading.add(shown, found.start(), pieces, starts, ends)
        shown = found.end()
        for character, start, end in meaning:
            if character != "\0":
                pieces.append(character)
                starts.append(reading.starts[start])
                ends.append(reading.ends[end - 1])
    if not shown:
        return None
    reading.add(shown, len(reading.text), pieces, starts, ends)
    return Reading("".join(pieces), starts, ends)


def _meaning(found: re.Match[str]) -> list[tuple[str, int, int]]:
    """The characters that an escape stands for, and from where to where each stands; none for what is no
    escape.
    """
    kind = found.lastgroup
    start, end = found.span()
    match kind:
        case None:
            code = 0
        case "name":
            name = found[kind]
            if name.lower() == "apos":
                code = ord("'")
            elif (code := name2codepoint.get(name) or name2codepoint.get(name.lower()) or 0) == 0:
                return []
        case "octets":
            octets = _OCTET.finditer(found.string, start, end)
            return _characters([(int(each[1], 16), *each.span()) for each in octets])
        case "low":
            code = (
                0x10000 + (int(found["high"], 16) - 0xD800) * 0x400 + int(found["low"], 16) - 0xDC00
            )
        case "sign":
            code = ord(_SIGNS.get(found[kind], found[kind]))
        case "decimal":
            code = int(found[kind] or "0")
        case "octal":
            code = int(found[kind], 8)
        case _:
            code = int(found[kind] or "0", 16)
    return [(chr(code), start, end)] if code < 0x110000 else []


def _characters(octets: list[tuple[int, int, int]]) -> list[tuple[str, int, int]]:
    """The characters of octets in UTF-8; an octet that is none is the character of its number."""
    characters: list[tuple[str, int, int]] = []
    number = 0
    while number < len(octets):
        octet, start, _ = octets[number]
        length = 1 if octet < 0xC0 else 2 if octet < 0xE0 else 3 if octet < 0xF0 else 4
        together = octets[number : number + length]
        try:
            character = bytes([octet for octet, _, _ in together]).decode()
        except UnicodeDecodeError:
            character, together = chr(octet), together[:1]
        characters.append((character, start, together[-1][2]))
        number += len(together)
    return characters
