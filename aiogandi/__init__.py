"""aiogandi: the asyncio client for managing Gandi servers in bulk.

```python
async with Gandi("AA1234-GANDI", "mypassword") as gandi:
    operation = await gandi.vm_create("web-01", "s3cret-pw", 111, shares=4, cpu=1)
    await operation
    print(await gandi.vm_info(operation.vm_id))
```

The chapters below say what happens behind such lines. *Documented* means that the service's own
documentation says so, or that public clients of its time agree on it; *assumed* means that we chose,
because both are silent, or one client alone tells it.

# Session

The first call logs in, once for all tasks, and every call carries the session's id. A session is
good for 12 hours (documented). `renew_margin` seconds before its end a new login begins, while
calls go on with the old id. If the service refuses the id early, the client logs in again and
repeats the calls that were refused. A refused login is `AuthenticationError`.

# Answers

Calls that only read return numbers, lists of ids, and frozen dataclasses: `VM`, `Disk`,
`HostingAccount`, `OperatingSystem`, `OperationDetails`. A field that the service did not send, or
that cannot be read as its type, is None and spoils no other. An ``id`` that the answer leaves out is
taken from the question. Two attributes are common to all:

- ``raw`` is everything that was sent, also what has no field. It takes no part in ``==`` and
  ``repr``.
- ``to_dict()`` gives the fields as values that `json.dumps` takes: dates as ISO 8601 text, tuples as
  lists, passwords as ``***``.

# Operations

A call that changes something returns an `Operation` at once; the work goes on at the service for
minutes. `vm_create` returns a `VMOperation`, whose ``vm_id`` is known at once, and `disk_create` a
`DiskOperation` with a ``disk_id`` (documented). `await operation` waits as long as that takes and returns `OperationDetails`.
`operation.wait(timeout=60)` raises `OperationTimeout` after 60 seconds and leaves the work alone, so
that it can be waited for again: with the same object, or by `gandi.operation(operation_id)`, in
another process too. `async for state in operation` gives each state as it is seen, and
`operation.cancel()` cancels an operation that is still pending. Cancelling the task that waits ends
that wait and nothing else.

One task of the client polls for all waits. It asks for lists of operations, not for each one, learns
how long each kind of operation takes, and lives through outages. `Polling` says how often it asks, and when a wait ends without an answer.

# Lost replies

When a connection breaks, the client cannot know whether its call ran. A call that only reads is
sent again. A call that changes something is sent again only where it cannot have run. Where it may
have run, the client looks for its operation at the service:

- found: the operation is returned, as if nothing had happened;
- not there, `settle` seconds after the reply was lost, in a list of all operations of that type: the
  call is sent again, `attempts` times in all, and then told as not run (``sent`` is False);
- neither can be told: `OutcomeUnknown`, whose ``candidates`` may be the call's own.

Only proof counts: no connection, HTTP 429 (assumed), a fault of six digits that refuses the data, or such
a look. After a second send the client goes on looking in the background until ``timeout`` seconds have
passed, and tells what turns up as a surplus; it never cancels it. `Retry` sets the numbers, and
`Gandi.stats` counts what happened. README says where *never twice, never lost* ends.

# Past the end of the process

With ``Gandi(…, journal="runs.db")``, or a `Journal` that the program opens, a changing call's intent is on
the disk before it leaves, and what became of it as soon as that is known. So it is found again after
whatever end of the process:

```python
async with gandi.once("web-01"):
    server = await gandi.vm_create("web-01", password, 111, shares=4, cpu=1)
    await server
    disk = await gandi.disk_create({"name": "web-01", "size": 10240})
    await disk
    await (await gandi.disk_attach(server.vm_id, disk.disk_id))
```

However often that is begun, the changing calls inside of `Gandi.once` run once. One that was answered gives
its result from the journal, without a request, and so does the wait for an operation that had ended. One
whose answer nobody saw is looked for as a lost reply is, before the block begins. `bulk` with a
`Journal.run` does the same for each item, and gives the results of those that are done. `Gandi.recover` tells of calls
that stood under no key.

What is not promised: calls that only read run again each time. The block must come to the same calls in the
same order, apart from what follows from the service's answers, else `JournalConflict`. ``settle`` and ``timeout``
of the process that was killed must cover how late the service may still run its last request. Passwords are in no
journal. The file must not lie on a network file system, where locks do not hold.

# Past the end of one process

With ``Gandi(…, hub="redis://…")``, or a `RedisHub`, the clients of all processes act as one, on whatever
machine: one session, one rate, one process that polls for all, and each operation claimed for one call. The
journal of `RedisHub.journal` is for all of them. README says what happens when the store goes away, and where
exactness ends.

# Leaving

A request that has left cannot be called back. When its caller goes (cancelled, a deadline, `bulk` left)
it gets its ``CancelledError`` at once, and the exchange and the look-ups go on; nothing is sent again.
What the call began is an entry of `Gandi.pending`: `Pending.operation` takes it up, `Pending.dismiss`
lets it go. `Gandi.close` waits for the replies of what has left, and `Gandi.drain` for the operations
as well. A call that never left gets `ClientClosed` with ``sent`` False, one that left and got no answer
`OutcomeUnknown`.

# Events

``Gandi(…, on_event=listener)`` calls ``listener`` with an `Event` for whatever happens: calls and
exchanges that begin and end, logins, lost replies and what became of them, operations that begin and
end. `aiogandi.instrumentation` has all of them. No event holds a secret. The listener has the context
variables of whoever made the call; logins, polls and look-ups, which all share, have none.

# Rate

`RateLimit(30, per=2.0)` is the default: 30 requests in any two seconds, evenly spaced, logins and
polls included (assumed, from the service's next version). When the service answers 429, no
request is sent for as long as it asks, 60 seconds at most. Where turns are scarce, logins go first, then
look-ups for lost replies, single calls, and the calls of `bulk` and of `Gandi.background`; polling and
whoever comes last get one turn in ten.

# Bulk

`bulk` runs one action over many items and yields an `Outcome` for each as it ends: `Done` with its
``result`` or `Failed` with its ``error``. ``Outcome[int, VM]`` is ``Done[int, VM] | Failed[int]``, which
``match`` tells apart, for type checkers, too.

# Over many machines

A `Fleet` does the same with workers on any number of machines, and any number of accounts: `Fleet.submit`
gives it items, ``aiogandi worker module:fleet`` runs a worker, and `Fleet.run` gives the outcomes, wherever that
is asked. An item whose worker is killed goes on elsewhere, and its calls run once, by the hub's journal.

# Errors

All exceptions derive from `GandiError`, and `aiogandi.errors` draws their tree: `TransportError` below XML-RPC,
with `OutcomeUnknown`; `Fault`, the service's own refusal, with `NotFound` and others; `OperationError`,
`AuthenticationError`, `InvalidArgument`, `WrongLoop`, `JournalError` with `HubError`, `ItemFailed` and `ClientClosed`.

# In a service

Open one `Gandi` for one account and one event loop at start-up, and close it at the end. Nothing is
sent before the first call. The client belongs to the loop that enters or uses it first: in another one, in another
thread's or in a forked process every call is `WrongLoop`. Fork before the first call, or make the client
after it. ``http=`` takes an aiohttp session of yours: give its connector
``keepalive_timeout=10``, because the service closes idle connections after about 15 seconds (assumed).

At its end, `Gandi.drain`, `Gandi.close` and `Gandi.pending`, written down by `Pending.to_dict`, see to it
that nothing is lost; README has such a service, to copy. ``math.inf`` is no limit wherever seconds limit
something: ``timeout``, ``wait``, ``session_lifetime``, ``Retry.within``.

Errors, models, outcomes, events and settings can be pickled, for a process pool say: errors with their
cause, context and notes as far as these can be pickled. Passwords in them, also in ``raw``, read ``***``
in a pickle. `Operation` and `Gandi` refuse with TypeError, because they belong to their loop: in another
process ``gandi.operation(operation.id)`` takes the work up, and the ``operation`` of a pickled
`OperationError`, which has its id, says so too.

# Tests

`aiogandi.sandbox.Sandbox` is a server with the service's rules, on this machine. Installing aiogandi
gives pytest the fixtures ``gandi_sandbox`` and ``gandi``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from aiogandi.bulk import Done, Failed, Outcome, bulk
from aiogandi.changes.pending import Pending
from aiogandi.errors import (
    AlreadyExists,
    AuthenticationError,
    ClientClosed,
    DataFault,
    Fault,
    GandiError,
    HubError,
    InvalidArgument,
    InvalidState,
    InvalidValue,
    ItemFailed,
    JournalConflict,
    JournalError,
    NotFound,
    OperationCancelled,
    OperationError,
    OperationFailed,
    OperationTimeout,
    OutcomeUnknown,
    PermissionDenied,
    ServerFault,
    SessionExpired,
    TransportError,
    WrongLoop,
)
from aiogandi.instrumentation import Event, Stats
from aiogandi.models import (
    VM,
    Disk,
    HostingAccount,
    OperatingSystem,
    OperationDetails,
    OperationState,
    Product,
)
from aiogandi.operations.operation import DiskOperation, Operation, VMOperation
from aiogandi.version import __version__

if TYPE_CHECKING:
    from aiogandi.changes.recovery import Recovered
    from aiogandi.client import Gandi
    from aiogandi.fleet.books.books import RunProgress
    from aiogandi.fleet.fleet import Fleet
    from aiogandi.fleet.run import FleetRun
    from aiogandi.hub.redis_hub import RedisHub
    from aiogandi.journals.journal import Journal, RunSummary
    from aiogandi.journals.run import Run, RunOutcome
    from aiogandi.settings import Polling, RateLimit, Retry
else:
    # These bring aiohttp, lxml and tenacity. A program that needs only the errors starts quickly without them.
    _LATE = {
        name: f"aiogandi.{module}"
        for module, names in {
            "changes.recovery": ["Recovered"],
            "client": ["Gandi"],
            "fleet.books.books": ["RunProgress"],
            "fleet.fleet": ["Fleet"],
            "fleet.run": ["FleetRun"],
            "hub.redis_hub": ["RedisHub"],
            "journals.journal": ["Journal", "RunSummary"],
            "journals.run": ["Run", "RunOutcome"],
            "settings": ["Polling", "RateLimit", "Retry"],
        }.items()
        for name in names
    }

    def __getattr__(name: str) -> Any:
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_LATE[name]), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_LATE})


__all__ = [
    "VM",
    "AlreadyExists",
    "AuthenticationError",
    "ClientClosed",
    "DataFault",
    "Disk",
    "DiskOperation",
    "Done",
    "Event",
    "Failed",
    "Fault",
    "Fleet",
    "FleetRun",
    "Gandi",
    "GandiError",
    "HostingAccount",
    "HubError",
    "InvalidArgument",
    "InvalidState",
    "InvalidValue",
    "ItemFailed",
    "Journal",
    "JournalConflict",
    "JournalError",
    "NotFound",
    "OperatingSystem",
    "Operation",
    "OperationCancelled",
    "OperationDetails",
    "OperationError",
    "OperationFailed",
    "OperationState",
    "OperationTimeout",
    "Outcome",
    "OutcomeUnknown",
    "Pending",
    "PermissionDenied",
    "Polling",
    "Product",
    "RateLimit",
    "Recovered",
    "RedisHub",
    "Retry",
    "Run",
    "RunOutcome",
    "RunProgress",
    "RunSummary",
    "ServerFault",
    "SessionExpired",
    "Stats",
    "TransportError",
    "VMOperation",
    "WrongLoop",
    "__version__",
    "bulk",
]
