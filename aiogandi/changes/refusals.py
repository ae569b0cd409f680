"""Questions that the service refuses to answer: what it forbids is not asked again and again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from aiogandi.errors import Fault, ServerFault, SessionExpired
from aiogandi.operations.directory import Ask

REMEMBERED: Final = 3600.0
"""Seconds after which what the service has refused is asked again: its rules may have changed."""


class Refusals:
    """Remembers questions to ``operation_list`` that were refused, in the time of *clock*.

    Two such questions are the same if they name the same type and filter by the same names. Without
    that list nothing is guessed: a call whose reply is lost ends in `OutcomeUnknown`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._refused: dict[tuple[Any, ...], tuple[float, Fault]] = {}

    def around(self, ask: Ask) -> Ask:
        """*ask*, without what is known to be refused."""

        async def remember(method: str, arguments: Mapping[str, Any]) -> Any:
            if method != "operation_list":
                return await ask(method, arguments)
            filters = arguments.get("filter", {})
            question = (filters.get("type"), *sorted(filters))
            if question in self._refused:
                since, fault = self._refused[question]
                if self._clock() < since + REMEMBERED:
                    raise _again(fault)
                del self._refused[question]
            try:
                return await ask(method, arguments)
            except (ServerFault, SessionExpired):
                raise
            except Fault as fault:
                self._refused[question] = (self._clock(), _again(fault))
                raise

        return remember


def _again(fault: Fault) -> Fault:
    """An equal fault, without the frames that the first one has met."""
    return type(fault)(fault.code, fault.message, fault.method)
