"""The service behind the wire: all its books, and the calls on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.account import Account
from aiogandi.sandbox.calls import Calls
from aiogandi.sandbox.disks import Disks
from aiogandi.sandbox.durations import DEFAULTS
from aiogandi.sandbox.inventory import Inventory
from aiogandi.sandbox.operations import Fate, Operations
from aiogandi.sandbox.sessions import Sessions
from aiogandi.sandbox.shares import SharePool
from aiogandi.sandbox.vms import VMs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiogandi.sandbox.clock import ServiceClock


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
