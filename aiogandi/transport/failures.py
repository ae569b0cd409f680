"""What came back of an exchange, and how its failure is told: with the beginning of what the service
sent, and without a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import aiohttp

from aiogandi.codec import MalformedMessage
from aiogandi.errors import LOGIN_CALLS, TransportError
from aiogandi.redaction import Redactor, Sealed, outline

PEEK: Final = 4096
"""Bytes of an unusable answer that are looked at."""

EXCERPT: Final = 200
"""Characters of them that an exception shows."""

_LONGEST_PROBLEM: Final = 500  # characters of what is wrong, which may quote what the service sent
_QUOTATION: Final = re.compile(r"\n|\\n|\bb\\*['\"]")
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?")


class NoReply(Exception):
    """The service answered with another HTTP status than 200."""


@dataclass(slots=True)
class Received:
    """As much of the service's answer as has come."""

    status: int | None = None
    reason: str = field(default="", repr=False)
    retry_after: float | None = None
    pieces: list[Sealed] = field(default_factory=list)

    async def peek(self, content: aiohttp.StreamReader) -> None:
        """Read the beginning of a body that is no reply."""
        size = 0
        while size < PEEK and (piece := Sealed(await content.read(PEEK - size))):
            size += len(piece)
            self.pieces.append(piece)


def failure(
    method: str,
    answer: Received,
    error: Exception,
    timeout: float,
    redactor: Redactor,
) -> TransportError:
    """The exception for an exchange that brought no reply, with its cause.

    *error* is what ended it. The exception may be raised anywhere: none of its texts holds what
    *redactor* blanks, nor what may be a session id that nobody knows yet.
    """
    excerpt = b"".join(answer.pieces)[:PEEK].decode(errors="replace")
    if method in LOGIN_CALLS:  # what came may hold a session id that nobody knows
        answer.reason = ""
        excerpt = outline(excerpt)
    elif excerpt:
        # Blanked before it is cut: half a secret would not be recognised.
        excerpt = redactor.redact_cut(excerpt)
    problem = redactor.redact_cut(_problem(method, answer, error, timeout))
    told = TransportError(
        f"{method}: {problem:.{_LONGEST_PROBLEM}}"
        + (f": {excerpt[:EXCERPT]!r}" if excerpt else ""),
        answer.status,
        sent=answer.status != 429
        and not isinstance(error, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError),
        retry_after=answer.retry_after,
        method=method,
    )
    told.__cause__ = _cause(error, redactor)
    return told


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date of the world's clock."""
    value = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), float(2**31))
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max((date - datetime.now(UTC)).total_seconds(), 0.0)


def _problem(method: str, answer: Received, error: Exception, timeout: float) -> str:
    match error:
        case NoReply():
            redirect = 300 <= (answer.status or 0) < 400
            problem = f"HTTP {answer.status} {answer.reason}".rstrip()
            return f"{problem}: redirects are not followed" if redirect else problem
        case MalformedMessage():
            reason = "no usable reply" if method in LOGIN_CALLS else str(error)
            return f"HTTP {answer.status}, but {reason}"
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {timeout / 2:g} s"
        case TimeoutError():
            return f"no reply within {timeout:g} s"
        case _ if _quotes(error):
            return f"{type(error).__name__}: what came cannot be read"
        case _:
            return f"{type(error).__name__}: {error}"


def _cause(error: Exception, redactor: Redactor) -> Exception | None:
    """*error*, or one that tells less where it may quote a secret; None where it tells no more."""
    if isinstance(error, NoReply | MalformedMessage):
        return None
    link: BaseException | None = error
    while link is not None:
        if _quotes(link) or redactor.finds(f"{link!r} {link}"):
            return aiohttp.ClientError(type(error).__name__)
        link = link.__cause__ or link.__context__
    return error


def _quotes(error: BaseException) -> bool:
    """Whether it shows a piece of what came over the connection, as aiohttp does where that is no
    HTTP: on a line of its own, or as bytes. Such a piece may begin in the middle of a secret.
    """
    return isinstance(error, aiohttp.ClientResponseError | aiohttp.ClientPayloadError) and (
        _QUOTATION.search(str(error)) is not None
    )
