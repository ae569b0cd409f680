"""The operations that this client began: for who waits until all have ended, and when each began."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final

from aiogandi.errors import OperationError
from aiogandi.operations.operation import Operation

REMEMBERED: Final = 10_000
"""Operations that are kept at most. Nobody may ever wait for one, so that its end is never seen."""


class Begun:
    """Keeps the latest operations that were begun."""

    def __init__(self) -> None:
        self._operations: deque[Operation] = deque(maxlen=REMEMBERED)

    def add(self, operation: Operation) -> None:
        """Note a new one. Those that have ended make room, as far as they are the oldest."""
        while self._operations and self._operations[0].done():
            self._operations.popleft()
        self._operations.append(operation)

    def under_way(self) -> list[Operation]:
        """Those that were not seen to have ended."""
        return [operation for operation in self._operations if not operation.done()]

    def find(self, operation_id: int) -> Operation | None:
        """The operation of this id, if this client was told it."""
        for operation in self._operations:
            if operation.id == operation_id and operation.started is not None:
                return operation
        return None

    async def ended(self) -> None:
        """Wait until all have ended, whichever way."""
        waits = [asyncio.ensure_future(_ended(operation)) for operation in self.under_way()]
        try:
            await asyncio.gather(*waits)
        finally:
            for wait in waits:
                wait.cancel()


async def _ended(operation: Operation) -> None:
    try:
        await operation.wait()
    except OperationError:
        return  # it failed or was cancelled, so it has ended
