"""What libraries say while they work for us: what they log is told in our own name, and to who debugs us alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

log = logging.getLogger("aiogandi.fleet")

_is_ours: ContextVar[bool] = ContextVar("_is_ours", default=False)


@contextmanager
def ours() -> Iterator[None]:
    """What is logged inside, and in tasks that begin inside, is told of work of ours."""
    token = _is_ours.set(True)
    try:
        yield
    finally:
        _is_ours.reset(token)


class _OfOurs(logging.Filter):
    """Has a library's logger tell at DEBUG what it tells of work of ours: to it an item that is delivered twice, and
    a store that is away, are warnings. What it tells of other work in the process it tells as ever.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not _is_ours.get():
            return True
        log.debug("%s: %s", record.name, record.getMessage())
        return False


for _library in ("streaq", "coredis"):
    logging.getLogger(_library).addFilter(_OfOurs())


def trouble_in(error: BaseException) -> str:
    """What has gone wrong in a library, in words without the commands that were sent."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error).rpartition("of pipeline caused error: ")[2]
    if isinstance(cause := error.__cause__, OSError):  # they say only what was not done, not why
        text = f"{text}: {cause or 'it took too long'}"
    return text or type(error).__name__
