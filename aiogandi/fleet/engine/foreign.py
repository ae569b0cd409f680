"""What streaq and coredis say while they work for us: it is logged in our name at DEBUG, and not in theirs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

log = logging.getLogger("aiogandi.fleet")

_are_quiet: ContextVar[bool] = ContextVar("_are_quiet", default=False)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Inside, and in tasks that begin inside, the libraries work for us: what they log goes to our logger, at DEBUG."""
    token = _are_quiet.set(True)
    try:
        yield
    finally:
        _are_quiet.reset(token)


class _Quiet(logging.Filter):
    """Keeps a library's logger quiet about its work for us: to a library, an item that is delivered twice and a store
    that is away are warnings, and to us they are not. A program's own use of the library is logged as ever.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if not _are_quiet.get():
            return True
        log.debug("%s: %s", record.name, record.getMessage())
        return False


for _library in ("streaq", "coredis"):
    logging.getLogger(_library).addFilter(_Quiet())


def trouble_in(error: BaseException) -> str:
    """What has gone wrong in a library, in words without the commands that were sent."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = str(error).rpartition("of pipeline caused error: ")[2]
    if isinstance(cause := error.__cause__, OSError):  # they say only what was not done, not why
        text = f"{text}: {cause or 'it took too long'}"
    return text or type(error).__name__
