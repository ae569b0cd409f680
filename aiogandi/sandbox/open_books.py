"""The methods and properties of `Sandbox` by which a test reads the books and moves the time."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from aiogandi.checks import require, require_seconds
from aiogandi.errors import InvalidArgument
from aiogandi.sandbox.books.durations import LONGEST_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aiogandi.sandbox.api.service import Service


class OpenBooks:
    """Shows the books of *service*, and moves its time.

    One thread may use this while another executes calls: each method and property acts as a whole,
    between two calls.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        # Of one thread again and again: what is called within a call may look into the books.
        self._at_the_books = threading.RLock()

    # -- time and sessions ---------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The service's date of this moment: naive, UTC, whole seconds."""
        with self._at_the_books:
            clock = self._service.clock
            return clock.date(clock.now())

    def advance(self, seconds: float) -> None:
        """Let *seconds* service seconds (0 or more) pass at once."""
        require_seconds("seconds", seconds, zero=True, longest=LONGEST_SECONDS)
        with self._at_the_books:
            self._service.clock.advance(seconds)

    def set_date(self, date: datetime) -> None:
        """Make *date* (naive, UTC) the service's date of this moment, which may differ from the
        caller's. No time passes; the dates of all that is in the books move along.
        """
        require(
            isinstance(date, datetime) and date.tzinfo is None, "date", date, "a naive datetime"
        )
        with self._at_the_books:
            self._service.clock.set_date(date)

    def expire_sessions(self) -> None:
        """End every session now."""
        with self._at_the_books:
            self._service.sessions.expire()

    # -- the books -----------------------------------------------------------------------------

    def execute(self, method: str, *arguments: Any) -> Any:
        """Execute a call directly: without HTTP, rate limit and trouble for requests, and uncounted.

        Return its result, or raise `ServiceFault`. The *arguments* are those of the wire, with the
        session first. The sandbox need not serve, so this fills the books of a test quickly:

        >>> sandbox = Sandbox()
        >>> session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
        >>> sandbox.execute("vm_create", session, "web-01", "s3cret-pw", 111, 4, 1, {})
        10001
        """
        return self._execute(method, arguments)

    def release_operations(self) -> None:
        """Release the operations that `hold_operation` keeps PENDING."""
        with self._settled() as service:
            service.operations.release()

    @property
    def operations(self) -> list[dict[str, Any]]:
        """Every operation ever made, oldest first, as ``operation_details`` returns it."""
        with self._settled() as service:
            return list(service.operations.all())

    @property
    def vms(self) -> list[dict[str, Any]]:
        """The VMs that exist, oldest first, as ``vm_info`` returns them."""
        with self._settled() as service:
            return [service.inventory.vm_struct(vm) for vm in service.inventory.vms.values()]

    @property
    def disks(self) -> list[dict[str, Any]]:
        """The disks that exist, oldest first, as ``disk_info`` returns them."""
        with self._settled() as service:
            return [
                service.inventory.disk_struct(disk) for disk in service.inventory.disks.values()
            ]

    @property
    def products(self) -> list[dict[str, Any]]:
        """The account's products, as ``hosting_account_info`` returns them."""
        with self._settled() as service:
            return service.account.products_list()

    @property
    def balance(self) -> float:
        """What is left on the prepaid account, in its currency."""
        with self._settled() as service:
            return service.account.balance()

    @property
    def total_shares(self) -> int:
        """The shares that the account has."""
        with self._settled() as service:
            return service.shares.total

    @property
    def used_shares(self) -> int:
        """The shares in use, including those that are promised to operations under way."""
        with self._settled() as service:
            return service.shares.used

    def pause_vm(self, vm_id: int) -> None:
        """Pause a running VM. The API has no call for it; only the service's own people could do it."""
        with self._settled() as service:
            vm = service.inventory.vms.get(vm_id)
            if vm is None or vm.state != "running":
                raise InvalidArgument(f"vm_id={vm_id!r}: the id of a running VM")
            vm.change("paused", service.operations.now)

    # -- one at a time -------------------------------------------------------------------------

    def _execute(self, method: str, arguments: Sequence[Any]) -> Any:
        with self._at_the_books:
            return self._service.execute(method, arguments)

    @contextmanager
    def _settled(self) -> Iterator[Service]:
        """The books, brought up to date, for one thread alone."""
        with self._at_the_books:
            self._service.settle()
            yield self._service
