"""What one client has to tell the others of the operations that it watches, until it is told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Any, Final

from aiogandi.hub.watches.texts import Notice, details_text, error_text, key_text, watched_text
from aiogandi.models import OperationDetails, OperationState
from aiogandi.operations.guests import Watched, WatchKey
from aiogandi.operations.sharing import Relay
from aiogandi.redaction import conceal

AT_ONCE: Final = 200
"""So many things are told in one exchange at most."""


class Outbox:
    """What is told, in its order; of who waits for an operation only what is true when it is told."""

    def __init__(self) -> None:
        self.blanked: Callable[[Any], Any] = conceal
        """What the service has sent, without secrets."""
        self.told: dict[WatchKey, Watched] = {}
        """What the store knows to be watched here."""
        self.is_known = False
        """Whether the store may know anything of this client."""
        self.begins_anew = True
        """Whether all that it knew before counts no more."""
        self._changed: dict[WatchKey, None] = {}
        self._notices: list[Notice] = []

    def __bool__(self) -> bool:
        return bool(self._notices or self._changed) or (self.begins_anew and self.is_known)

    # -- what is to be told --------------------------------------------------------------------

    def changed(self, keys: Iterable[WatchKey]) -> None:
        """Who waits for these has changed."""
        self._changed.update(dict.fromkeys(keys))

    def ended(self, keys: Sequence[WatchKey], details: OperationDetails, late: float) -> None:
        """An operation has ended."""
        if not keys:
            return
        self.forget(keys)
        # People may bring one in SUPPORT to its end, so that this is no end for who comes later.
        kind = "stop" if details.state == OperationState.SUPPORT else "end"
        first, *further = map(key_text, keys)
        text = details_text(details, self.blanked, late)
        self._notices.append((kind, first, "".join(further), text))

    def saw(self, key: WatchKey, details: OperationDetails) -> None:
        """An operation is in another state."""
        self._notices.append(("state", key_text(key), "", details_text(details, self.blanked)))

    def found(self, key: WatchKey, operation_id: int) -> None:
        """The id of an operation is known."""
        self._notices.append(("found", key_text(key), str(operation_id), ""))

    def failed(self, key: WatchKey, clients: Collection[str], error: Exception) -> None:
        """Waits for an operation have failed."""
        self._notices.append(("fail", key_text(key), " ".join(clients), error_text(error)))

    def forget(self, keys: Iterable[WatchKey]) -> None:
        """The store knows these no more."""
        for key in keys:
            self.told.pop(key, None)

    def begin_anew(self, keys: Iterable[WatchKey]) -> None:
        """What was told does not stand in the store any more: tell all of *keys*."""
        self.begins_anew = True
        self.told.clear()
        self.changed(keys)

    def clear(self) -> None:
        """There is nobody to tell."""
        self._changed.clear()
        self._notices.clear()

    # -- what is told --------------------------------------------------------------------------

    def next(self, relay: Relay, now: float) -> list[str | int] | None:
        """What the script `TELL` is given next; None where there is nothing to tell after all."""
        notices, self._notices = self._notices[:AT_ONCE], self._notices[AT_ONCE:]
        notices += self._watches(AT_ONCE - len(notices), relay, now)
        anew, self.begins_anew = self.begins_anew, False
        if not (notices or (anew and self.is_known)):
            self.begins_anew = anew
            return None
        self.is_known = True
        return [int(anew), *(word for notice in notices for word in notice)]

    def _watches(self, number: int, relay: Relay, now: float) -> list[Notice]:
        begun: list[Notice] = []
        ended: list[Notice] = []
        for key in list(islice(self._changed, number)):
            del self._changed[key]
            watched = relay.watched(key)
            if watched is None:
                if self.told.pop(key, None) is not None:
                    ended.append(("unwatch", key_text(key), "", ""))
            elif self.told.get(key) != watched:
                self.told[key] = watched
                age = "" if watched.started is None else f"{now - watched.started:.6f}"
                begun.append(("watch", key_text(key), age, watched_text(watched)))
        # An operation whose id was found is watched by it before it is no more watched without.
        return begun + ended
