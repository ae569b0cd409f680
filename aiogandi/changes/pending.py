"""What a changing call has begun and no caller has been told of, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

from aiogandi.calls.arguments import identifier
from aiogandi.errors import InvalidArgument
from aiogandi.models.model import as_json
from aiogandi.operations.operation import Operation


class Concludable(Protocol):
    """A call of which somebody says what became."""

    def take_up(self) -> Operation:
        """See `Pending.operation`."""

    def dismiss(self) -> None:
        """See `Pending.dismiss`."""

    def adopt(self, operation_id: int) -> None:
        """See `Pending.adopt`."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A changing call that has left, and whose result has reached nobody.

    ``state`` is what is known of it: ``"sent"`` or ``"lost"`` while it is under way, ``"answered"`` or
    ``"adopted"`` where it has begun an operation, ``"unknown"``, or ``"absent"`` where it did not run but
    left a surplus. ``arguments`` are without passwords. The ids are None where they are not known.
    ``surplus`` are operations that it began beyond its own. ``task`` is the name of the task that made
    the call, ``since`` when it left first (UTC, by this machine's clock). ``key`` is that of `Gandi.once`,
    with the outer ones before it, or None.

    Copies are about the same call. What comes out of a pickle, in another process say, is the record alone:
    there `operation`, `dismiss` and `adopt` are `InvalidArgument`, and ``gandi.operation(operation_id)``
    takes the operation up.
    """

    method: str
    arguments: Mapping[str, Any]
    state: str
    vm_id: int | None
    disk_id: int | None
    operation_id: int | None
    surplus: tuple[int, ...]
    key: str | None
    task: str | None
    since: datetime
    _entry: Concludable | None = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The fields by name, as values that `json.dumps` takes, without passwords: dates are ISO 8601
        text, bytes text in base 64.

            Path("pending.json").write_text(json.dumps([each.to_dict() for each in gandi.pending()]))
        """
        names = [each.name for each in fields(self) if each.name != "_entry"]
        return {name: as_json(getattr(self, name)) for name in names}

    def operation(self) -> Operation:
        """Take the operation up, to wait for it; it is pending no more.

        Raises `InvalidArgument` where it is not known: `adopt` tells which it is.
        """
        return self._of_this_process().take_up()

    def dismiss(self) -> None:
        """Say that the call did not run, or that nobody minds: it is pending no more. What was said with
        `adopt` is taken back.

        With a journal, that is written down there: `ClientClosed` where the client was closed before, and
        nothing is changed. The next client's `Gandi.recover` tells of the call then.
        """
        self._of_this_process().dismiss()

    def adopt(self, operation_id: int) -> None:
        """Say that this operation is the call's own. Nothing is sent.

        When the call is looked at next, in the block of its key or by `Gandi.recover`, an operation of
        another type is refused with `OutcomeUnknown`, and the call is unknown as before. `ClientClosed` as
        for `dismiss`.
        """
        self._of_this_process().adopt(identifier("operation_id", operation_id))

    def _of_this_process(self) -> Concludable:
        if self._entry is None:
            raise InvalidArgument(
                f"{self.method}: this came out of a pickle, and only the client that made the call can"
                " conclude it; Gandi.operation() takes its operation up"
            )
        return self._entry
