"""Which operation is whose."""

from __future__ import annotations

from collections.abc import Iterable

from aiogandi.changes.change import Change
from aiogandi.changes.journal import Name
from aiogandi.changes.recognition import names_of
from aiogandi.models import OperationDetails


class Owners:
    """Knows to whom operations belong: to calls of this client, to nobody, or to calls that the journal
    tells of.
    """

    def __init__(self) -> None:
        # With the time at which it was known; nobody, if it is surplus.
        self._owned: dict[Name, tuple[float, Change | None]] = {}
        # What the journal has told, with the time. Our own calls are among it, and may be entered later.
        self._claimed: dict[Name, float] = {}

    def enter(self, name: Name, call: Change | None, now: float) -> None:
        """Note that what is called *name* is this call's, or surplus."""
        self._owned[name] = (now, call)

    def know_claims(self, names: Iterable[Name], now: float) -> None:
        """Note that what is called so belongs to calls that the journal tells of. It does for ever."""
        for name in names:
            self._claimed.setdefault(name, now)

    def is_entered(self, name: Name) -> bool:
        """Whether it was entered whose it is."""
        return name in self._owned

    def has(self, name: Name) -> bool:
        """Whether it is known whose it is."""
        return name in self._owned or name in self._claimed

    def has_any_name_of(self, details: OperationDetails) -> bool:
        """Whether it is known whose the operation is."""
        return any(map(self.has, names_of(details)))

    def of(self, details: OperationDetails) -> Change | None:
        """The call of this client that is known to have begun the operation."""
        owners = (self._owned[name] for name in names_of(details) if name in self._owned)
        return next((owner for _, owner in owners), None)

    def without_owner(self, numbers: Iterable[int]) -> list[int]:
        """Those of the operations of which it is not known whose they are."""
        return [number for number in numbers if not self.has(("id", number))]

    def forget(self, before: float) -> None:
        """Forget what was known *before* that time. The oldest come first."""
        while self._owned and next(iter(self._owned.values()))[0] < before:
            del self._owned[next(iter(self._owned))]
        while self._claimed and next(iter(self._claimed.values())) < before:
            del self._claimed[next(iter(self._claimed))]
