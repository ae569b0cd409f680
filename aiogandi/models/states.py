"""In which state an operation is."""

from __future__ import annotations

from enum import StrEnum


class OperationState(StrEnum):
    """An operation's state (documented; SUPPORT is assumed, from the service's next version).

    A state that this version does not know is kept under its own name and counts as under way:
    ``OperationState("WAIT")`` is equal to ``"WAIT"``, and its ``final`` is False.
    """

    PENDING = "PENDING"
    RUN = "RUN"
    DONE = "DONE"
    ERROR = "ERROR"
    CANCEL = "CANCEL"
    SUPPORT = "SUPPORT"

    @classmethod
    def _missing_(cls, value: object) -> OperationState | None:
        if not isinstance(value, str):
            return None
        # Not registered with the class: what a service may send is without bound, and the class
        # would keep every name for ever.
        unknown = str.__new__(cls, value)
        unknown._name_ = value
        unknown._value_ = value
        return unknown

    @property
    def final(self) -> bool:
        """Whether the service is through with it: True for DONE, ERROR, CANCEL and SUPPORT."""
        return self in FINAL


FINAL = frozenset(
    {
        OperationState.DONE,
        OperationState.ERROR,
        OperationState.CANCEL,
        OperationState.SUPPORT,
    }
)
"""The states in which a wait ends; SUPPORT because people must step in (assumed)."""
