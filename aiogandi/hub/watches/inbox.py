"""What comes in: what other clients watch, and what they have learned of the operations that this one watches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from aiogandi.hub.watches.outbox import Outbox
from aiogandi.hub.watches.texts import (
    Notice,
    read_details,
    read_error,
    read_key,
    read_notice,
    read_watched,
)
from aiogandi.operations.sharing import Relay


class Inbox:
    """Passes on what the client of this *name* is told: to *relay*, and to *outbox* what that need not tell any more,
    because others have told it.
    """

    def __init__(self, name: str, relay: Relay, outbox: Outbox) -> None:
        self._name = name
        self.relay = relay
        self._outbox = outbox
        self.offset = 0.0
        """By how much the store's clock is ahead of the loop's."""

    def take_over(self, notice: Notice) -> None:
        """Take in what another client has learned."""
        kind, key, about, text = notice
        if kind == "end":
            keys = [read_key(each) for each in (key, about) if each]
            self._outbox.forget(keys)
            if any(map(self.relay.watches, keys)):
                self.relay.hear_end(keys, *read_details(text))
        elif kind == "state":
            if self.relay.watches(read_key(key)):
                self.relay.hear_state(read_key(key), read_details(text)[0])
        elif kind == "found":
            self.relay.hear_id(read_key(key), int(about))
        elif kind == "fail" and self._name in about.split():
            self._outbox.forget([read_key(key)])
            self.relay.hear_failure(read_key(key), read_error(text))

    def serve(self, name: str, notice: Notice) -> None:
        """Note that the client of this *name* watches something, or does so no more, while this one polls for all."""
        kind, key, answered, text = notice
        if kind == "watch":
            started = float(answered) - self.offset if answered else None
            self.relay.welcome(name, read_key(key), read_watched(text, started))
        elif kind == "unwatch":
            self.relay.dismiss(name, read_key(key))
        else:
            self.relay.dismiss_all(lambda other: other == name)

    def serve_only(self, clients: Iterable[Any]) -> Iterator[None]:
        """Note that these *clients* watch what stands there, and that nobody watches anything else. Yields after each
        watch, so that the event loop can have turns in between.
        """
        present = set()
        for client, fields in clients:
            name = client.decode()
            for key, value in zip(fields[::2], fields[1::2], strict=True):
                if key:
                    notice = read_notice(b"watch\t%s\t%s" % (key, value))
                    present.add((name, read_key(notice[1])))
                    self.serve(name, notice)
                    yield
        for name, one in self.relay.guests() - present:
            self.relay.dismiss(name, one)
