"""What may happen to one exchange, and how the client sees it.

Times are seconds since the request left. Each kind of trouble is a function of the day's chance, the
seconds after which the client gives up, and the seconds that the exchange would take.
"""

from dataclasses import dataclass, field

from aiogandi.errors import TransportError
from aiogandi.faults import fault_for

LATE = 2.5
"""Seconds by which a request runs after its reply was given up: within the default `settle`."""

CREATIONS = frozenset({"vm_create", "disk_create"})


@dataclass(slots=True)
class Fate:
    """What becomes of one exchange: it runs at the service after *runs* seconds (None: never), and the
    client learns after *ends* seconds what *error* makes, or the service's answer.
    """

    name: str
    runs: float | None
    ends: float
    error: object = None
    reply: list = field(default_factory=list)
    """What comes in place of the service's answer."""


def _failed(problem, status=None, *, sent=True, cause=None, retry_after=None):
    def error(method):
        told = TransportError(
            f"{method}: {problem}", status, sent=sent, retry_after=retry_after, method=method
        )
        told.__cause__ = cause and cause(problem)
        return told

    return error


def _fault(code, message):
    return lambda method: fault_for(code, message, None, method)


_LOST = _failed("the connection was lost", cause=ConnectionResetError)


def timed_out(limit):
    """What the client sees where nothing comes within *limit* seconds."""
    return _failed(f"no reply within {limit:g} s", cause=TimeoutError)


def never_connected(rng, limit, takes):
    slow = rng.random() < 0.2
    after = limit / 2 if slow else takes
    return Fate(
        "never connected", None, after, _failed("cannot connect", sent=False, cause=OSError)
    )


def request_lost(rng, limit, takes):
    return Fate("request lost", None, takes, _LOST)


def reply_lost(rng, limit, takes):
    return Fate("reply lost", rng.uniform(0, takes), takes, _LOST)


def late(rng, limit, takes):
    return Fate("late", takes + rng.uniform(0, LATE), takes, _LOST)


def just_in_time(rng, limit, takes):
    return Fate("2.0 s late", takes + 2.0, takes, _LOST)


def hung(rng, limit, takes):
    runs = rng.choice((None, takes, limit + rng.uniform(-1, LATE)))
    return Fate("hung", runs if runs is None else max(runs, 0.0), limit, timed_out(limit))


def garbled(rng, limit, takes):
    runs = takes / 2 if rng.random() < 0.7 else None
    return Fate("garbled", runs, takes, _failed("HTTP 200, but it is no XML", 200))


def odd_fault(rng, limit, takes):
    code = rng.choice((-32300, -32400, 0, 1, 500))
    runs = takes / 2 if rng.random() < 0.5 else None
    return Fate(f"fault {code}", runs, takes, _fault(code, "application error"))


def server_fault(rng, limit, takes):
    code = rng.choice((110020, 110040, 150000, 110010, 130299))
    runs = takes / 2 if rng.random() < 0.5 else None
    return Fate(f"fault {code}", runs, takes, _fault(code, "ServerError: internal error"))


def http_error(rng, limit, takes):
    status = rng.choice((403, 404, 413, 500, 502, 503, 504, 301))
    runs = takes / 2 if rng.random() < 0.5 else None
    pause = rng.choice((None, None, 1.0, 5.0)) if status == 503 else None
    return Fate(f"HTTP {status}", runs, takes, _failed(f"HTTP {status}", status, retry_after=pause))


def too_many(rng, limit, takes):
    pause = rng.choice((None, 1.0, 3.0))
    return Fate("HTTP 429", None, takes, _failed("HTTP 429", 429, sent=False, retry_after=pause))


def zero(rng, limit, takes):
    return Fate("replied 0", takes / 2, takes, reply=[0])


def nonsense(rng, limit, takes):
    return Fate("replied nonsense", takes / 2, takes, reply=[rng.choice((None, "", "ok", -5))])


KINDS = {
    kind.__name__: kind
    for kind in (
        never_connected,
        request_lost,
        reply_lost,
        late,
        just_in_time,
        hung,
        garbled,
        odd_fault,
        server_fault,
        http_error,
        too_many,
        zero,
        nonsense,
    )
}


LOSSES = frozenset({"reply_lost", "late", "just_in_time", "hung"})
"""Those after which a call has run, or will, and its caller has no reply."""


def _without_state(details):
    return {name: value for name, value in details.items() if name != "state"}


BLIND_DETAILS = {
    "no state": _without_state,
    "state in lower case": lambda details: {**details, "state": details["state"].lower()},
    "state renamed": lambda details: {**_without_state(details), "step": details["state"]},
    "stale": lambda details: {**details, "state": "RUN"},
    "no struct": lambda details: [details["id"]],
}
"""What ``operation_details`` may answer all day long instead of an operation that it knows."""

BLIND_LISTS = {
    "stale": lambda ids: [],
    "no list": lambda ids: {"ids": ids},
}
"""What ``operation_list`` may answer all day long where it is asked for operations in a state."""

BLIND = {
    "server fault": lambda limit: _fault(150000, "ServerError: internal error"),
    "HTTP 500": lambda limit: _failed("HTTP 500", 500),
    "garbled": lambda limit: _failed("HTTP 200, but it is no XML", 200),
    "hung": timed_out,
}
"""Errors that either of them may end in all day long."""


def beyond(rng, fate):
    """Make a lost request run later than the client can be asked to wait for."""
    if fate.name in ("late", "2.0 s late", "hung"):
        fate.runs = fate.ends + rng.uniform(LATE, 20)
        fate.name += ", beyond settle"
    return fate
