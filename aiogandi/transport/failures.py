"""What came back of an exchange, and how its failure is told: by status, type, size and outline.

No word of an answer that is no reply is quoted, and no word of what a parser says of it: a page may
repeat the request, with its secrets, in spellings that nobody has thought of.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import aiohttp

from aiogandi.codec import MalformedMessage
from aiogandi.errors import TransportError
from aiogandi.redaction import BLANK, Redactor, Sealed, outline
from aiogandi.settings import NO_RATE_LIMIT

PEEK: Final = 4096
"""Bytes of an unusable answer that are looked at."""

OUTLINE: Final = 200
"""Characters of their outline that an exception shows."""

_MEDIA_TYPES: Final = {
    *("text/html", "text/plain", "text/xml", "application/xml", "application/xhtml+xml"),
    *("application/json", "application/problem+json", "application/octet-stream"),
}
_LONGEST_PROBLEM: Final = 500  # characters of what is wrong, in the words of aiohttp or the system
_QUOTATION: Final = re.compile(r"\n|\\n|\bb\\*['\"]")
# A URL with credentials, as that of a proxy may be; and what was sent to a proxy.
_LOGIN: Final = re.compile(r"://[^\s/'\"]*@|proxy-authorization", re.IGNORECASE)
_NOT_CONNECTED: Final = (
    aiohttp.ClientConnectorError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.ClientHttpProxyError,
)
_SECONDS: Final = re.compile(r"[0-9]+(?:\.[0-9]*)?")
_REASONS: Final = {int(status): status.phrase for status in HTTPStatus}


class NoReply(Exception):
    """The service answered with another HTTP status than 200."""


@dataclass(slots=True)
class Received:
    """As much of the service's answer as has come."""

    status: int | None = None
    media_type: str = ""
    retry_after: float | None = None
    has_no_limit: bool = False
    """Whether it says that the service has no rate limit."""
    size: int = 0
    """Bytes of the body that were read."""
    beginning: Sealed = field(default=Sealed())
    """The first of them, `PEEK` at most."""

    def take(self, piece: Sealed) -> None:
        """A piece of the body has come."""
        if self.size < PEEK:
            self.beginning = Sealed(self.beginning + piece[: PEEK - self.size])
        self.size += len(piece)

    async def peek(self, content: aiohttp.StreamReader) -> None:
        """Read the beginning of a body that is no reply."""
        while self.size < PEEK and (piece := Sealed(await content.read(PEEK - self.size))):
            self.take(piece)


def failure(
    method: str,
    answer: Received,
    error: Exception,
    timeout: float,
    redactor: Redactor,
    *,
    waits: bool = False,
) -> TransportError:
    """The exception for an exchange that brought no reply, with its cause.

    *error* is what ended it, *waits* says that it had no connection by then. The exception may be raised
    anywhere: none of its texts holds a word of what came, or what *redactor* blanks.
    """
    cause = _cause(error, redactor)
    # A proxy that refuses to connect us speaks for the service: it tells a status, and nothing was sent.
    refused = error.status if isinstance(error, aiohttp.ClientHttpProxyError) else None
    told = TransportError(
        f"{method}: {_problem(answer, error, cause, timeout, redactor, waits)}{_what_came(answer)}",
        refused or answer.status,
        sent=answer.status != 429 and not waits and not isinstance(error, _NOT_CONNECTED),
        retry_after=answer.retry_after,
        method=method,
    )
    told.__cause__ = cause
    return told


def media_type(headers: Mapping[str, str]) -> str:
    """The media type of a Content-Type header, if it is a usual one: another may be anything."""
    name = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return name if name in _MEDIA_TYPES else ""


def has_no_limit(headers: Mapping[str, str]) -> bool:
    """Whether a sandbox of ours says that it has no rate limit."""
    name, value = NO_RATE_LIMIT
    return headers.get(name) == value


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


def _problem(
    answer: Received,
    error: Exception,
    cause: Exception | None,
    timeout: float,
    redactor: Redactor,
    waits: bool,
) -> str:
    match error:
        case NoReply():
            return _status_problem(answer)
        case MalformedMessage():
            return f"HTTP {answer.status}, but {error}"
        case aiohttp.ConnectionTimeoutError():
            return f"no connection within {timeout / 2:g} s"
        case TimeoutError() if waits:
            return f"no connection from the pool of the aiohttp session within {timeout:g} s"
        case TimeoutError() if timeout != math.inf:
            return f"no reply within {timeout:g} s"
        case aiohttp.ClientHttpProxyError(status=status):
            return f"the proxy answers HTTP {status} {_REASONS.get(status, '')}".rstrip()
        case _ if _quotes(error):
            return f"{type(error).__name__}: what came cannot be read"
        case _ if cause is not error and redactor.finds(str(error)):
            return type(error).__name__
        case _:
            return f"{type(error).__name__}: {error!s:.{_LONGEST_PROBLEM}}"


def _status_problem(answer: Received) -> str:
    status = answer.status or 0
    problem = f"HTTP {status} {_REASONS.get(status, '')}".rstrip()
    if answer.retry_after is not None:
        problem += f", and asks for a pause of {answer.retry_after:g} s"
    if 300 <= status < 400:
        problem += ": redirects are not followed"
    elif status in (404, 405):
        problem += ": is the path of the URL right? The service's was /xmlrpc/"
    return problem


def _what_came(answer: Received) -> str:
    """The body by its type, size and outline."""
    if not answer.size:
        return ""
    kind = answer.media_type or "no usual type"
    size = f"{answer.size} bytes" if answer.size < PEEK else f"{answer.size} bytes or more"
    seen = outline(answer.beginning.decode(errors="replace"))
    # Text without a tag is blanked as a whole: that shows nothing but stars.
    return f": {kind}, {size}" + ("" if seen == BLANK else f": {seen[:OUTLINE]}")


def _cause(error: Exception, redactor: Redactor) -> Exception | None:
    """*error*, or one that tells less where it may quote a secret; None where it tells no more."""
    if isinstance(error, NoReply | MalformedMessage):
        return None
    link: BaseException | None = error
    while link is not None:
        shown = f"{link!r} {link}"
        if _quotes(link) or _LOGIN.search(shown) or redactor.finds(shown):
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
