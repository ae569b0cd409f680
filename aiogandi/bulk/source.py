"""Where the items of `bulk` come from."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from typing import Any, Final

from aiogandi.errors import InvalidArgument

NOTHING: Final = object()


class Source:
    """Draws items one at a time from an iterable of either kind.

    An exception of the iterable ends the items and is kept in ``error``.
    """

    def __init__(self, items: Any) -> None:
        self.exhausted = False
        self.error: Exception | None = None
        self.waits = isinstance(items, AsyncIterable)
        if isinstance(items, AsyncIterable):
            self._awaited = aiter(items)
        elif isinstance(items, Iterable):
            self._items = iter(items)
        else:
            kind = type(items).__name__
            raise InvalidArgument(f"items is a {kind}; allowed is an iterable or an async one")

    def next(self) -> Any:
        try:
            item = next(self._items, NOTHING)
        except Exception as error:  # noqa: BLE001 - raised when what is under way has ended
            self.error, item = error, NOTHING
        self.exhausted = item is NOTHING
        return item

    async def draw(self) -> Any:
        try:
            item = await anext(self._awaited, NOTHING)
        except Exception as error:  # noqa: BLE001 - as above
            self.error, item = error, NOTHING
        self.exhausted = item is NOTHING
        return item

    async def close(self) -> None:
        """Close an async generator now; the garbage collector would do it at some later time."""
        if self.waits and isinstance(self._awaited, AsyncGenerator):
            await self._awaited.aclose()
