"""The account's shares: how many there are, are in use, and will be removed.

*Assumed*: a call for more shares than are free is refused, and what is in use cannot be removed.
"""

from __future__ import annotations

from aiogandi.sandbox.books.faults import Cause, Subject, data_fault


class SharePool:
    """Counts shares. A share is promised when a call is accepted and not when its operation ends,
    so that two calls are never granted the same one.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.used = 0
        self._leaving = 0

    @property
    def free(self) -> int:
        """The shares that are neither in use nor promised to an operation that removes them."""
        return self.total - self.used - self._leaving

    def take(self, quantity: int, asked: int) -> None:
        """Use *quantity* free shares, or raise the fault that there are not enough: it repeats how many
        were *asked* for, of which the caller may have some already.
        """
        if quantity > self.free:
            reason = f"not enough shares, {self.free} free"
            raise data_fault(Subject.VM_SHARES, Cause.QUOTA, reason, "shares", asked)
        self.used += quantity

    def give_back(self, quantity: int) -> None:
        """Stop using *quantity* shares."""
        self.used -= quantity

    def add(self, quantity: int) -> None:
        """Add *quantity* new shares."""
        self.total += quantity

    def mark_leaving(self, quantity: int) -> bool:
        """Promise *quantity* free shares to an operation that will remove them. Return whether there are
        enough; where there are not, nothing is promised.
        """
        if quantity > self.free:
            return False
        self._leaving += quantity
        return True

    def stay(self, quantity: int) -> None:
        """Withdraw the promise that `mark_leaving` made."""
        self._leaving -= quantity

    def leave(self, quantity: int) -> None:
        """Remove *quantity* shares that `mark_leaving` promised."""
        self._leaving -= quantity
        self.total -= quantity
