"""The account's shares: how many there are, how many are in use, how many are about to leave."""

from __future__ import annotations

from aiogandi.sandbox.books.faults import Cause, Subject, data_fault


class SharePool:
    """Shares are promised when a call is accepted, not when its operation ends: two calls cannot
    be granted the same one.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self._leaving = 0

    def take(self, quantity: int, element: str = "shares") -> None:
        """Put *quantity* shares to use, or raise the fault that there are not enough."""
        self._require(quantity, element)
        self.used += quantity

    def give_back(self, quantity: int) -> None:
        """Put *quantity* shares out of use."""
        self.used -= quantity

    def add(self, quantity: int) -> None:
        """Take in *quantity* new shares."""
        self.total += quantity

    def mark_leaving(self, quantity: int, element: str) -> None:
        """Promise *quantity* unused shares to an operation that removes them, or raise."""
        self._require(quantity, element)
        self._leaving += quantity

    def stay(self, quantity: int) -> None:
        """Take back the promise of `mark_leaving`."""
        self._leaving -= quantity

    def leave(self, quantity: int) -> None:
        """Remove *quantity* shares that were promised by `mark_leaving`."""
        self._leaving -= quantity
        self.total -= quantity

    def _require(self, quantity: int, element: str) -> None:
        free = self.total - self.used - self._leaving
        if quantity > free:
            raise data_fault(
                Subject.ACCOUNT, Cause.STATE, f"not enough shares, {free} free", element, quantity
            )
