"""The client's place under `Exchanger`: no network, but a service model and a day's trouble."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from random import Random

from aiogandi import Gandi
from aiogandi.errors import ClientClosed
from aiogandi.faults import fault_for
from aiogandi.redaction import Secret
from tests.simulation import troubles
from tests.simulation.days import SETTLE
from tests.simulation.operations import Refused

CALL = ContextVar("CALL", default=None)
"""The caller's call that an exchange belongs to: known to the judge alone."""

READS = frozenset(
    {
        *("login", "vm_info", "vm_list", "disk_info", "disk_list", "hosting_account_info"),
        *("operation_list", "operation_details"),
    }
)


class Weather:
    """Decides what becomes of each exchange of a *day*, in the order in which they leave."""

    def __init__(self, day, service):
        self._day = day
        self._service = service
        self._rng = Random(f"weather {day.seed}")
        self.met = {}
        self.journal = []
        """Every exchange: when it left, what it was, and what became of it."""

    def fate(self, method, limit):
        """What becomes of the exchange that leaves now."""
        day, rng = self._day, self._rng
        takes = rng.uniform(0.02, 0.3)
        if (lasting := self._lasting(method, limit, takes)) is not None:
            self._count(lasting.name)
            return lasting
        if rng.random() < day.forgets:
            self._count("session forgotten")
            self._service.catch_up()
            self._service.forget_sessions()
        if rng.random() < day.slow:
            takes = rng.uniform(0, 5)
        fate = troubles.Fate("", rng.uniform(0, takes), takes)
        lot = rng.random()
        for name, share in () if day.spares_reads and method in READS else day.troubles:
            if lot < share:
                fate = troubles.KINDS[name](rng, limit, takes)
                break
            lot -= share
        if day.beyond:
            fate = troubles.beyond(rng, fate)
        if fate.ends > limit:
            fate.ends, fate.error = limit, troubles.timed_out(limit)
            fate.name = f"{fate.name}, too slow".removeprefix(", ")
        if fate.runs is not None and not day.beyond:
            fate.runs = min(fate.runs, fate.ends + troubles.LATE)
        if fate.name:
            self._count(fate.name)
        return fate

    def _lasting(self, method, limit, takes):
        """What becomes of it where there is trouble for a long time; None where there is none."""
        begins, ends = self._day.outage
        if begins <= asyncio.get_running_loop().time() < ends:
            return troubles.Fate("black hole", None, limit, troubles.timed_out(limit))
        way, kind = self._day.blind or (None, None)
        if method != way or kind not in troubles.BLIND:
            return None
        name, ends = f"{method}: {kind}", limit if kind == "hung" else takes
        return troubles.Fate(name, None, ends, troubles.BLIND[kind](limit))

    def seen(self, method, arguments, reply):
        """What the client is shown of a reply."""
        way, kind = self._day.blind or (None, None)
        if method != way or isinstance(reply, Refused):
            return reply
        if method == "operation_list" and "state" not in arguments.get("filter", {}):
            return reply
        self._count(f"{method}: {kind}")
        shown = troubles.BLIND_DETAILS if method == "operation_details" else troubles.BLIND_LISTS
        return shown[kind](reply)

    def visible_by(self, leaves, fate):
        """When what this exchange begins is listed at the latest; None: whenever."""
        return None if self._day.beyond else leaves + fate.ends + 0.95 * SETTLE

    def _count(self, name):
        self.met[name] = self.met.get(name, 0) + 1


