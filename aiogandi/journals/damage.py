"""A journal that has in it what none would write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from aiogandi.errors import JournalError

DAMAGED: Final = (
    "It stays as it is. Put a sound copy in its place (of a SQLite file, `.recover` saves what can be read):"
    " a new one would know nothing of what was bought"
)
"""What to do then."""


def damage(name: str, what: str) -> JournalError:
    """The error of a journal called *name* in which *what* was found."""
    return JournalError(f"{name} is damaged: {what}. {DAMAGED}")


@contextmanager
def understood(name: str, what: str) -> Iterator[None]:
    """Inside, *what* stands in the journal called *name* is read: `JournalError` where it makes no sense."""
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise damage(name, f"{what} cannot be understood ({error})") from error
