"""The sandbox: a server that behaves as the service did, and whose books a test can read."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from aiogandi.checks import (
    require,
    require_count,
    require_number,
    require_seconds,
    require_text,
)
from aiogandi.sandbox.api.service import Service
from aiogandi.sandbox.books.clock import ServiceClock, real_seconds
from aiogandi.sandbox.books.durations import LONGEST_SECONDS, require_durations
from aiogandi.sandbox.http.exchange import Exchange
from aiogandi.sandbox.http.listener import Listener
from aiogandi.sandbox.http.throttle import Throttle
from aiogandi.sandbox.open_books import OpenBooks
from aiogandi.sandbox.script.scripted import Scripted
from aiogandi.sandbox.thread import ServingThread

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


class Sandbox(Scripted, OpenBooks):
    """A server that behaves as the service did. It serves within ``async with``, or, where there is no
    event loop, within ``with sandbox.thread()``.

    Where it serves: at *host* and *port*. With port 0 the system chooses one, which stays the same
    when the sandbox is entered again: so a test can have an outage.

    The account: *login* and *password*; *shares*, which exist from the beginning as a product; and a
    *balance* in *currency*.

    Time: *speed* service seconds pass in one real second. *session_lifetime* is in service seconds,
    and so are *durations*: how long an operation takes, by its type, looked up for each operation.
    Types that are missing take what `aiogandi.sandbox.books.durations.DEFAULTS` says. *clock* returns real seconds. The
    default is the clock of `time.monotonic`, also where a test has frozen that (freezegun, time-machine).
    A test that gives its own decides when time passes: with ``clock=lambda: 0.0`` only `advance` moves
    the service's clock.

    Limits: *rate_limit* counts seconds of *clock*, because it protects the server; requests beyond
    it get HTTP 429. *body_timeout* is how many seconds a request's body may take to arrive before
    HTTP 408, *idle_timeout* how many seconds an idle connection stays open (15 is *assumed*); both
    count on the event loop's clock. No number of seconds is more than a hundred years.

    Threads: the books, time and trouble may be used from any thread while the sandbox serves in another;
    each method and property acts as a whole, between two calls of the API. What a test hands over
    (`alter`, ``interfere``, *clock*) is called in the thread that serves.

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
        clock: Callable[[], float] = real_seconds,
        body_timeout: float = BODY_TIMEOUT,
        idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        Scripted.__init__(self)
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
        service = Service(
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
        OpenBooks.__init__(self, service)
        exchange = Exchange(
            self._execute,
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

    def thread(self) -> AbstractContextManager[Self]:
        """Return a context manager that serves in a thread of its own, and gives this sandbox: for tests
        without an event loop, and for code that blocks the one it runs in.

        >>> with Sandbox(speed=60).thread() as sandbox:
        ...     xmlrpc.client.ServerProxy(sandbox.url).login("AA1234-GANDI", "mypassword")

        Entering it raises what prevents the sandbox from serving: RuntimeError if it serves already,
        OSError if the port is taken. Leaving it closes all connections and ends the thread. Entered
        again, it serves at the same place with the same books. Delays and time-outs are real seconds,
        even where a test has frozen the time of event loops. Inside of a running event loop it works as
        well: `client` makes clients for that loop.
        """
        return ServingThread(self)

    @property
    def url(self) -> str:
        """Where it serves, for example ``http://127.0.0.1:54321/xmlrpc/``. While it does not serve,
        this raises RuntimeError.
        """
        return self._listener.url

    def client(self, **settings: Any) -> Gandi:
        """Return a client for this server, with its credentials and without a rate limit. *settings* of
        `Gandi` override these.

        Without them it waits as a client of the service does, however fast the sandbox is. In a test,
        let it be quick: ``sandbox.client(**QUICK)``, with `aiogandi.sandbox.QUICK`.
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
