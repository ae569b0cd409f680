"""The service behind the wire: all its books, and the calls on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.api.calls import Calls
from aiogandi.sandbox.api.disks import Disks
from aiogandi.sandbox.api.vms import VMs
from aiogandi.sandbox.books.account import Account
from aiogandi.sandbox.books.durations import DEFAULTS
from aiogandi.sandbox.books.inventory import Inventory
from aiogandi.sandbox.books.operations import Fate, Operations
from aiogandi.sandbox.books.sessions import Sessions
from aiogandi.sandbox.books.shares import SharePool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiogandi.sandbox.books.clock import ServiceClock


class Service:
    """One account's service. Whoever reads its books calls `settle` first, to have them of now."""

    def __init__(
        self,
        clock: ServiceClock,
        fate_of: Callable[[str], Fate],
        *,
        login: str,
        password: str,
        session_lifetime: float,
        durations: Mapping[str, float],
        shares: int,
        balance: float,
        currency: str,
    ) -> None:
        def duration(kind: str) -> float:
            # Asked for each operation, so that a Mapping of the user's own may vary its answers.
            return max(0.0, durations.get(kind, DEFAULTS[kind]))

        self.clock = clock
        self.sessions = Sessions(clock, login, password, session_lifetime)
        self.operations = Operations(clock, duration, fate_of)
        self.shares = SharePool(shares)
        self.inventory = Inventory(clock)
        self.account = Account(
            self.operations,
            clock,
            self.shares,
            handle=login,
            balance=balance,
            currency=currency,
        )
        self._calls = Calls(
            sessions=self.sessions,
            account=self.account,
            machines=VMs(self.operations, self.inventory, self.shares),
            disks=Disks(self.operations, self.inventory),
            operations=self.operations,
            clock=clock,
        )

    def execute(self, method: str, given: Sequence[object]) -> Any:
        """The result of one call, now, or its `ServiceFault`."""
        self.settle()
        return self._calls.execute(method, given)

    def settle(self) -> None:
        """Bring the books up to this moment."""
        self.operations.settle()
