"""One call of the API on its way to the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aiogandi import codec
from aiogandi.redaction import Secret, secrets_in


@dataclass(slots=True, eq=False)
class Request:
    """A call without the session: its *arguments* by name, in the wire's order, and *params*, which
    are the same encoded once for all attempts. It also carries how it has fared so far.
    """

    method: str
    params: codec.Params
    arguments: Mapping[str, Any] = field(repr=False)
    sends: int = 0
    """How often it has left."""
    queued: float = 0.0
    """Seconds that it has stood in line, for its turns and for connections of a limited number."""

    @classmethod
    def of(cls, method: str, arguments: Mapping[str, Any]) -> Request:
        """Encode a call; `InvalidArgument`, which names the place, for what cannot be sent."""
        return cls(method, codec.encode_params(arguments), arguments)

    def again(self) -> Request:
        """The same call, as one that has not been sent and has not stood in line."""
        return replace(self, sends=0, queued=0.0)

    def leaves(self) -> None:
        """Record that it is sent."""
        self.sends += 1

    def secrets(self) -> tuple[Secret, ...]:
        """The secrets among the arguments."""
        return tuple(secrets_in(self.arguments))
