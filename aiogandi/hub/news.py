"""What happens in the store, told to the parts of this process that want to hear it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from aiogandi.hub.link import News

Hearer: TypeAlias = Callable[[str], object]
"""Is called with the text of a piece of news, or, where it hears of all things, with what the news is about."""


class Newsroom:
    """Knows who wants to hear what, and with ``last`` the id of the latest news that it has spread."""

    def __init__(self) -> None:
        self.last = "0-0"
        self._hearers: dict[tuple[str, str], list[Hearer]] = {}

    def hear(self, kind: str, about: str, hearer: Hearer) -> None:
        """Tell *hearer* the texts of the news of this *kind* about this thing. Where *about* is empty, tell it
        what the news of this kind are about.
        """
        self._hearers.setdefault((kind, about), []).append(hearer)

    def hear_no_more(self, kind: str, about: str, hearer: Hearer) -> None:
        """Tell *hearer* no more of these."""
        self._hearers[kind, about].remove(hearer)

    def spread(self, news: Iterable[News]) -> None:
        """Tell these news to all who want to hear them, in their order."""
        for number, kind, about, text in news:
            self.last = number
            for hearer in tuple(self._hearers.get((kind, about), ())):
                hearer(text)
            for hearer in tuple(self._hearers.get((kind, ""), ())) if about else ():
                hearer(about)


def call_all(callbacks: Iterable[Callable[[], object]]) -> None:
    """Call each of those that were there when it began."""
    for callback in tuple(callbacks):
        callback()
