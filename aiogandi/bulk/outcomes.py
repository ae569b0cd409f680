"""What became of an item of `bulk`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """The outcome of an *item* whose action succeeded: *result* is what the action returned.

    ``ok`` is True and ``error`` is None.
    """

    item: T
    result: R
    repeated: bool = False
    """Whether the result is that of an earlier run, and nothing was done now (see ``run``)."""
    ok: ClassVar[Literal[True]] = True
    error: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class Failed(Generic[T]):
    """The outcome of an *item* whose action failed: *error* is the exception that it raised.

    ``ok`` is False and ``result`` is None.
    """

    item: T
    error: Exception
    ok: ClassVar[Literal[False]] = False
    result: ClassVar[None] = None


Outcome: TypeAlias = Done[T, R] | Failed[T]
"""What became of one item of `bulk`: ``Outcome[str, VM]`` is ``Done[str, VM] | Failed[str]``.

Both have ``item``, ``ok``, ``result`` and ``error``, and type checkers tell them apart:

    if outcome.ok:                      # mypy
        print(outcome.result.hostname)
    match outcome:                      # mypy and pyright; isinstance(outcome, Done) likewise
        case Done(item, vm):
            print(item, vm.hostname)
        case Failed(item, error):
            print(item, error)
"""
