"""The sandbox: a server that behaves as the service did, and whose books a test can read."""

from __future__ import annotations

import re
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from aiogandi.checks import (
    require,
    require_count,
    require_number,
    require_seconds,
    require_text,
)
from aiogandi.errors import InvalidArgument
from aiogandi.sandbox.api.service import Service
from aiogandi.sandbox.books.clock import ServiceClock
from aiogandi.sandbox.books.durations import LONGEST_SECONDS, require_durations
from aiogandi.sandbox.http.exchange import Exchange
from aiogandi.sandbox.http.listener import Listener
from aiogandi.sandbox.http.throttle import Throttle
from aiogandi.sandbox.script.scripted import Scripted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping

    from aiogandi.client import Gandi
    from aiogandi.settings import RateLimit

IDLE_TIMEOUT: Final = 15.0
"""Seconds after which the service closed an idle connection (*assumed*, from one client's comment)."""

BODY_TIMEOUT: Final = 15.0
"""Seconds that a request's body may take to arrive (*assumed*)."""

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Sandbox(Scripted):
    """A server that behaves as the service did. It serves within ``async with``.

    Where it serves: at *host* and *port*. With port 0 the system chooses one, which stays the same
    when the sandbox is entered again: so a test can have an outage.

    The account: *login* and *password*; *shares*, which exist from the beginning as a product; and a
    *balance* in *currency*.

    Time: *speed* service seconds pass in one real second. *session_lifetime* is in service seconds,
    and so are *durations*: how long an operation takes, by its type, looked up for each operation.
    Types that are missing take what `aiogandi.sandbox.books.durations.DEFAULTS` says. *clock* returns real seconds, as
    `time.monotonic` does. A test that gives its own decides when time passes: with
    ``clock=lambda: 0.0`` only `advance` moves the service's clock.

    Limits: *rate_limit* counts seconds of *clock*, because it protects the server; requests beyond
    it get HTTP 429. *body_timeout* is how many seconds a request's body may take to arrive before
    HTTP 408, *idle_timeout* how many seconds an idle connection stays open (15 is *assumed*); both
    count on the event loop's clock. No number of seconds is more than a hundred years.

    ``calls`` counts the requests received, by method; ``?`` counts those whose method could not be
    read. ``executed`` counts the calls that were executed without a fault.

    >>> async with Sandbox(speed=60) as sandbox:
    ...     async with sandbox.client() as gandi:
    ...         await gandi.vm_list()
    """

    def __init__(
        self,
        *,
        login: str = "AA1234-GANDI",
        password: str = "mypassword",  # noqa: S107 - the one of the provider's samples
        host: str = "127.0.0.1",
        port: int = 0,
        speed: float = 1.0,
        session_lifetime: float = 43200,
        rate_limit: RateLimit | None = None,
        durations: Mapping[str, float] | None = None,
        shares: int = 1000,
        balance: float = 10_000.0,
        currency: str = "EUR",
        clock: Callable[[], float] = time.monotonic,
        body_timeout: float = BODY_TIMEOUT,
        idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        super().__init__()
        for name, value in (("login", login), ("password", password), ("host", host)):
            require_text(name, value)
        port = require_count("port", port, 0, 65535)
        require_number("speed", speed)
        require_seconds("session_lifetime", session_lifetime, longest=LONGEST_SECONDS)
        durations = {} if durations is None else durations
        require_durations(durations)
        shares = require_count("shares", shares, 0, 2**31 - 1)
        require_number("balance", balance, zero=True)
        require_text("currency", currency)
        require(_CURRENCY.fullmatch(currency) is not None, "currency", currency, "like EUR")
        require(callable(clock), "clock", clock, "a function that returns seconds")
        require_seconds("body_timeout", body_timeout, longest=LONGEST_SECONDS)
        require_seconds("idle_timeout", idle_timeout, longest=LONGEST_SECONDS)
        self._login = login
        self._password = password
        self._service = Service(
            ServiceClock(speed, clock),
            self._fate_of,
            login=login,
            password=password,
            session_lifetime=session_lifetime,
            durations=durations,
            shares=shares,
            balance=balance,
            currency=currency,
        )
        exchange = Exchange(
            self._service.execute,
            self._trouble_for,
            Throttle(rate_limit.calls, rate_limit.per, clock) if rate_limit else None,
            body_timeout=body_timeout,
        )
        self._listener = Listener(exchange, host, port, idle_timeout=idle_timeout)
        self.calls: Counter[str] = exchange.calls
        self.executed: Counter[str] = exchange.executed

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._listener.is_open else 'not serving'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Sandbox is a server, and is neither copied nor pickled: its url goes anywhere"
        )

    # -- serving -------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self._listener.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._listener.close()

    @property
    def url(self) -> str:
        """Where it serves, for example ``http://127.0.0.1:54321/xmlrpc/``. While it does not serve,
        this raises RuntimeError.
        """
        return self._listener.url

    def client(self, **settings: Any) -> Gandi:
        """Return a client for this server, with its credentials and without a rate limit. *settings* of
        `Gandi` override these.
        """
        # Not at the top: a process that only runs the server does not load the client.
        from aiogandi.client import Gandi  # noqa: PLC0415

        # In no local variable: when a setting is refused, a traceback must not show the password.
        return Gandi(**(self._defaults() | settings))

    def _defaults(self) -> dict[str, Any]:
        return {
            "login": self._login,
            "password": self._password,
            "url": self.url,
            "rate_limit": None,
        }

    # -- time and sessions ---------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The service's date of this moment: naive, UTC, whole seconds."""
        clock = self._service.clock
        return clock.date(clock.now())

    def advance(self, seconds: float) -> None:
        """Let *seconds* service seconds (0 or more) pass at once."""
        require_seconds("seconds", seconds, zero=True, longest=LONGEST_SECONDS)
        self._service.clock.advance(seconds)

    def set_date(self, date: datetime) -> None:
        """Make *date* (naive, UTC) the service's date of this moment, which may differ from the
        caller's. No time passes; the dates of all that is in the books move along.
        """
        require(
            isinstance(date, datetime) and date.tzinfo is None, "date", date, "a naive datetime"
        )
        self._service.clock.set_date(date)

    def expire_sessions(self) -> None:
        """End every session now."""
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
        return self._service.execute(method, arguments)

    def release_operations(self) -> None:
        """Release the operations that `hold_operation` keeps PENDING."""
        self._service.settle()
        self._service.operations.release()

    @property
    def operations(self) -> list[dict[str, Any]]:
        """Every operation ever made, oldest first, as ``operation_details`` returns it."""
        return list(self._settled().operations.all())

    @property
    def vms(self) -> list[dict[str, Any]]:
        """The VMs that exist, oldest first, as ``vm_info`` returns them."""
        inventory = self._settled().inventory
        return [inventory.vm_struct(vm) for vm in inventory.vms.values()]

    @property
    def disks(self) -> list[dict[str, Any]]:
        """The disks that exist, oldest first, as ``disk_info`` returns them."""
        inventory = self._settled().inventory
        return [inventory.disk_struct(disk) for disk in inventory.disks.values()]

    @property
    def products(self) -> list[dict[str, Any]]:
        """The account's products, as ``hosting_account_info`` returns them."""
        return self._settled().account.products_list()

    @property
    def balance(self) -> float:
        """What is left on the prepaid account, in its currency."""
        return self._settled().account.balance()

    @property
    def total_shares(self) -> int:
        """The shares that the account has."""
        return self._settled().shares.total

    @property
    def used_shares(self) -> int:
        """The shares in use, including those that are promised to operations under way."""
        return self._settled().shares.used

    def pause_vm(self, vm_id: int) -> None:
        """Pause a running VM. The API has no call for it; only the service's own people could do it."""
        service = self._settled()
        vm = service.inventory.vms.get(vm_id)
        if vm is None or vm.state != "running":
            raise InvalidArgument(f"vm_id={vm_id!r}: the id of a running VM")
        vm.change("paused", service.operations.now)

    def _settled(self) -> Service:
        self._service.settle()
        return self._service
