"""What can be known of a changing call. `change` says which state leads to which."""

from enum import StrEnum
from typing import Final


class State(StrEnum):
    """What is known of a changing call."""

    PREPARED = "prepared"
    """It has not left."""
    SENT = "sent"
    """It has left, and its reply is due."""
    ANSWERED = "answered"
    """Its reply came, and is its own."""
    LOST = "lost"
    """It has left, and no usable reply will come: it may or may not have run."""
    ADOPTED = "adopted"
    """Its reply was lost, and its operation was found at the service."""
    ABSENT = "absent"
    """The service did not run it, or refused it."""
    UNKNOWN = "unknown"
    """Whether it ran cannot be established."""


OPEN: Final = (State.SENT, State.LOST, State.UNKNOWN)
"""The states of calls that may have begun an operation which is not known."""
