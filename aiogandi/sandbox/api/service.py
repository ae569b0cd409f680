"""The service without HTTP: all its books, and the calls on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiogandi.sandbox.api.calls import Calls
from aiogandi.sandbox.api.disks import Disks
from aiogandi.sandbox.api.ill_typed import refuse_ill_typed
from aiogandi.sandbox.api.products import Products
from aiogandi.sandbox.api.vms import VMs
from aiogandi.sandbox.books.account import Account
from aiogandi.sandbox.books.durations import DEFAULTS
from aiogandi.sandbox.books.inventory import Inventory
from aiogandi.sandbox.books.operations import Operations
from aiogandi.sandbox.books.sessions import Sessions
from aiogandi.sandbox.books.shares import SharePool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aiogandi.sandbox.books.clock import ServiceClock
    from aiogandi.sandbox.books.operation import Fate


class Service:
    """The service for one account.

    *fate_of* returns the `Fate` of a new operation, by its type; *durations* are the service seconds
    that an operation takes, by its type. Call `settle` before you read the books, so that they are
    up to date.
    """

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
            # Looked up for each operation, because a Mapping of the user's may vary its values.
            return max(0.0, durations.get(kind, DEFAULTS[kind]))

        self.clock = clock
        self.sessions = Sessions(clock, login, password, session_lifetime)
        self.operations = Operations(clock, duration, fate_of)
        self.shares = SharePool(shares)
        self.inventory = Inventory(clock)
        self.account = Account(clock, self.shares, handle=login, balance=balance, currency=currency)
        self._calls = Calls(
            sessions=self.sessions,
            account=self.account,
            products=Products(self.operations, self.account),
            machines=VMs(self.operations, self.inventory, self.shares),
            disks=Disks(self.operations, self.inventory),
            operations=self.operations,
            clock=clock,
        )

    def execute(self, method: str, given: Sequence[object]) -> Any:
        """Return the result of one call at this moment, or raise its `ServiceFault`."""
        self.settle()
        refuse_ill_typed(method, given)
        return self._calls.execute(method, given)

    def settle(self) -> None:
        """Bring the books up to date: end the operations that are due."""
        self.operations.settle()