class Delivery:
    """A request on its way to the service, where it runs once, at *ran* of the loop's clock."""

    def __init__(self, service, args, answer, ran):
        self._service = service
        self._method, self._arguments, self._session, self._call, self._visible_by = args
        self._answer = answer
        self._ran = ran

    def run(self):
        """Run it, unless it has run."""
        if self._answer:
            return
        call, answer = self._call, self._answer
        args = self._method, self._arguments, self._session, call, self._visible_by
        try:
            answer.append(self._service.execute(*args))
            if call is not None and self._method == call.method:
                call.ran.append(self._ran)
        except Refused as refusal:
            answer.append(refusal)

    def break_off(self, after, visible_by):
        """Its connection breaks: it runs *after* so many seconds at the latest, and what it begins is
        listed by then.
        """
        self._service.catch_up()
        if self._answer:
            for work in self._service.begun_by(self._call):
                self._service.show(work, visible_by)
            return
        now = self._service.time()
        self._ran = min(self._ran, now + after)
        self._visible_by = min(self._visible_by, visible_by)
        self._service.at(now + after, self.run)


class Wire:
    """Exchanges requests for the service model's replies."""

    def __init__(self, weather, service, timeout, redactor):
        self._weather = weather
        self._service = service
        self._timeout = timeout
        self._redactor = redactor
        self._waiting = {}
        self._closed = False

    async def exchange(self, request, session_id=None, *, timeout=None):
        """See `aiogandi.transport.exchange.Exchanger`."""
        if self._closed:
            raise ClientClosed
        method, service, call = request.method, self._service, CALL.get()
        limit = self._timeout if timeout is None else min(timeout, self._timeout)
        loop = asyncio.get_running_loop()
        fate = self._weather.fate(method, limit)
        arguments = revealed(request.arguments)
        self._weather.journal.append((loop.time(), method, repr(arguments), fate.name))
        if call is not None:
            call.exchanges.append((loop.time(), method, fate))
        answer = []
        delivery = None
        if fate.runs is not None:
            session = session_id and session_id.reveal()
            delivery = self._deliver(method, arguments, session, call, fate, answer)
        waiter = loop.create_future()
        timer = loop.call_later(fate.ends, _arrive, waiter, call, method)
        self._waiting[waiter] = delivery
        try:
            await waiter
        finally:
            timer.cancel()
            del self._waiting[waiter]
        service.catch_up()
        if self._closed:
            raise ClientClosed
        if fate.error is not None:
            raise fate.error(method)
        [reply] = answer
        if isinstance(reply, Refused):
            secrets = (*((session_id,) if session_id else ()), *request.secrets())
            redactor = self._redactor.plus(secrets)
            raise fault_for(reply.code, reply.message, redactor, method)
        return fate.reply[0] if fate.reply else self._weather.seen(method, arguments, reply)

    def _deliver(self, method, arguments, session, call, fate, answer):
        """See to it that the request runs at its time."""
        leaves = self._service.time()
        ran = asyncio.get_running_loop().time() + fate.runs
        visible_by = self._weather.visible_by(leaves, fate)
        args = method, arguments, session, call, visible_by
        delivery = Delivery(self._service, args, answer, ran)
        self._service.at(leaves + fate.runs, delivery.run)
        return delivery

    def break_off(self, rng):
        """All connections break at once, and nobody is told: what has left may still run."""
        by = self._service.time() + 0.95 * SETTLE
        for delivery in self._waiting.values():
            if delivery is not None:
                delivery.break_off(rng.uniform(0, troubles.LATE), by)

    async def close(self):
        """See `aiogandi.transport.exchange.Exchanger`."""
        self._closed = True
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)


def _arrive(waiter, call, method):
    """Wake who waits for a reply; its caller may go in the same turn of the loop."""
    when = call.leaves_at_reply if call is not None and call.method == method else None
    if when == "before":
        call.leave()
    if not waiter.done():
        waiter.set_result(None)
    if when == "after":
        call.leave()


def revealed(value):
    """What the service sees of an argument."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: revealed(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [revealed(item) for item in value]
    return value


class SimulatedGandi(Gandi):
    """The real client, above a wire and a clock of the simulation's."""

    def __init__(self, world, **settings):
        self._world = world
        super().__init__("AA1-GANDI", "account-pw", **settings)

    def _make_transport(self, url, *, timeout, redactor, **_):
        return Wire(self._world.weather, self._world.service, timeout, redactor)

    def _wall_clock(self):
        return self._world.wall()
