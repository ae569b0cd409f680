"""One poller for many clients: `Sharing` is what the hub does for it, and `Relay` is what this client does: it takes
up what others watch, and what they have learned.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Protocol

from aiogandi.models import FINAL, OperationDetails
from aiogandi.operations.guests import Guest, Told, Watched, WatchKey
from aiogandi.operations.operation import Operation, Tracking
from aiogandi.operations.poller import Poller
from aiogandi.operations.watch import Watch, Watches


class Sharing(Told, Protocol):
    """Lets one client poll for all: each tells the others what it watches, and the one that polls tells what it has
    learned.

    Waits never depend on it. Where the others cannot be reached, each client polls for itself.
    """

    def join(self, relay: Relay) -> None:
        """Share the watches of this client, for which *relay* stands."""

    async def close(self) -> None:
        """Share nothing any more: nobody waits here, and this client does not poll."""


class Relay:
    """The watches of one client, as the hub sees and changes them.

    What others have told is not told to them again.
    """

    def __init__(self, watches: Watches, poller: Poller, tracking: Tracking) -> None:
        self._watches = watches
        self._poller = poller
        self._tracking = tracking

    def poll(self, *, here: bool) -> None:
        """Poll in this client, or leave that to another one."""
        self._poller.allow(here=here)

    # -- what is watched here ------------------------------------------------------------------

    def keys(self) -> list[WatchKey]:
        """Return what somebody waits for in this client."""
        every: list[tuple[WatchKey, Watch]] = [
            *self._watches.by_id.items(),
            *self._watches.unfound.items(),
        ]
        return [key for key, watch in every if watch.wanted_here]

    def watches(self, key: WatchKey) -> bool:
        """Return whether anybody waits for an operation, in this client or as a guest."""
        return self._watch(key) is not None

    def watched(self, key: WatchKey) -> Watched | None:
        """Return what others must know of an operation; None where nobody waits for it in this client."""
        watch = self._watch(key)
        if watch is None or not watch.wanted_here:
            return None
        operation, started = watch.operation, self._poller.learning.acknowledged_at(watch)
        return Watched(
            operation.type,
            operation.vm_id,
            operation.disk_id,
            operation.product_id,
            started,
            bool(watch.observers),
        )

    # -- what others watch ---------------------------------------------------------------------

    def guests(self) -> set[tuple[str, WatchKey]]:
        """Return which other clients watch what through this one."""
        every = (*self._watches.by_id.values(), *self._watches.unfound.values())
        return {(name, guest.key) for watch in every for name, guest in watch.guests.items()}

    def welcome(self, name: str, key: WatchKey, watched: Watched) -> None:
        """Note that the client of this *name* watches an operation through this one."""
        now = asyncio.get_running_loop().time()
        operation = Operation(
            self._tracking,
            id=key if isinstance(key, int) else None,
            type=watched.type,
            vm_id=watched.vm_id,
            disk_id=watched.disk_id,
            product_id=watched.product_id,
            started=None if watched.started is None else min(watched.started, now),
        )
        watch, is_new = self._watches.take_up(operation, now)
        watch.guests[name] = Guest(key, operation, watched.follows)
        self._follow(watch)
        if is_new and operation.id is None:
            self._poller.find_soon(watch)
        self._poller.wake()

    def dismiss(self, name: str, key: WatchKey) -> None:
        """Note that it does so no more."""
        watch = self._watch(key)
        if watch is None:  # its id was found meanwhile
            known = self._watches.by_id.values()
            watch = next((each for each in known if _is_guest(each, name, key)), None)
        if watch is not None and _is_guest(watch, name, key):
            self._dismiss(watch, name)

    def dismiss_all(self, belongs: Callable[[str], bool] = lambda _: True) -> None:
        """Note that none of the clients whose names *belong* watches anything through this one."""
        for watch in (*self._watches.by_id.values(), *self._watches.unfound.values()):
            for name in [name for name in watch.guests if belongs(name)]:
                self._dismiss(watch, name)

    def _dismiss(self, watch: Watch, name: str) -> None:
        del watch.guests[name]
        self._follow(watch)
        self._watches.drop_unwanted(watch)
        self._poller.wake()

    def _follow(self, watch: Watch) -> None:
        operation_id = watch.operation.id
        if operation_id in self._watches.by_id:
            schedule = self._watches.schedule
            (schedule.follow if watch.followed else schedule.unfollow)(operation_id)

    # -- what others have learned --------------------------------------------------------------

    def hear_end(self, keys: Sequence[WatchKey], details: OperationDetails, late: float) -> None:
        """Take in that an operation has ended, which was noticed at most so many seconds *late*."""
        now = asyncio.get_running_loop().time()
        with self._hushed():
            for key in keys:
                if (watch := self._watch(key)) is None:
                    continue
                watch.not_ended_at = max(watch.not_ended_at, now - late)
                if isinstance(key, int):
                    self._watches.saw(key, _completed(details, watch.operation), now)
                elif details.id:
                    self._watches.found(watch, details.id, now)
                    self._watches.saw(details.id, _completed(details, watch.operation), now)
                elif details.state is not None:
                    self._watches.ended_unfound(watch, details.state, now)

    def hear_state(self, key: WatchKey, details: OperationDetails) -> None:
        """Take in that an operation is in another state."""
        watch = self._watch(key)
        if watch is None or details.state is None or details.state in FINAL:
            return
        now = asyncio.get_running_loop().time()
        with self._hushed():
            if isinstance(key, int):
                self._watches.saw(key, details, now)
            else:
                self._watches.ended_unfound(watch, details.state, now)

    def hear_id(self, key: WatchKey, operation_id: int) -> None:
        """Take in that the id of an operation is known."""
        if isinstance(key, int) or (watch := self._watch(key)) is None:
            return
        # Not hushed: from now on this client waits for it by its id.
        self._watches.found(watch, operation_id, asyncio.get_running_loop().time())

    def hear_failure(self, key: WatchKey, error: Exception) -> None:
        """End the waits in this client for an operation with *error*."""
        if (watch := self._watch(key)) is None:
            return
        with self._hushed():
            if isinstance(key, int):
                self._watches.fail(key, error)
            else:
                self._watches.missing(watch, error)

    def _watch(self, key: WatchKey) -> Watch | None:
        return (
            self._watches.by_id.get(key) if isinstance(key, int) else self._watches.unfound.get(key)
        )

    @contextmanager
    def _hushed(self) -> Iterator[None]:
        told, self._watches.told = self._watches.told, None
        try:
            yield
        finally:
            self._watches.told = told


def _is_guest(watch: Watch, name: str, key: WatchKey) -> bool:
    guest = watch.guests.get(name)
    return guest is not None and guest.key == key


def _completed(details: OperationDetails, operation: Operation) -> OperationDetails:
    """Return *details* with what this client knows of the operation, and the one that polls did not."""
    return replace(
        details,
        type=details.type or operation.type,
        vm_id=details.vm_id or operation.vm_id,
        disk_id=details.disk_id or operation.disk_id,
        product_id=details.product_id or operation.product_id,
        raw=details.raw,
    )
