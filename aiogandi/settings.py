"""The client's settings, as small frozen values. Every length of time is in seconds.

``math.inf`` is no limit where a setting is a limit. Pauses, intervals and the like are finite. The defaults
suit the service; `aiogandi.sandbox.QUICK` has short ones for tests.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, TypedDict

from aiogandi.checks import (
    is_number,
    require,
    require_count,
    require_seconds,
    require_time_limit,
)
from aiogandi.errors import InvalidArgument

NO_RATE_LIMIT: Final = ("Aiogandi-Rate-Limit", "none")
"""The header by which a sandbox of ours says in each of its replies that it has no rate limit."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """At most *calls* requests in any *per* seconds, evenly spaced.

    The service allowed 30 in 2 seconds from one address (assumed, from its next version).
    """

    calls: int
    per: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "calls", require_count("calls", self.calls, 1))
        require_seconds("per", self.per)


@dataclass(frozen=True, slots=True)
class RateLimitUnlessNone(RateLimit):
    """A rate limit for a service that may be a sandbox: it is lifted by the first reply that says, by
    `NO_RATE_LIMIT`, that there is none. The command has it; a `RateLimit` is never lifted.

    The header is believed wherever it comes from. Over https it is the service's own word, and a sandbox
    may stand behind a proxy that speaks TLS; whoever can forge it over http reads the password as well.
    A service that has a limit all the same answers 429, and is obeyed.
    """


@dataclass(frozen=True, slots=True)
class Retry:
    """How long a call is tried.

    - *attempts*: how often a call is sent at most.
    - *within*: how many seconds a reading call may take; ``math.inf`` for no limit. A changing call is bounded by *attempts*
      alone, because one that is given up may have run. Look-ups for a call whose reply was lost, and
      logins, are bounded by *within* alone, because many calls depend on them. So are answers of HTTP
      429, by which the service refuses to take a call for now: they do not count among the *attempts*
      while there is time left. Time in the client's own queue does not count.
    - *settle*: for how many seconds after a reply was lost the service may still begin the call, or
      hide what it began. Only what is missing after that did not run, and is sent again: a call runs
      exactly once as long as *settle* is right. Choose the longest time for which your service may
      keep a request before it runs it, or run it before it shows its operation. Too small a value
      makes duplicates; a larger one costs time, for each call that was lost and did not run.
    - *backoff*: how many seconds the first pause between two sends lasts at most. Each further one
      may last twice as long as the one before. Without a rate limit, it is also how long the client is
      silent, 0.01 to 1 second, after HTTP 429 that does not say for how long.
    - *login_pause*: for how many seconds a login that was refused stands. Whoever needs a session
      meanwhile gets the same `AuthenticationError`, and nothing is sent for that: many refused logins
      may lock an account.
    """

    attempts: int = 5
    within: float = 60.0
    settle: float = 3.0
    backoff: float = 0.5
    login_pause: float = 60.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "attempts", require_count("attempts", self.attempts, 1))
        require_time_limit("within", self.within, zero=True)
        require_seconds("settle", self.settle, zero=True)
        require_seconds("backoff", self.backoff, zero=True)
        require_seconds("login_pause", self.login_pause, zero=True)


@dataclass(frozen=True, slots=True)
class Polling:
    """How operations are watched.

    - *interval*: how many seconds after it ended an operation is noticed while things move.
    - *max_interval*: how slow, in seconds, the poller may get while nothing is due.
    - *grace*: for how many seconds after the service has acknowledged a call it may not know the
      operation yet, or what that creates: `NotFound` is no answer until then. 0: it always is one.
    - *give_up*: for how many seconds both ways to learn of an operation, its details and the lists, may
      meet one and the same refusal before who waits is told of it. No connection, no reply, HTTP 5xx and
      429 are no refusals: a wait outlasts them, however long.
    """

    interval: float = 1.0
    max_interval: float = 10.0
    grace: float = 120.0
    give_up: float = 600.0

    def __post_init__(self) -> None:
        require_seconds("interval", self.interval)
        holds = is_number(self.max_interval) and self.max_interval >= self.interval
        require(holds, "max_interval", self.max_interval, "seconds, interval or more")
        require_seconds("grace", self.grace, zero=True)
        require_seconds("give_up", self.give_up)

    def backoff(self, failures: int) -> float:
        """Seconds to wait after so many failures in a row."""
        return min(self.interval * 2.0 ** min(failures, 16), self.max_interval)


class Environment(TypedDict, total=False):
    """The arguments of `Gandi` that environment variables can set."""

    login: str
    password: str
    url: str
    insecure: bool
    journal: str
    hub: str


_SWITCH: Final = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
_MARK: Final = "\ufeff"  # a byte-order mark, which a text that was read from a file may begin with


def from_environment() -> Environment:
    """What ``GANDI_LOGIN``, ``GANDI_PASSWORD``, ``GANDI_URL``, ``GANDI_INSECURE``, ``GANDI_JOURNAL`` and
    ``GANDI_HUB`` set. A variable that is empty is not set.

    They are often the contents of files. So a byte-order mark before a value is no part of it, nor is the
    end of its line, of which a shell's ``$(cat file)`` leaves the CR; nor are blanks around a login, a URL,
    a path or a switch. `InvalidArgument` for a switch that is none of 1, true, yes, 0, false, no.
    """
    settings = Environment()
    # First, because no password may be in this frame when it raises.
    if switch := _variable("GANDI_INSECURE").strip().lower():
        if switch not in _SWITCH:
            raise InvalidArgument("GANDI_INSECURE is none of 1, true, yes, 0, false, no")
        settings["insecure"] = _SWITCH[switch]
    if login := _variable("GANDI_LOGIN").strip():
        settings["login"] = login
    if password := _variable("GANDI_PASSWORD").removesuffix("\n").removesuffix("\r"):
        settings["password"] = password
    if url := _variable("GANDI_URL").strip():
        settings["url"] = url
    if journal := _variable("GANDI_JOURNAL").strip():
        settings["journal"] = journal
    if hub := _variable("GANDI_HUB").strip():
        settings["hub"] = hub
    return settings


def _variable(name: str) -> str:
    return os.environ.get(name, "").removeprefix(_MARK)
