"""Exceptions that can be copied, and pickled for another process, and what is left there of the
operation that one tells of.
"""

from __future__ import annotations

import pickle
from copy import deepcopy
from dataclasses import dataclass
from io import BytesIO
from typing import Any, NoReturn, Protocol, Self, TypeVar, cast

from aiogandi.models import OperationDetails, OperationState

Error = TypeVar("Error", bound=BaseException)


class OperationLike(Protocol):
    """What an `OperationError` knows of its operation: an `Operation`, or what is left of it in
    another process.
    """

    @property
    def id(self) -> int | None:
        """The operation's own id, where that is known."""

    @property
    def type(self) -> str | None:
        """The call that began it, where that is known."""

    @property
    def state(self) -> OperationState | None:
        """As last seen."""

    @property
    def vm_id(self) -> int | None:
        """The server that it works on, where that is known."""

    @property
    def disk_id(self) -> int | None:
        """The disk that it works on, where that is known."""

    @property
    def product_id(self) -> int | None:
        """The product that it works on, where that is known."""

    def done(self) -> bool:
        """Whether it was seen to have ended."""

    async def wait(self, timeout: float | None = None) -> OperationDetails:
        """Wait for it again."""

    async def cancel(self) -> None:
        """Cancel it at the service."""


@dataclass(frozen=True, slots=True)
class DetachedOperation:
    """What an `Operation` was when an exception that holds it was pickled: its ids, type and state.

    It has no client, so that it can be neither waited for nor cancelled: ``gandi.operation(its id)``
    takes the operation up again.
    """

    id: int | None
    type: str | None
    state: OperationState | None
    vm_id: int | None
    disk_id: int | None
    product_id: int | None
    ended: bool

    @classmethod
    def of(cls, operation: OperationLike) -> DetachedOperation:
        """What is known of *operation* now."""
        return cls(
            operation.id,
            operation.type,
            operation.state,
            operation.vm_id,
            operation.disk_id,
            operation.product_id,
            operation.done(),
        )

    def done(self) -> bool:
        """Whether it had been seen to have ended."""
        return self.ended

    async def wait(self, timeout: float | None = None) -> NoReturn:
        """RuntimeError, see above."""
        del timeout
        self._refuse()

    async def cancel(self) -> None:
        """RuntimeError, see above."""
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise RuntimeError(
            f"{self!r} came out of a pickle and has no client: take the operation up by its id, with"
            " Gandi.operation()"
        )


class PortableError(Exception):
    """An exception that copies and pickles keep as it is, whatever its initialiser takes.

    They keep its class, text and attributes, those of subclasses too, its notes, and its cause and
    context. A pickle leaves out a cause or context that cannot be pickled itself; the traceback is always
    left behind.
    """

    def __getstate__(self) -> dict[str, Any]:
        """The attributes that a pickle holds. A subclass takes out of them what cannot be pickled."""
        return _attributes_of(self)

    def __reduce__(self) -> tuple[Any, ...]:
        history = {name: _travelling(link) for name, link in _history_of(self).items()}
        return self.reduced(history)

    def reduced(self, history: dict[str, Any]) -> tuple[Any, ...]:
        """What `__reduce__` returns, with this *history* among the attributes."""
        return _rebuilt, (type(self), self._args()), {**self.__getstate__(), **history}

    def __copy__(self) -> Self:
        twin = _rebuilt(type(self), self._args())
        twin.__setstate__({**_attributes_of(self), **_history_of(self)})
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Its cause and context are what has happened: a copy shares them.
        twin = memo[id(self)] = _rebuilt(type(self), deepcopy(self._args(), memo))
        twin.__setstate__({**deepcopy(_attributes_of(self), memo), **_history_of(self)})
        return twin

    def _args(self) -> tuple[Any, ...]:
        """What the exception of Python's own that it is derived from takes."""
        return cast("tuple[Any, ...]", super().__reduce__()[1])


def _rebuilt(kind: type[Error], args: tuple[Any, ...]) -> Error:
    """An exception of *kind* without its attributes, which follow. The initialiser of *kind* is not
    called: what it was given, by keyword perhaps, is not known any more.
    """
    builtin = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    error: Error = builtin.__new__(kind, *args)
    builtin.__init__(error, *args)  # type: ignore[misc]  # it is here that OSError takes them
    return error


def _attributes_of(error: BaseException) -> dict[str, Any]:
    """All that is set on *error*, its notes and what stands in slots as well."""
    state = object.__getstate__(error)
    parts = state if isinstance(state, tuple) else (state,)
    return {name: value for part in parts if part for name, value in part.items()}


def _history_of(error: BaseException) -> dict[str, Any]:
    """The attributes that lead from *error* to its cause and context."""
    return {
        "__cause__": error.__cause__,
        "__context__": error.__context__,
        "__suppress_context__": error.__suppress_context__,  # after the cause, which sets it
    }


def _travelling(link: Any) -> Any:
    """*link* of a history if it can be pickled and read again by itself, else None."""
    tried = BytesIO()
    try:
        _WithoutHistory(tried).dump(link)
        pickle.loads(tried.getvalue())  # noqa: S301 - it was made a moment ago
    except Exception:  # noqa: BLE001 - whatever another's class raises, it cannot travel
        return None
    return link


class _WithoutHistory(pickle.Pickler):
    """Pickles our exceptions without their history, each link of which is tried when its turn comes: in
    whatever circle they lead to each other, none is tried twice.
    """

    def reducer_override(self, obj: Any) -> Any:
        return obj.reduced({}) if isinstance(obj, PortableError) else NotImplemented
