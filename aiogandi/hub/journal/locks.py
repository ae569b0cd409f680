"""The locks of the keys that a client holds: the store has the same token for each of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aiogandi.changes.journal import Key, KeyLost, Recorded
from aiogandi.errors import HubError

ANOTHER: Final = "another process"
"""Who does something of which it is not written down who it is."""


@dataclass(slots=True)
class KeyLock:
    """Says that a *key* is held by this *token*, and which *calls* under it this client knows."""

    key: int
    words: Key
    token: str
    calls: set[int] = field(default_factory=set)
    lost: str | None = None
    """Why it is held no more, though its block has not ended."""
    refused: set[int] = field(default_factory=set)
    """The calls whose operation was not written down because of that."""

    def lose(self, holder: str) -> None:
        """Note that *holder* holds it, or, with an empty text, nobody."""
        now = f"{holder} holds it" if holder else "others have held it meanwhile"
        if self.lost is None:
            self.lost = f"the hub's store has not heard of this process for a while, and {now}"

    def error(self) -> KeyLost:
        """What work under it is told."""
        return KeyLost(
            f"key {' / '.join(self.words)!r} is not held any more: {self.lost}. Nothing was written down"
        )


class KeyLocks:
    """The locks that a client has, by the number of their key."""

    def __init__(self) -> None:
        self._locks: dict[int, KeyLock] = {}

    def add(self, key: int, words: Key, token: str, calls: Iterable[Recorded] = ()) -> None:
        """Note a key that is held from now on."""
        self._locks[key] = KeyLock(key, words, token, {call.number for call in calls})

    def pop(self, key: int) -> KeyLock | None:
        """Note that it is held no more."""
        return self._locks.pop(key, None)

    def of(self, key: int) -> KeyLock:
        """The lock of a *key*; `HubError` where it is not held."""
        lock = self._locks.get(key)
        if lock is None:
            raise HubError(f"key {key} is not held: nothing is written under it")
        if lock.lost is not None:
            raise lock.error()
        return lock

    def of_call(self, number: int) -> KeyLock | None:
        """The lock of the key under which a call stands, if that is held."""
        return next((lock for lock in self._locks.values() if number in lock.calls), None)

    def learn(self, calls: Iterable[Recorded]) -> None:
        """Note which calls stand under which keys."""
        for call in calls:
            if call.place is not None and call.place in self._locks:
                self._locks[call.place].calls.add(call.number)

    def lose_all(self, why: str) -> None:
        """None is held any more."""
        for lock in self._locks.values():
            lock.lost = lock.lost or why

    def pop_all(self) -> list[KeyLock]:
        """Return all locks, and know them no more."""
        locks = list(self._locks.values())
        self._locks.clear()
        return locks
