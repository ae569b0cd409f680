"""`Gandi`, the client: one method for each call of the API, in the API's own words."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    AsyncExitStack,
    asynccontextmanager,
)
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, ClassVar, NoReturn, Self, TypedDict, TypeVar, Unpack

import aiohttp

from aiogandi import chores
from aiogandi.calls import arguments, results
from aiogandi.calls.call import Reader
from aiogandi.cancellation import Lifetime
from aiogandi.changes.change import Change
from aiogandi.changes.keys import Keys
from aiogandi.changes.once import Block
from aiogandi.changes.pending import Pending
from aiogandi.changes.recovery import Recovered
from aiogandi.changes.register import Register
from aiogandi.changes.sender import Sender
from aiogandi.checks import is_number, require, require_time_limit
from aiogandi.clock import Clock
from aiogandi.errors import InvalidArgument
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import Event, OperationBegan
from aiogandi.instrumentation.stats import Stats
from aiogandi.journals.journal import Journal
from aiogandi.journals.member import Member
from aiogandi.models import VM, Disk, HostingAccount, OperatingSystem, OperationDetails
from aiogandi.operations.begun import Begun
from aiogandi.operations.creations import CREATIONS
from aiogandi.operations.operation import DiskOperation, Operation, VMOperation
from aiogandi.operations.tracker import OperationTracker
from aiogandi.redaction import Redactor, Secret, conceal
from aiogandi.retries import Repeater
from aiogandi.session.login import Login
from aiogandi.session.manager import SessionManager
from aiogandi.settings import (
    Polling,
    RateLimit,
    RateLimitUnlessNone,
    Retry,
    from_environment,
)
from aiogandi.transport.connections import places_in
from aiogandi.transport.exchange import Exchanger, Transport
from aiogandi.transport.proxy import MAX_REPLY
from aiogandi.transport.rank import behind
from aiogandi.transport.rate import Turns
from aiogandi.transport.request import Request

URL = "https://api.gandi.net/xmlrpc/"
"""Where the service was (documented)."""

LATEST = 60.0
"""Seconds after its last send for which a lost call is expected to run late, where ``timeout``, which says
so otherwise, is infinite (a choice of ours)."""

Result = TypeVar("Result")
OperationKind = TypeVar("OperationKind", bound=Operation)

_PASSWORDS = {"vm_create": 1, "login": 1}  # where the password stands among a call's arguments


class ClientSettings(TypedDict, total=False):
    """The arguments of `Gandi`, all optional, as ``Gandi.from_env(**settings)`` takes them."""

    login: str
    password: str
    url: str
    safe: bool
    handle: str | None
    session_lifetime: float
    renew_margin: float
    timeout: float
    insecure: bool
    rate_limit: RateLimit | None
    polling: Polling
    retry: Retry
    http: aiohttp.ClientSession | None
    max_reply: int
    journal: Journal | str | os.PathLike[str] | None
    hub: RedisHub | str | None
    on_event: Callable[[Event], None] | None


class Gandi:
    """The asyncio client of Gandi's hosting API.

        async with Gandi("AA1234-GANDI", "mypassword") as gandi:
            operation = await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1)
            await operation
            print(await gandi.vm_info(operation.vm_id))

    One client serves any number of tasks of one event loop, the first that enters or uses it; in another
    one, in another thread's or in a forked process every call is `WrongLoop`. Nothing is sent before the
    first call, which logs in; the session is renewed and replaced as need be. A client is neither copied
    nor pickled (TypeError): another process makes one of its own.

    - ``url``: the service, or a `Sandbox`; ``https``, or ``http`` on this machine.
    - ``insecure``: also ``http`` on another machine, in a network where nobody listens: the password, and
      with every call the session, are sent so that whoever does can read and use them.
    - ``safe``: passed to ``login``; True is its default there (documented). Such a session must call
      ``su`` first (documented), which the provider's own samples do not, and neither does this client
      without a *handle*: that the service takes it so is assumed.
    - ``handle``: act for this handle, by ``su`` after every login (documented).
    - ``session_lifetime``, ``renew_margin``: how long a session is good (12 hours, documented;
      ``math.inf``: until it is refused), and how long before its end a new login begins, in seconds.
    - ``timeout``: seconds for one HTTP exchange; ``math.inf`` for no limit. ``Retry.within`` bounds calls
      that read, logins and look-ups all the same. Where the connections of ``http`` are limited, the
      seconds are counted from the moment at which the request has one; it waits for one as long at most.
    - ``rate_limit``: None for none; everything that this client sends counts.
    - ``polling``, ``retry``: how operations are watched, and how calls are repeated.
    - ``http``: an aiohttp session of yours, which stays open when the client closes. Proxies are its
      business (``aiohttp.ClientSession(trust_env=True)`` takes them from the environment): the client's
      own session uses none, whatever the environment says. Unless its
      connector drops idle connections after 10 seconds (``keepalive_timeout=10``), as the client's
      own does, connections are not kept: the service closes idle ones after about 15 seconds, and loses
      what is sent then (both assumed, from one client's comment).
      Where its connector is limited (``limit``, ``limit_per_host``), the client has no more requests
      under way than that; those that wait do so in its own line, which costs nothing of their time.
    - ``max_reply``: bytes of a reply, decompressed, that are read at most.
    - ``journal``: what outlives the process, a `Journal` or the path of its file (see there).
    - ``hub``: what processes share, a `RedisHub` or the URL of its store (see there). With one, a journal is
      `RedisHub.journal`, of the same hub.
    - ``on_event``: called with an `Event` for whatever happens, at once and in the task in which it
      happens (see `aiogandi.instrumentation`); it must not block. What it raises is logged. It has the
      caller's context variables, but for logins and polls, which are everybody's: they have none.

    Every call raises `InvalidArgument` before anything is sent, `Fault` for the service's refusal,
    `AuthenticationError`, `TransportError`, its subclass `OutcomeUnknown` where a changing call may
    have run, `WrongLoop` and `ClientClosed`.
    """

    def __init__(
        self,
        login: str,
        password: str,
        *,
        url: str = URL,
        safe: bool = True,
        handle: str | None = None,
        session_lifetime: float = 43200,
        renew_margin: float = 600,
        timeout: float = 30,
        insecure: bool = False,
        rate_limit: RateLimit | None = RateLimit(30, per=2.0),  # noqa: B008 - frozen
        polling: Polling = Polling(),  # noqa: B008
        retry: Retry = Retry(),  # noqa: B008
        http: aiohttp.ClientSession | None = None,
        max_reply: int = MAX_REPLY,
        journal: Journal | str | os.PathLike[str] | None = None,
        hub: RedisHub | str | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        try:
            password = Secret(arguments.text("password", password))
        except InvalidArgument:
            del password  # whatever it is, it must not stay in a frame of the traceback
            raise
        arguments.text("login", login)
        require(isinstance(safe, bool), "safe", safe, "True or False")
        require(isinstance(insecure, bool), "insecure", insecure, "True or False")
        if handle is not None:
            arguments.text("handle", handle)
        require_time_limit("session_lifetime", session_lifetime)
        holds = is_number(renew_margin) and 0 <= renew_margin < session_lifetime
        require(holds, "renew_margin", renew_margin, "seconds, from 0 to below session_lifetime")
        require_time_limit("timeout", timeout)
        for name, value, kind, allowed in (
            # Not the last one, which stays in this frame: its URL may hold a password.
            ("hub", hub, RedisHub | str | None, "a RedisHub, the URL of its store, or None"),
            ("rate_limit", rate_limit, RateLimit | None, "a RateLimit or None"),
            ("polling", polling, Polling, "a Polling"),
            ("retry", retry, Retry, "a Retry"),
            ("http", http, aiohttp.ClientSession | None, "an aiohttp.ClientSession or None"),
            (
                *("journal", journal, Journal | str | os.PathLike | None),
                "a Journal, the path of its file, or None",
            ),
        ):
            require(isinstance(value, kind), name, value, allowed)
        max_reply = arguments.positive("max_reply", max_reply)
        holds = on_event is None or callable(on_event)
        require(holds, "on_event", on_event, "a function of one argument")

        self._lifetime = Lifetime()
        self._timeout = timeout
        self._closing: asyncio.Task[None] | None = None
        self._begun = Begun()
        self._events = Emitter(on_event)
        try:
            hub = None if hub is None else RedisHub.of(hub, journal)
            self._transport = self._make_transport(
                url,
                timeout=timeout,
                events=self._events,
                http=http,
                max_reply=max_reply,
                redactor=Redactor([password]),
                insecure=insecure,
                lift=self._lift if isinstance(rate_limit, RateLimitUnlessNone) else None,
            )
        except InvalidArgument:
            del url, hub  # as above: they may hold credentials
            raise
        clock = Clock(self._wall_clock)
        shared = (
            None
            if hub is None
            else hub.member(
                login=login,
                handle=handle,
                url=url,
                password=password,
                clock=clock,
                lifetime=session_lifetime,
                login_pause=retry.login_pause,
                limit=rate_limit,
            )
        )
        self._turns = turns = Turns(
            rate_limit,
            self._events,
            None if http is None else places_in(http),
            backoff=retry.backoff,
            pacer=None if shared is None else shared.turns,
        )
        latest = LATEST if timeout == math.inf else timeout
        repeater = Repeater(retry, self._events, timeout=timeout)
        begin_session = Login(
            self._transport,
            turns,
            repeater,
            self._events,
            login=login,
            password=password,
            safe=safe,
            handle=handle,
        )
        self._session = SessionManager(
            self._transport,
            turns,
            begin_session,
            self._events,
            clock=clock,
            lifetime=session_lifetime,
            margin=renew_margin,
            backoff=retry.backoff,
            login_pause=retry.login_pause,
            sessions=None if shared is None else shared.sessions,
        )
        self._register = Register(self._take_up, self._wall_clock)
        member = Member.of(journal, login, handle, url, password)
        claims = member or (None if shared is None else shared.claims)
        self._reader = Reader(self._session, repeater, self._events)
        self._sender = Sender(
            self._session,
            self._reader,
            repeater,
            retry,
            latest,
            self._events,
            clock,
            self._register,
            self._lifetime.admit,
            self._lifetime.scope,
            None if claims is None else claims.recorder(retry, latest, clock, self._wall_clock),
        )
        self._member = member
        if member is not None:
            member.join(self, self._sender)
        self._tracker = OperationTracker(
            self._session.poll,
            self._sender.cancel,
            self._lifetime.admit,
            self._lifetime.scope,
            polling,
            self._events,
            self._begun,
            None if shared is None else shared.watches,
        )
        self._shared = shared
        if shared is not None:
            shared.join((member or shared.claims).secrets)

    def _lift(self) -> None:
        self._turns.lift()

    # What lies outside the program. A subclass may put a model of it in its place.
    _make_transport: ClassVar[Callable[..., Exchanger]] = Transport
    _wall_clock = staticmethod(time.time)

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a Gandi holds connections and a session, and is neither copied nor pickled: make another one"
        )

    @classmethod
    def from_env(cls, **overrides: Unpack[ClientSettings]) -> Gandi:
        """A client with the credentials of ``GANDI_LOGIN`` and ``GANDI_PASSWORD``, the URL of
        ``GANDI_URL``, the journal of ``GANDI_JOURNAL`` and the hub of ``GANDI_HUB`` where these are set, and
        ``insecure`` where ``GANDI_INSECURE`` says so (1, true or yes; 0, false, no or nothing). *overrides*
        are `Gandi`'s own arguments, and win.

        A byte-order mark before a value and the end of its line behind it are no parts of it.
        """
        settings: dict[str, Any] = {**from_environment(), **overrides}
        try:
            del overrides  # as `settings` below
            missing = [
                f"GANDI_{name.upper()}" for name in ("login", "password") if name not in settings
            ]
            if missing:
                raise InvalidArgument(f"not set in the environment: {', '.join(missing)}")
            return cls(**settings)
        finally:
            settings.clear()  # no password stays in a frame of the traceback

    async def __aenter__(self) -> Self:
        self._lifetime.home.require()  # it will be closed here, so it must be used here
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self, *, wait: float | None = None) -> None:
        """Send nothing more, wait for the replies of changing calls that have left, and close.

        Reading calls and waits for operations get `ClientClosed` at once, and so do changing calls that
        were never sent. For the replies of the others it waits *wait* seconds in all: None is the
        client's ``timeout``, 0 is not at all, ``math.inf`` is as long as they take. What has left and got
        no answer is `OutcomeUnknown`, and stands in `pending()`, which goes on to work. Operations go on
        at the service.

        Whatever interrupts this ends the waiting, never the closing. Closing again does nothing.

        It belongs into the event loop that the client was used in: elsewhere it is `WrongLoop`, and
        nothing is closed. Where that loop was closed first, this closes what needs no loop: aiohttp's
        session and the client itself, and what had left without an answer is unknown in `pending()`.
        """
        given = self._timeout if wait is None else wait
        limit = require_time_limit("wait", given, zero=True)
        if self._closing is not None and self._closing.done():
            self._closing.result()
            return
        if self._lifetime.home.is_gone():
            await self._let_go()
            return
        self._lifetime.home.require()
        if self._closing is None:
            self._lifetime.end()
            self._session.retire()
            self._closing = chores.begin(partial(self._close, limit))
        interrupted: asyncio.CancelledError | None = None
        while not self._closing.done():
            try:
                await asyncio.wait([self._closing])
            except asyncio.CancelledError as error:
                interrupted = error
                self._sender.hurry()
        if interrupted is not None:
            raise interrupted
        self._closing.result()

    async def _close(self, wait: float | None) -> None:
        async with AsyncExitStack() as parts:  # whatever interrupts one, the others are closed, too
            if self._shared is not None:
                parts.push_async_callback(self._shared.close)
            if self._member is not None:
                parts.push_async_callback(self._member.close, self)
            parts.push_async_callback(self._transport.close)
            parts.push_async_callback(self._session.close)
            parts.push_async_callback(self._sender.close, wait)
            parts.push_async_callback(self._tracker.close)

    async def _let_go(self) -> None:
        """Close where the client's loop was closed: its tasks are dead, and none is waited for."""
        self._lifetime.end()
        self._sender.let_go()
        try:
            await self._transport.close()
        finally:
            if self._member is not None:
                await self._member.let_go(self)
            if self._shared is not None:
                self._shared.let_go()

    async def drain(self, timeout: float | None = None) -> None:
        """Take no new changing call, and wait until nothing that this client began is under way.

        That is its changing calls, also those whose callers have gone, and their operations, however
        they end (the last 10,000 of them). The client goes on to read and to wait. `TimeoutError`, which
        names what is left, after *timeout* seconds; None or ``math.inf``: as long as it takes.
        """
        if timeout is not None:
            timeout = require_time_limit("timeout", timeout, zero=True)
        self._lifetime.home.require()
        self._sender.refuse("the client is drained: it takes no new changing calls")
        try:
            async with asyncio.timeout(timeout) as deadline:
                await self._sender.idle()
                self._register.make_operations()
                await self._begun.ended()
        except TimeoutError:
            if not deadline.expired():
                raise
        else:
            return
        left = [*self._sender.under_way(), *map(repr, self._begun.under_way())]
        shown = ", ".join(left[:10]) + (", …" if len(left) > 10 else "")
        raise TimeoutError(f"after {timeout:g} s {len(left)} are under way: {shown}")

    def pending(self) -> list[Pending]:
        """The changing calls of this client that have left and whose result has reached nobody, the
        oldest first: those under way, those whose caller had gone, those whose outcome is unknown, and
        those with a surplus. It works after `close()`, too.
        """
        return self._register.pending()

    def once(self, key: str) -> AbstractAsyncContextManager[None]:
        """What stands inside runs once under this *key*, however often the process is killed on the way.

            async with gandi.once("web-01"):
                server = await gandi.vm_create("web-01", password, 111, shares=1, cpu=1)
                await server

        Its changing calls go one after the other and are numbered, and the journal keeps each: before it
        leaves, when it is answered, and when its operation has ended. When the block is begun again, after
        whatever end, a call that was answered gives its result from there and nothing is sent; what never
        left is sent. A call that did not run, or whose operation ended in ERROR or CANCEL, is made anew if
        no later call is recorded; else it fails again as it did, because the block has lived with that: a
        loop of yours that tries again comes to the call that was answered, and buys nothing twice. Calls
        that only read are made again each time, and what is no call of this client, a mail say, is done
        again.

        The block is the work of one key: it must come to the same calls in the same order when it is
        begun again, apart from what follows from the service's answers. Another call in the place of one
        that ran is `JournalConflict`. Calls at the same time each need a key of their own inside. It is
        entered and left by the task that asks for it, and its calls are this client's: those of another
        one of the same account are `InvalidArgument` inside.

        Entering waits for a key that another process, or another task, holds; a WARNING says who. What was
        open when its process ended is looked for at the service, as for a lost reply: where that cannot be
        told it is `OutcomeUnknown`, until ``pending()``'s ``dismiss()`` or ``adopt()`` says what it is. A
        block that has ended well is concluded, and sends nothing ever again: each call gives its result or
        its failure, and a further one is `JournalConflict`. `Journal.forget` forgets a key.

        Raises `InvalidArgument` without a journal and for a key that repeats a password, `JournalError` where
        the journal cannot be read or written, and `ClientClosed` where the client closes while it is entered.
        """
        arguments.text("key", key)
        return self._once(self._keys().once(key))

    @asynccontextmanager
    async def _once(self, block: AbstractAsyncContextManager[Block]) -> AsyncIterator[None]:
        self._lifetime.home.require()
        async with block:
            yield

    async def recover(self) -> list[Recovered]:
        """What earlier processes have begun with this journal and account, and nobody has concluded.

        Calls whose outcome is open are looked for at the service, as for a lost reply; nothing is sent
        that changes something. The calls of living processes are left alone. Needs a journal.
        """
        self._lifetime.home.require()
        return await self._keys().recover()

    def _keys(self) -> Keys:
        keys = self._sender.keys
        if keys is None or self._member is None:
            raise InvalidArgument(
                'this needs a journal: Gandi(…, journal="runs.db"), or with a hub journal=hub.journal()'
            )
        return keys

    def background(self) -> AbstractContextManager[None]:
        """Calls made inside ``with gandi.background():`` queue behind others, as those of `bulk` do."""
        return behind()

    @property
    def stats(self) -> Stats:
        """What the client has done so far, in numbers."""
        return self._events.counts.snapshot(self._turns.waiting)

    async def call(self, method: str, *args: Any, idempotent: bool = False) -> Any:
        """Any remote call; the session id is added before *args*, as every call but ``login`` takes it
        (documented). Returns what the service sent.

        *idempotent*: it may run twice, so it is repeated after any trouble. Without, it is repeated
        only where it cannot have run; where it may have, that is `OutcomeUnknown`.

        A journal keeps no text of *args*, since it may be a password, but names in their documented places;
        given again by a journal, the answer has ``***`` in the place of passwords.
        """
        values = conceal(list(args))
        args = ()  # a password among them must not stay in this frame
        position = _PASSWORDS.get(str(method), len(values))
        if position < len(values) and isinstance(values[position], str):
            values[position] = Secret(values[position])
        arguments.method(method)
        if method == "login":
            raise InvalidArgument("method='login': the client logs in by itself")
        if idempotent:
            return await self._read(method, results.anything, **_numbered(values))
        return await self._change(Change(method, _numbered(values)), results.anything)

    def operation(self, operation_id: int) -> Operation:
        """Take up an operation by its id, one of another process, say. Nothing is sent.

        ``Polling.grace`` is for ids that this client was told: waiting for one that the service does not
        know is `NotFound` at once, so that a mistyped id is noticed. A process that hands on an id which
        is a few seconds old may have to wait for it once more.
        """
        return Operation(self._tracker, id=arguments.identifier("operation_id", operation_id))

    # -- the account ---------------------------------------------------------------------------

    async def account_currency(self) -> str:
        """The prepaid account's currency, ISO 4217 (documented)."""
        return await self._read("account_currency", results.string)

    async def account_balance(self) -> float:
        """The prepaid account's balance, in its currency (documented)."""
        return await self._read("account_balance", results.number)

    async def hosting_account_info(self) -> HostingAccount:
        """The hosting account: shares, used shares, products (call documented, the fields' names and the
        products assumed).
        """
        return await self._read("hosting_account_info", HostingAccount.from_wire)

    async def hosting_account_product_add(
        self, product_name: str, quantity: int, duration: str
    ) -> Operation:
        """Buy so much of a product, ``"shares"`` say, for so long: ``"1m"`` (documented; that it is a
        month, and years as ``"1y"``, assumed).
        """
        return await self._begin(
            "hosting_account_product_add",
            product_name=arguments.text("product_name", product_name),
            quantity=arguments.positive("quantity", quantity),
            duration=arguments.duration(duration),
        )

    async def hosting_account_product_renew(self, product_id: int, duration: str) -> Operation:
        """Keep a product for so much longer (documented)."""
        return await self._begin(
            "hosting_account_product_renew",
            product_id=arguments.identifier("product_id", product_id),
            duration=arguments.duration(duration),
        )

    async def hosting_account_product_remove(self, product_id: int) -> Operation:
        """Give a product up (documented)."""
        return await self._begin(
            "hosting_account_product_remove",
            product_id=arguments.identifier("product_id", product_id),
        )

    async def hosting_account_product_update(self, product_id: int, quantity: int) -> Operation:
        """Change the quantity of a product (documented): *quantity* is the new one, all told (assumed)."""
        return await self._begin(
            "hosting_account_product_update",
            product_id=arguments.identifier("product_id", product_id),
            quantity=arguments.positive("quantity", quantity),
        )

    # -- servers -------------------------------------------------------------------------------

    async def vm_create(
        self,
        hostname: str,
        password: str,
        os_id: int,
        shares: int,
        cpu: int,
        specs: Mapping[str, Any] | None = None,
    ) -> VMOperation:
        """Create a server; the operation's ``vm_id`` is set at once (documented).

        *password* is the new server's (assumed; that the call takes one is documented). *specs* may hold
        ``login`` (documented): the name of its first user (assumed). Without *specs* an empty struct is
        sent, since the call requires one (documented).
        """
        specs = conceal(specs)
        try:
            password = Secret(arguments.text("password", password))
        except InvalidArgument:
            del password  # as in __init__
            raise
        values = {
            "hostname": arguments.hostname(hostname),
            "password": password,
            "os_id": arguments.identifier("os_id", os_id),
            "shares": arguments.positive("shares", shares),
            "cpu": arguments.positive("cpu", cpu),
            "specs": arguments.specs(specs, required=False),
        }
        call = Change("vm_create", values, yields="vm_id")
        vm_id = await self._change(call, results.number_of("vm_create"))
        return self._began(VMOperation, call, vm_id=vm_id)

    async def vm_info(self, vm_id: int) -> VM:
        """What the service knows of a server (call documented, fields assumed)."""
        vm_id = arguments.identifier("vm_id", vm_id)
        return await self._read("vm_info", partial(VM.from_wire, id=vm_id), vm_id=vm_id)

    async def vm_list(self) -> list[int]:
        """The ids of the account's servers (documented), each once, in the service's order. What is no
        id, a 0 say, is left out; so it is in every list of ids.
        """
        return await self._read("vm_list", results.ids)

    async def vm_update(self, vm_id: int, specs: Mapping[str, Any]) -> Operation:
        """Change a server: ``{"shares": 5}`` (documented). *specs* of other names, ``hostname`` or ``cpu``
        say, are assumed.
        """
        specs = conceal(specs)
        return await self._begin(
            "vm_update",
            vm_id=arguments.identifier("vm_id", vm_id),
            specs=arguments.specs(specs, required=True),
        )

    async def vm_delete(self, vm_id: int) -> Operation:
        """Delete a stopped server (documented)."""
        return await self._begin("vm_delete", vm_id=arguments.identifier("vm_id", vm_id))

    async def vm_start(self, vm_id: int) -> Operation:
        """Boot or unpause a server (documented)."""
        return await self._begin("vm_start", vm_id=arguments.identifier("vm_id", vm_id))

    async def vm_stop(self, vm_id: int) -> Operation:
        """Shut a server down (documented)."""
        return await self._begin("vm_stop", vm_id=arguments.identifier("vm_id", vm_id))

    async def vm_reboot(self, vm_id: int) -> Operation:
        """Reboot a server, softly (documented)."""
        return await self._begin("vm_reboot", vm_id=arguments.identifier("vm_id", vm_id))

    async def vm_disk_list(self, vm_id: int) -> list[int]:
        """The ids of the disks attached to a server (name documented, the rest assumed)."""
        return await self._read(
            "vm_disk_list", results.ids, vm_id=arguments.identifier("vm_id", vm_id)
        )

    # -- disks ---------------------------------------------------------------------------------

    async def disk_list(self) -> list[int]:
        """The ids of the account's disks (name documented, the rest assumed)."""
        return await self._read("disk_list", results.ids)

    async def disk_create(self, specs: Mapping[str, Any]) -> DiskOperation:
        """Create a disk; the operation's ``disk_id`` is set at once (documented).

        *specs*: ``size`` in MB, ``name``, ``fstype`` (documented).
        """
        specs = conceal(specs)
        values = {"specs": arguments.specs(specs, required=True)}
        call = Change("disk_create", values, yields="disk_id")
        disk_id = await self._change(call, results.number_of("disk_create"))
        return self._began(DiskOperation, call, disk_id=disk_id)

    async def disk_info(self, disk_id: int) -> Disk:
        """What the service knows of a disk (call documented, fields assumed)."""
        disk_id = arguments.identifier("disk_id", disk_id)
        return await self._read("disk_info", partial(Disk.from_wire, id=disk_id), disk_id=disk_id)

    async def disk_delete(self, disk_id: int) -> Operation:
        """Delete an unattached disk (documented)."""
        return await self._begin("disk_delete", disk_id=arguments.identifier("disk_id", disk_id))

    async def disk_attach(self, vm_id: int, disk_id: int) -> Operation:
        """Attach a disk to a server (name documented, order of arguments assumed)."""
        return await self._begin(
            "disk_attach",
            vm_id=arguments.identifier("vm_id", vm_id),
            disk_id=arguments.identifier("disk_id", disk_id),
        )

    async def disk_detach(self, vm_id: int, disk_id: int) -> Operation:
        """Detach a disk from a server (name documented, order of arguments assumed)."""
        return await self._begin(
            "disk_detach",
            vm_id=arguments.identifier("vm_id", vm_id),
            disk_id=arguments.identifier("disk_id", disk_id),
        )

    # -- operations ----------------------------------------------------------------------------

    async def operation_list(
        self,
        *,
        type: str | None = None,  # noqa: A002 - the API's own word
        state: str | None = None,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        updated_after: datetime | None = None,
        updated_before: datetime | None = None,
        param: Mapping[str, Any] | None = None,
    ) -> list[int]:
        """The last 300 ids of operations that match what is given (documented), all of it (assumed).

        *state*: ALL, PENDING, RUN, ERROR, CANCEL or DONE (documented). *param*: values that an
        operation's parameters have (documented for ``domain``, assumed for ``vm_id``, ``disk_id`` and
        ``hostname``). Dates are the service's clock; one with a zone is sent as UTC (assumed). Each id
        once; the service puts the newest first (assumed).
        """
        param = conceal(param)
        filters = arguments.filters(
            type=type,
            state=state,
            param=param,
            created_after=created_after,
            created_before=created_before,
            updated_after=updated_after,
            updated_before=updated_before,
        )
        if not filters:
            return await self._read("operation_list", results.ids)
        return await self._read("operation_list", results.ids, filter=filters)

    async def operation_details(self, operation_id: int) -> OperationDetails:
        """What the service says of an operation (name documented, argument and fields assumed)."""
        operation_id = arguments.identifier("operation_id", operation_id)
        read = partial(OperationDetails.from_wire, id=operation_id)
        return await self._read("operation_details", read, operation_id=operation_id)

    async def operation_cancel(self, operation_id: int) -> None:
        """Cancel an operation that is PENDING (name documented, the rest assumed)."""
        await self._tracker.cancel_id(arguments.identifier("operation_id", operation_id))

    async def os_list(self) -> list[OperatingSystem]:
        """The operating systems for ``vm_create`` (name documented, fields assumed)."""
        return await self._read("os_list", results.operating_systems)

    # -- how they are sent ---------------------------------------------------------------------

    async def _read(self, method: str, convert: Callable[[Any], Result], **values: Any) -> Result:
        """A call that changes nothing."""
        with self._lifetime.scope():
            return await self._reader.read(Request.of(method, values), convert)

    async def _change(self, call: Change, convert: Callable[[Any], Any]) -> Any:
        """A call that changes something. It does not end with the client: what has left is waited for."""
        return await self._sender.change(call, convert)

    async def _begin(self, method: str, **values: Any) -> Operation:
        """A call that changes something and returns its operation's id."""
        call = Change(method, values, yields="id")
        operation_id = await self._change(call, results.number_of(method))
        return self._began(Operation, call, id=operation_id)

    def _began(self, kind: type[OperationKind], call: Change, **known: int) -> OperationKind:
        """The operation that *call* began, of which the ids in *known* are known."""
        started = asyncio.get_running_loop().time()
        operation = kind(
            self._tracker, type=call.method, started=started, **{**call.known_ids(), **known}
        )
        if call.record is not None and self._sender.recorder is not None:
            if call.ended is not None:
                operation.id = operation.id or call.ended.id
                operation.saw(call.ended)
                return operation
            operation.on_end = partial(self._sender.recorder.ended, call)
        self._begun.add(operation)
        if self._events.listening:
            self._events.emit(
                OperationBegan(call.method, operation.id, operation.vm_id, operation.disk_id)
            )
        return operation

    def _take_up(self, method: str, ids: Mapping[str, int | None]) -> Operation:
        """The operation of a call of *method*, which nobody holds, with these *ids*."""
        _, creates = CREATIONS.get(method, (None, None))
        kind = Operation
        if creates is not None and ids[creates] is not None:
            kind = VMOperation if creates == "vm_id" else DiskOperation
        operation = kind(self._tracker, type=method, **ids)
        self._begun.add(operation)
        return operation


def _numbered(values: Iterable[Any]) -> dict[str, Any]:
    """Arguments of which no names are known."""
    return {f"argument {number}": value for number, value in enumerate(values, 1)}
