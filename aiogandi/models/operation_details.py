"""What the service says of an operation, and how many it lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from aiogandi.models.model import AskedById, member
from aiogandi.models.reading import as_date, as_id, as_params, as_redacted, as_state, as_str
from aiogandi.models.states import OperationState

LISTED: Final = 300
"""Ids that one ``operation_list`` holds at most (documented)."""

_WORKED_ON = ("vm_id", "disk_id", "product_id")


@dataclass(frozen=True, slots=True)
class OperationDetails(AskedById):
    """What the service says of an operation, as ``operation_details`` describes it.

    ``type`` is the call that began it, ``vm_create`` say (documented). ``params`` are that call's
    arguments by name, and the ids of what the operation works on (assumed), which ``vm_id``, ``disk_id``
    and ``product_id`` repeat. ``last_error`` says why it failed, with the values of passwords blanked.
    Dates have no time zone: they are the service's own clock.

    ``id`` is 0 in one case: the service lists no operation for a new server or disk, and the end of
    the wait was taken from that server's or disk's own state.
    """

    id: int = field(metadata={"read": as_id})
    type: str | None = member(as_str)
    state: OperationState | None = member(as_state)
    date_created: datetime | None = member(as_date)
    date_updated: datetime | None = member(as_date)
    params: Mapping[str, Any] | None = member(as_params, hashed=False)
    last_error: str | None = member(as_redacted)
    vm_id: int | None = member(as_id)
    disk_id: int | None = member(as_id)
    product_id: int | None = member(as_id)

    @classmethod
    def from_wire(cls, struct: Any, *, id: int) -> Self:  # noqa: A002 - the field's own name
        """The model of what the service sent about the operation *id*.

        The ids of what it works on may stand in ``params``, and the state may be called ``step``: that
        counts where its own member is missing, is 0 (none), or cannot be read.
        """
        raw = struct if isinstance(struct, Mapping) else {}
        params = raw.get("params")
        members = dict(raw)
        if isinstance(params, Mapping):
            for name in _WORKED_ON:
                if name in params and as_id(raw.get(name)) is None:
                    members[name] = params[name]
        if "step" in raw and as_state(raw.get("state")) is None:
            members["state"] = raw["step"]
        return cls._of(members, raw, id)
