"""What goes out: what one client has to tell the others of the operations that it watches."""

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
    """Keeps what is to be told until it is told, in its order. Of a watch that was taken up and ended meanwhile nothing is
    told: what counts is who waits when it is told.
    """

    def __init__(self) -> None:
        self.blanked: Callable[[Any], Any] = conceal
        """Returns what the service has sent without the secrets in it."""
        self.told: dict[WatchKey, Watched] = {}
        """What the store knows to be watched here."""
        self.is_known = False
        """Whether the store may know anything of this client."""
        self.begins_anew = True
        """Whether what the store knew of this client before does not count any more."""
        self._changed: dict[WatchKey, None] = {}
        self._notices: list[Notice] = []

    def __bool__(self) -> bool:
        return bool(self._notices or self._changed) or (self.begins_anew and self.is_known)

    # -- what is to be told --------------------------------------------------------------------

    def changed(self, keys: Iterable[WatchKey]) -> None:
        """Note that somebody here began or ended to wait for these."""
        self._changed.update(dict.fromkeys(keys))

    def ended(self, keys: Sequence[WatchKey], details: OperationDetails, late: float) -> None:
        """Note that an operation has ended, which was noticed *late* seconds late at most."""
        if not keys:
            return
        self.forget(keys)
        # People may bring one in SUPPORT to its end, so that this is no end for who comes later.
        kind = "stop" if details.state == OperationState.SUPPORT else "end"
        first, *further = map(key_text, keys)
        text = details_text(details, self.blanked, late)
        self._notices.append((kind, first, "".join(further), text))

    def saw(self, key: WatchKey, details: OperationDetails) -> None:
        """Note that an operation is in another state."""
        self._notices.append(("state", key_text(key), "", details_text(details, self.blanked)))

    def found(self, key: WatchKey, operation_id: int) -> None:
        """Note that the id of an operation is known now."""
        self._notices.append(("found", key_text(key), str(operation_id), ""))

    def failed(self, key: WatchKey, clients: Collection[str], error: Exception) -> None:
        """Note that the waits of these *clients* for an operation have failed."""
        self._notices.append(("fail", key_text(key), " ".join(clients), error_text(error)))

    def forget(self, keys: Iterable[WatchKey]) -> None:
        """Note that the store does not know any more that these are watched here."""
        for key in keys:
            self.told.pop(key, None)

    def begin_anew(self, keys: Iterable[WatchKey]) -> None:
        """Note that nothing of what was told stands in the store any more, so that all of *keys* must be told again."""
        self.begins_anew = True
        self.told.clear()
        self.changed(keys)

    def clear(self) -> None:
        """Forget what was to be told."""
        self._changed.clear()
        self._notices.clear()

    # -- what is told --------------------------------------------------------------------------

    def next(self, relay: Relay, now: float) -> list[str | int] | None:
        """Return what the script `TELL` is given next; None where there is nothing to tell after all."""
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
