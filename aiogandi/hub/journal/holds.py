"""The keys that a client holds, and by which token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aiogandi.changes.journal import Key, Recorded
from aiogandi.errors import HubError

ANOTHER: Final = "another process"
"""Who does something of which it is not written down who it is."""


@dataclass(slots=True)
class Hold:
    """A key that is held by a *token*, and the *calls* under it, as far as this client knows them."""

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

    def error(self) -> HubError:
        """What work under it is told."""
        return HubError(
            f"key {' / '.join(self.words)!r} is not held any more: {self.lost}. Nothing was written down"
        )


class Holds:
    """Knows them by number."""

    def __init__(self) -> None:
        self._holds: dict[int, Hold] = {}

    def add(self, key: int, words: Key, token: str, calls: Iterable[Recorded] = ()) -> None:
        """Note a key that is held from now on."""
        self._holds[key] = Hold(key, words, token, {call.number for call in calls})

    def pop(self, key: int) -> Hold | None:
        """Note that it is held no more."""
        return self._holds.pop(key, None)

    def of(self, key: int) -> Hold:
        """The key's; `HubError` where it is not held."""
        hold = self._holds.get(key)
        if hold is None:
            raise HubError(f"key {key} is not held: nothing is written under it")
        if hold.lost is not None:
            raise hold.error()
        return hold

    def of_call(self, number: int) -> Hold | None:
        """That under which a call stands, if any that is held."""
        return next((hold for hold in self._holds.values() if number in hold.calls), None)

    def learn(self, calls: Iterable[Recorded]) -> None:
        """Note which calls stand under which keys."""
        for call in calls:
            if call.place is not None and call.place in self._holds:
                self._holds[call.place].calls.add(call.number)

    def lose_all(self, why: str) -> None:
        """None is held any more."""
        for hold in self._holds.values():
            hold.lost = hold.lost or why

    def pop_all(self) -> list[Hold]:
        """Those that are held, which are not any more."""
        holds = list(self._holds.values())
        self._holds.clear()
        return holds
