"""Refuses a document with an enormous tag before the parser sees it."""

from __future__ import annotations

import re
from typing import Final

from aiogandi.codec.scalars import MalformedMessage
from aiogandi.redaction import Sealed

LONGEST_TAG: Final = 2**16
"""Bytes of a tag. XML-RPC's have twenty. The parser reads a tag in one go, and with a million
attributes that takes a second, in which nothing else could run."""

_HEAD: Final = 2**12
# What begins with < is a whole tag, or a comment, CDATA or the like, of which the length is no harm.
# (In a tag there is no further <, not even within quotes.)
_HARMLESS = re.compile(rb"""<(?:[!?]|[^<>"']*+(?:"[^<"]*+"[^<>"']*+|'[^<']*+'[^<>"']*+)*+>)""")


class TagLimit:
    """Looks at a document as it comes, in pieces of at most `LONGEST_TAG` bytes."""

    def __init__(self) -> None:
        self._head = Sealed()  # what began with the last <
        self._length = 0  # how far that is away

    def check(self, piece: bytes) -> None:
        """Raise `MalformedMessage` if this piece is all within a tag that is too long."""
        last = piece.rfind(b"<")
        if last >= 0:
            self._head = Sealed(piece[last : last + _HEAD])
            self._length = len(piece) - last
            return
        self._head = Sealed(self._head + piece[: _HEAD - len(self._head)])
        self._length += len(piece)
        if self._length > LONGEST_TAG and not _HARMLESS.match(self._head):
            raise MalformedMessage(f"a tag of more than {LONGEST_TAG} bytes")
