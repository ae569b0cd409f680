"""The sandbox: a server that behaves as the service did, with books to look into."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Self

from aiohttp import web

from aiogandi.errors import InvalidArgument
from aiogandi.sandbox.api.service import Service
from aiogandi.sandbox.books.clock import ServiceClock
from aiogandi.sandbox.http.exchange import Exchange
from aiogandi.sandbox.http.throttle import Throttle
from aiogandi.sandbox.script.checks import (
    require,
    require_count,
    require_durations,
    require_number,
    require_seconds,
    require_text,
)
from aiogandi.sandbox.script.scripted import Scripted

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping

    from aiogandi.client import Gandi
    from aiogandi.settings import RateLimit

IDLE: Final = 15.0
"""Seconds after which the service closed an idle connection (documented)."""

_CURRENCY: Final = re.compile("[A-Z]{3}")


class Sandbox(Scripted):
    """A server that behaves as the service did, for the time of an ``async with``.

    *speed*: service seconds that pass in one real second. *session_lifetime*: service seconds.
    *rate_limit*: real seconds, because it protects the server; more requests get HTTP 429.
    *durations*: service seconds that an operation takes, by its type, asked for each operation;
    types that are missing take what `durations.DEFAULTS` says. *shares* are there from the
    beginning, as a product; *balance* is in *currency*. With *port* 0 the system chooses one, which
    stays the same when the sandbox is entered again: so a test can have an outage.

    ``calls`` counts the requests received, by method; one whose method could not be read counts as
    ``?``. ``executed`` counts the calls that did what they say, without a fault.

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
    ) -> None:
        super().__init__()
        for name, value in (("login", login), ("password", password), ("host", host)):
            require_text(name, value)
        require_count("port", port, 0, 65535)
        require_number("speed", speed, zero=False)
        require_seconds("session_lifetime", session_lifetime, zero=False)
        durations = {} if durations is None else durations
        require_durations(durations)
        require_count("shares", shares, 0, 2**31 - 1)
        require_number("balance", balance)
        require_text("currency", currency)
        require(_CURRENCY.fullmatch(currency) is not None, "currency", currency, "like EUR")
        self._login = login
        self._password = password
        self._host = host
        self._port = port
        self._service = Service(
            ServiceClock(speed),
            self._fate_of,
            login=login,
            password=password,
            session_lifetime=session_lifetime,
            durations=durations,
            shares=shares,
            balance=balance,
            currency=currency,
        )
        self._exchange = Exchange(
            self._service.execute,
            self._trouble_for,
            Throttle(rate_limit.calls, rate_limit.per) if rate_limit else None,
        )
        self.calls: Counter[str] = self._exchange.calls
        self.executed: Counter[str] = self._exchange.executed
        self._listener: asyncio.Server | None = None
        self._protocols: web.Server | None = None

    def __repr__(self) -> str:
        return f"<Sandbox {self.url if self._listener else 'not serving'}>"

    # -- serving -------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        if self._listener is not None:
            raise RuntimeError("the sandbox is serving already")
        self._protocols = web.Server(
            self._exchange.handle,
            access_log=None,
            # aiohttp would log requests that it cannot parse, with what is in them.
            logger=_silent_logger(),
            keepalive_timeout=IDLE,
            # How long a body is read to its end for a caller that sends it all before it looks at
            # the answer.
            lingering_time=1.0,
        )
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(self._protocols, self._host, self._port)
        self._port = self._listener.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        listener, protocols = self._listener, self._protocols
        if listener is None or protocols is None:
            return
        self._listener = self._protocols = None
        listener.close()
        protocols.pre_shutdown()
        await self._exchange.stop()
        await protocols.shutdown(timeout=0.1)
        await listener.wait_closed()
        # Transports close one turn of the loop after they were told to.
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        """Where it serves, for example ``http://127.0.0.1:54321/xmlrpc/``; only while it does."""
        if self._listener is None:
            raise RuntimeError("the sandbox is not serving: enter it with `async with` first")
        host = self._host
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            pass
        else:
            if address.is_unspecified:
                host = "::1" if address.version == 6 else "127.0.0.1"
            if address.version == 6:
                host = f"[{host}]"
        return f"http://{host}:{self._port}/xmlrpc/"

    def client(self, **settings: Any) -> Gandi:
        """A client pointed here, with these credentials and unlimited rate; *settings* override."""
        # Here and not above: who only runs the server does not load the client.
        from aiogandi.client import Gandi  # noqa: PLC0415

        # Not by a local: a setting that is refused must not show the password in a traceback.
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
        """Move the service's clock on by *seconds* service seconds, now."""
        require_seconds("seconds", seconds)
        self._service.clock.advance(seconds)

    def set_date(self, date: datetime) -> None:
        """Make *date* (naive) the service's date of this moment: a clock that is not the caller's.
        No time passes, and the dates of what was there before move along.
        """
        require(
            isinstance(date, datetime) and date.tzinfo is None, "date", date, "a naive datetime"
        )
        self._service.clock.set_date(date)

    def expire_sessions(self) -> None:
        """End every session now."""
        self._service.sessions.expire()

    # -- the books -----------------------------------------------------------------------------

    def release_operations(self) -> None:
        """Let the operations go on that `hold_operation` keeps PENDING."""
        self._service.settle()
        self._service.operations.release()

    @property
    def operations(self) -> list[dict[str, Any]]:
        """Every operation ever made, oldest first, as ``operation_details`` tells it."""
        return list(self._settled().operations.all())

    @property
    def vms(self) -> list[dict[str, Any]]:
        """The VMs that there are, oldest first, as ``vm_info`` tells them."""
        inventory = self._settled().inventory
        return [inventory.vm_struct(vm) for vm in inventory.vms.values()]

    @property
    def disks(self) -> list[dict[str, Any]]:
        """The disks that there are, oldest first, as ``disk_info`` tells them."""
        inventory = self._settled().inventory
        return [inventory.disk_struct(disk) for disk in inventory.disks.values()]

    @property
    def products(self) -> list[dict[str, Any]]:
        """The account's products, as ``hosting_account_info`` tells them."""
        return self._settled().account.products_list()

    @property
    def balance(self) -> float:
        """What is left on the prepaid account."""
        return self._settled().account.balance()

    @property
    def total_shares(self) -> int:
        """The shares that the account has."""
        return self._settled().shares.total

    @property
    def used_shares(self) -> int:
        """The shares in use, those promised to operations under way included."""
        return self._settled().shares.used

    def pause_vm(self, vm_id: int) -> None:
        """Pause a running VM, as the service's own people could: the API has no call for it."""
        service = self._settled()
        vm = service.inventory.vms.get(vm_id)
        if vm is None or vm.state != "running":
            raise InvalidArgument(f"vm_id={vm_id!r}: the id of a running VM")
        vm.change("paused", service.operations.now)

    def _settled(self) -> Service:
        self._service.settle()
        return self._service


def _silent_logger() -> logging.Logger:
    logger = logging.Logger("aiogandi.sandbox.http")  # noqa: LOG001 - nobody else shall have it
    logger.disabled = True
    return logger
