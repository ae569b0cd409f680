"""What the journal's scripts return, read as the journal's values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from aiogandi.changes import written
from aiogandi.changes.journal import Held, Key, Recorded
from aiogandi.changes.state import State
from aiogandi.changes.storage import Entry, Left
from aiogandi.errors import HubError
from aiogandi.hub.fields import fields

Given = ParamSpec("Given")
Result = TypeVar("Result")


def reading(read: Callable[Given, Result]) -> Callable[Given, Result]:
    """Make *read* raise `HubError` where it cannot understand what it is given."""

    @wraps(read)
    def careful(*args: Given.args, **named: Given.kwargs) -> Result:
        try:
            return read(*args, **named)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise HubError(
                f"what the hub's store has of a call or a key cannot be understood ({error})"
            ) from error

    return careful


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads what the store returned when its clock showed *now*. This machine's is *ahead* of it by so many
    seconds. *lease* and *process* are those of this process.
    """

    now: float
    ahead: float
    lease: float
    process: str

    @reading
    def call(self, flat: Sequence[bytes]) -> Recorded:
        """A call."""
        return self._call(fields(flat))

    @reading
    def left(self, flat: Sequence[bytes]) -> Left:
        """A call, and the name of the run that its key is of."""
        row = fields(flat)
        return Left(self._call(row), row.get("run_name"))

    def _call(self, row: Mapping[str, str]) -> Recorded:
        key = row.get("key")
        timeout, settle = self._times(row)
        patience = row.get("patience")
        return Recorded(
            number=int(row["number"]),
            key=None if key is None else tuple(json.loads(row["words"])),
            place=None if key is None else int(key),
            step=None if key is None else int(row["step"]),
            client=int(row["client"]),
            method=row["method"],
            arguments=written.read(row["arguments"]),
            prints=tuple(json.loads(row["prints"])),
            yields=row.get("yields"),  # type: ignore[arg-type] # as it was written
            state=State(row["state"]),
            sends=int(row["sends"]),
            newest=_number(row.get("newest")),
            since=self.here(row["since"]),
            timeout=timeout,
            settle=settle,
            patience=None if patience is None else self.here(patience),
            ids=json.loads(row.get("ids", "{}")),
            outcome=_value(row.get("outcome")),
            ended=_value(row.get("ended")),
        )

    def _times(self, row: Mapping[str, str]) -> tuple[float, float]:
        """For how long its last send may be under way, and how long from now the service may begin it.

        A process of which the store does not hear any more may still be sending what it had checked just
        before: its exchange begins within its lease, and takes up to its time-out. Whoever looks for the
        call waits until all of that is past, before an empty list proves anything. A process that lives, or
        that has left as it should, sends nothing for which another one looks.
        """
        timeout, settle = float(row["timeout"]), float(row["settle"])
        if row.get("process", self.process) == self.process:
            return timeout, settle
        ends = float(row["sent"]) + self.lease + timeout + settle
        return timeout + self.lease, max(settle, ends - self.now)

    def here(self, at: str) -> float:
        """What is a moment of the store's clock by this machine's."""
        return float(at) + self.ahead

    @reading
    def held(self, answer: Sequence[Any]) -> Held:
        """A key and what is recorded under it."""
        _, number, _, words, state, result, kept, rows = answer
        place, key = int(number), tuple(json.loads(words))
        steps = {each.step: each for each in (self._kept(place, key, each) for each in kept)}
        # One that did not run when the key was concluded has given way to the later one.
        steps |= {each.step: each for each in map(self.call, rows)}
        ordered = [steps[step] for step in sorted(steps, key=lambda step: step or 0)]
        value = written.read(result.decode()) if result else None
        return Held(place, state == b"concluded", ordered, value)

    def _kept(self, place: int, key: Key, told: bytes) -> Recorded:
        row = fields(json.loads(told))
        lacking = {"sends": "1", "timeout": "0", "settle": "0", "ids": "{}"}
        whole = {**lacking, **row, "key": str(place), "words": json.dumps(key)}
        return self._call(whole)

    @reading
    def entry(self, flat: Sequence[bytes]) -> Entry:
        """A key."""
        row = fields(flat)
        return Entry(
            tuple(json.loads(row["key"])),
            row["state"],
            self.here(row["since"]),
            _value(row.get("result")),
            row.get("error"),
        )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _value(text: str | None) -> Any:
    return None if text is None else written.read(text)


_JSON = ("key", "result", "arguments", "ids", "outcome", "ended")
_NUMBERS = ("number", "step", "client", "sends", "newest")
_MOMENTS = ("since", "patience")
_SECONDS = ("timeout", "settle")
_INNER = ("prints", "id", "names", "words", "process", "sent", "end", "run", "brief", "lock")


def exported_call(reader: RowReader, account: str, row: Mapping[str, str]) -> dict[str, Any]:
    """A call, as values that `json.dumps` takes."""
    values = _exported(reader, row)
    return {
        "kind": "call",
        "id": values.pop("number"),
        "account": json.loads(account),
        **values,
    }


def exported_key(
    reader: RowReader, account: str, number: int, row: Mapping[str, str], steps: Iterable[bytes]
) -> dict[str, Any]:
    """A key and what is left of the steps of one that is concluded, in the same way."""
    kept = [_exported(reader, fields(json.loads(each))) for each in steps]
    return {
        "kind": "key",
        "id": number,
        "account": json.loads(account),
        **_exported(reader, row),
        "steps": sorted(kept, key=lambda step: int(step["step"])),
    }


def _exported(reader: RowReader, row: Mapping[str, str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: each for name, each in row.items() if name not in _INNER}
    kinds = ((_JSON, json.loads), (_NUMBERS, int), (_MOMENTS, reader.here), (_SECONDS, float))
    for names, read in kinds:
        values |= {name: read(values[name]) for name in names if name in values}
    return values
