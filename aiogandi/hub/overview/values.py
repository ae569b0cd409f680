"""What stands in the store, for people: who is there, who polls, turns, sessions, keys.

It is read without entering the store, so that looking changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from aiogandi.hub.scripts import FORMAT


@dataclass(frozen=True, slots=True)
class StoreSetting:
    """A setting of the store: its *value*, None where that cannot be seen, and what a journal there needs."""

    name: str
    value: str | None
    wanted: str


@dataclass(frozen=True, slots=True)
class ProcessHere:
    """A process that is in the store, by its *name* there.

    *since* is when it came, by its machine's clock; *heard* how many seconds ago it was heard of; *logins* are
    those of its clients; *worker* is what a fleet's worker tells of itself, where it is one.
    """

    name: str
    host: str
    pid: int
    program: str
    since: datetime
    heard: float
    logins: tuple[str, ...]
    worker: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RateGroup:
    """Who shares the rate: one turn every *gap* seconds, of which *used* were.

    *reserved* are the turns that are still to come, *free* is in how many seconds the first one after them is,
    and *held* for how many seconds nobody has one, because the service wants it.
    """

    name: str
    gap: float
    used: int
    reserved: int
    free: float
    held: float


@dataclass(frozen=True, slots=True)
class SessionKept:
    """The session of an account with its password, by the beginning of its *fingerprint*.

    *began*, *ends* (None: never) and *process*, which made it, are None where there is none; *login* is the
    process that logs in just now; *refused* for how many seconds a refused login still stands.
    """

    fingerprint: str
    began: datetime | None
    ends: datetime | None
    process: str | None
    login: str | None
    refused: float | None


@dataclass(frozen=True, slots=True)
class AccountShared:
    """What clients of one account share: who polls for all of them, how many *watchers* watch how many
    operations, how many calls are *open*, and how many operations are known to be somebody's.

    *login* and *url* are None for an account of which only the name is known.
    """

    name: str
    login: str | None
    url: str | None
    poller: str | None
    watchers: int
    watches: int
    open: int
    claims: int


@dataclass(frozen=True, slots=True)
class LockedKey:
    """A key of an account's journal, of a *run* or of none, and who holds it."""

    account: str
    run: str | None
    key: tuple[str, ...]
    holder: str


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands in the store at *address* under *prefix*.

    *format* is None where nothing does. Of another one than this release knows nothing else is read.
    """

    address: str
    prefix: str
    server: str | None
    """Its program and version, None where that cannot be seen."""
    format: int | None
    settings: tuple[StoreSetting, ...]
    processes: tuple[ProcessHere, ...] = ()
    rates: tuple[RateGroup, ...] = ()
    sessions: tuple[SessionKept, ...] = ()
    accounts: tuple[AccountShared, ...] = ()
    keys: tuple[LockedKey, ...] = ()

    @property
    def is_of_another_release(self) -> bool:
        """Whether this release cannot read it."""
        return self.format not in (None, FORMAT)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as `json.dumps` takes it."""
        return dict(asdict(self, dict_factory=_record))


def _record(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: _jsonable(value) for name, value in pairs}


def _jsonable(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case tuple():
            return list(value)
        case _:
            return value
