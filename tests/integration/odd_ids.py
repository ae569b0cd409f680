"""A service whose operations are numbered in another way than by a counter, and a client of it."""

from random import Random

from aiogandi import Gandi, Retry, TransportError
from aiogandi.faults import fault_for
from aiogandi.sandbox import ServiceFault
from tests.simulation.wire import revealed


class Growing:
    """The usual way: 1, 2, 3, …"""

    def __init__(self, seed):
        self._rng = Random(f"ids {seed}")
        self._count = 0

    def number(self, kind):
        """The id of the next operation, of type *kind*."""
        self._count += 1
        return self.of(self._count, kind)

    def of(self, count, kind):
        """The id of operation number *count*."""
        del kind
        return count


class ByChance(Growing):
    """By chance."""

    def of(self, count, kind):
        return self._rng.randrange(1, 2**31)


class Descending(Growing):
    """Downwards."""

    def of(self, count, kind):
        return 10**6 - count


class ByType(Growing):
    """Each type has a sequence of its own, far from the others'."""

    STARTS = ("vm_create", "disk_create", "hosting_account_product_add", "vm_start", "vm_stop")

    def __init__(self, seed):
        super().__init__(seed)
        self._counts = {}

    def of(self, count, kind):
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return 10**6 * self.STARTS.index(kind) + self._counts[kind]


class Reset(Growing):
    """From the beginning again, somewhere on the way."""

    def __init__(self, seed, after):
        super().__init__(seed)
        self._after = after

    def of(self, count, kind):
        return 50_000 + count if count <= self._after else count - self._after


class Large(Growing):
    """Upwards from a number that the wire's int cannot hold."""

    def __init__(self, seed, first):
        super().__init__(seed)
        self._first = first

    def of(self, count, kind):
        return self._first + count


class Reused(Growing):
    """Round and round: the id of an operation that ended long ago is given again."""

    def __init__(self, seed, size):
        super().__init__(seed)
        self._size = size

    def of(self, count, kind):
        return 100 + count % self._size


class Renumbered:
    """The sandbox, whose operations have other ids, in the place of the wire. `lose` says how often the
    reply to which method is lost, `drop` how often the request.
    """

    def __init__(self, ids):
        self.sandbox = None
        self._ids = ids
        self._shown = {}  # the sandbox's own id: ours
        self._own = {}
        self.lose = {}
        self.drop = {}
        self.sent = []

    def learn(self):
        """Number the operations that are new."""
        for operation in self.sandbox.operations:
            if operation["id"] not in self._shown:
                number = self._ids.number(operation["type"])
                self._shown[operation["id"]] = number
                self._own[number] = operation["id"]

    def shown_since(self, number):
        """The ids of all operations but the first *number*."""
        return [self._shown[operation["id"]] for operation in self.sandbox.operations[number:]]

    async def exchange(self, request, session_id=None, *, timeout=None):
        """See `aiogandi.transport.exchange.Exchanger`."""
        del timeout
        method = request.method
        self.sent.append(method)
        values = revealed(request.arguments)
        if "operation_id" in values:
            values["operation_id"] = self._own.get(values["operation_id"], 4711)
        if self._takes(self.drop, method):
            raise TransportError("the request was lost", method=method)
        session = () if session_id is None else (session_id.reveal(),)
        try:
            reply = self.sandbox.execute(method, *session, *values.values())
        except ServiceFault as fault:
            raise fault_for(fault.code, fault.message, None, method) from None
        if not method.startswith("operation"):
            self.learn()
        if self._takes(self.lose, method):
            raise TransportError("the reply was lost", method=method)
        if method == "operation_list":
            return [self._shown[own] for own in reply if self._own[self._shown[own]] == own]
        if method == "operation_details":
            return {**reply, "id": self._shown[reply["id"]]}
        return self._shown.get(reply, reply) if type(reply) is int else reply

    @staticmethod
    def _takes(orders, method):
        left = orders.get(method, 0)
        orders[method] = left - 1
        return left > 0

    async def close(self):
        """See `aiogandi.transport.exchange.Exchanger`."""


class RenumberedGandi(Gandi):
    """The real client on such a service."""

    def __init__(self, service, **settings):
        self._service = service
        retry = Retry(attempts=5, within=60, settle=3.0, backoff=0)
        super().__init__("AA1234-GANDI", "mypassword", retry=retry, **settings)

    def _make_transport(self, url, **_):
        return self._service
