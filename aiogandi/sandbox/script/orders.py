"""Orders that are still to be carried out: what will happen to the next requests or operations."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

ANY: Final = "*"
"""Any method, or any type of operation."""

T = TypeVar("T")


@dataclass(slots=True)
class _Order(Generic[T]):
    name: str
    item: T
    times: int


class Orders(Generic[T]):
    """Items for the next requests, or operations, of a name. First in, first out; each request or
    operation gets one item at most. A test may order in one thread what is claimed in another.
    """

    def __init__(self) -> None:
        self._orders: list[_Order[T]] = []
        self._lock = threading.Lock()

    def add(self, name: str, item: T, times: int) -> None:
        """Order *item* for the next *times* that are called *name* (`ANY`: for any name)."""
        with self._lock:
            self._orders.append(_Order(name, item, times))

    def claim(self, name: str) -> T | None:
        """Return the oldest item that is ordered for *name*, and use it up once. None: there is none."""
        with self._lock:
            for order in self._orders:
                if order.name in (ANY, name):
                    order.times -= 1
                    if not order.times:
                        self._orders.remove(order)
                    return order.item
        return None
