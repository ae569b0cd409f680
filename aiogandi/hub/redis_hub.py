"""`RedisHub`: what a program gives its clients so that they share a store."""

from __future__ import annotations

import importlib.util
import re
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakSet

from aiogandi.checks import is_number, require, require_seconds, require_text
from aiogandi.errors import InvalidArgument
from aiogandi.journals.journal import Journal
from aiogandi.redaction import Secret

if TYPE_CHECKING:
    from aiogandi.hub.link import StoreLink
    from aiogandi.hub.member import HubMember
    from aiogandi.hub.store import Store

TLS: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
OPTIONS: Final = {"redis": ("db",), "rediss": ("db", *TLS), "unix": ("db",)}
"""What may stand behind the ``?`` of a URL, as redis-py calls it."""

_PREFIX: Final = re.compile(r"[\w.\-]{1,64}", re.ASCII)


class RedisHub:
    """What processes on one account share, in Redis 7 or Valkey 8, or later.

        hub = RedisHub("redis://cache.internal:6379/0")
        async with Gandi(…, hub=hub) as gandi: ...

    All clients of an account that have a hub on the same store with the same *prefix* share one session, one
    poller and one set of claims, in whatever process and on whatever machine. All that also have the same
    *rate_group* share one rate, whatever their account.

    - *url*: ``redis://[user:password@]host[:port][/number]``, ``rediss://…`` for TLS, with redis-py's options
      if need be, as ``?ssl_ca_certs=/etc/ca.pem``, or ``unix:///path[?db=number]``. What is special in a
      password is written as ``%2F`` and the like.
    - *prefix*: what all names in the store begin with. Two services that must not know of each other use
      two.
    - *lease*: within how many seconds others notice that a process has gone. Another one polls then, and the
      keys that it held are free. All processes should have the same one.
    - *deadline*: how many seconds an exchange with the store may take. Where it takes longer, the store is away.
    - *rate_group*: who shares the rate; None: all clients of the same service address, which is what the
      service limits (assumed).
    - *alone*: what changing calls do while the store is away. ``"wait"``: they wait for ``Retry.within``
      and then fail unsent, `HubError`. ``"send"``: they go on, and whether each runs once is not certain any
      more. Those of a client with a journal always wait.
    - *alone_share*: the share of the rate that each client takes while the store is away, from above 0 to
      1. With ten clients a tenth keeps all of them within the limit.

    One hub serves any number of clients of one event loop. It connects with the first call and lets go when
    its last client is closed. It needs the extra ``hub``: ``pip install 'aiogandi[hub]'``.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "aiogandi",
        lease: float = 5.0,
        deadline: float = 2.0,
        rate_group: str | None = None,
        alone: Literal["wait", "send"] = "wait",
        alone_share: float = 0.1,
    ) -> None:
        address, problem = _address(url)
        if problem:
            del url  # it may hold a password
            raise InvalidArgument(f"hub: {problem}")
        holds = isinstance(prefix, str) and _PREFIX.fullmatch(prefix) is not None
        require(holds, "prefix", prefix, "1 to 64 of the characters a-z A-Z 0-9 _ . -")
        require_seconds("lease", lease)
        require_seconds("deadline", deadline)
        if rate_group is not None:
            require_text("rate_group", rate_group)
        require(alone in ("wait", "send"), "alone", alone, "'wait' or 'send'")
        holds = is_number(alone_share) and 0 < alone_share <= 1
        require(holds, "alone_share", alone_share, "a share of the rate, from above 0 to 1")
        missing = [name for name in ("redis", "cryptography") if not importlib.util.find_spec(name)]
        if missing:
            raise InvalidArgument(
                f"a hub needs {' and '.join(missing)}: pip install 'aiogandi[hub]'"
            )
        self._told = f"the hub {address}"
        self._url = Secret(url)
        self._prefix = prefix
        self._lease = float(lease)
        self._deadline = float(deadline)
        self.rate_group = rate_group
        self.alone = alone
        self.alone_share = float(alone_share)
        self._store: Store | None = None
        self._journals: WeakSet[Journal] = WeakSet()

    def __repr__(self) -> str:
        return f"<RedisHub {self._told.removeprefix('the hub ')} prefix={self._prefix!r}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "a RedisHub holds connections, and is neither copied nor pickled: make another one"
        )

    @classmethod
    def of(cls, hub: RedisHub | str, journal: object) -> RedisHub:
        """*hub*, or the one with this URL and the defaults, for a client with this *journal*. `InvalidArgument`
        unless that is None or one of the hub's: what a client claims must be seen by all who share the account.
        """
        try:
            found = hub if isinstance(hub, RedisHub) else cls(hub)
        except InvalidArgument:
            del hub  # as in `__init__`
            raise
        if journal is not None and not found.made(journal):
            raise InvalidArgument(
                "journal: with a hub it is RedisHub.journal() of the same hub, or None. What is written in a"
                " file is not seen on other machines"
            )
        return found

    def made(self, journal: object) -> bool:
        """Whether a journal is of this hub."""
        return journal in self._journals

    def member(self, **settings: Any) -> HubMember:
        """A client's part, for these settings of it (see `HubMember`)."""
        # Imported here: a program without a hub needs neither Redis's client nor cryptography.
        from aiogandi.hub.member import HubMember  # noqa: PLC0415

        alone = self.alone == "send"
        return HubMember(self.store, self.rate_group, self.alone_share, alone=alone, **settings)

    def journal(self) -> Journal:
        """A journal in the store, with all that `Journal` has: its processes may run on different machines.

            async with hub.journal() as journal, Gandi(…, hub=hub, journal=journal) as gandi: ...

        A key is held as long as its process is heard of, and that is checked right before each call. A process
        that is frozen exactly between that check and its call can still make a duplicate; it is told as a surplus.
        What is written there is as safe as the store keeps it: with ``appendonly yes``, ``appendfsync
        always`` and ``maxmemory-policy noeviction``. A WARNING says what is set in another way, or could not be seen.
        """
        from aiogandi.hub.journal.storage import HubStorage  # noqa: PLC0415 - as for `Store`

        journal = Journal(self._told, storage=HubStorage(self.store))
        self._journals.add(journal)
        return journal

    def grouped(self, rate_group: str | None) -> RedisHub:
        """The same hub, for clients that share the rate of another *rate_group* (None: as in `RedisHub`): they have
        the same part in the store, and the same journals.
        """
        if rate_group is not None:
            require_text("rate_group", rate_group)
        hub = object.__new__(RedisHub)
        hub.__dict__.update(self.__dict__, _store=self.store, rate_group=rate_group)
        return hub

    @property
    def store(self) -> Store:
        """The store as this process sees it. (For the parts of the hub; nobody else needs it.)"""
        if self._store is None:
            self._store = self._make_store()
        return self._store

    def link_apart(self) -> StoreLink:
        """Another link with the store, for who reads there without entering it, and closes it. (For the
        overview.)
        """
        from aiogandi.hub.link import Link  # noqa: PLC0415 - as below

        return Link(self._url, self._deadline)

    def _make_store(self) -> Store:
        # Imported here: a program without a hub has no Redis client.
        from aiogandi.hub.store import Store  # noqa: PLC0415

        return Store(self._url, self._told, self._prefix, self._lease, self._deadline)


def _address(url: Any) -> tuple[str, str]:
    """Where the store is, without user and password, and what is wrong with *url*. Nothing is raised here: what this
    function knows would stand in the traceback.
    """
    allowed = "redis://host:6379/0, rediss://… or unix:///path"
    if not isinstance(url, str):
        return "", f"a {type(url).__name__} is no URL: {allowed}"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "", f"its URL cannot be read: {allowed}"
    if parts.scheme not in OPTIONS or not (parts.path if parts.scheme == "unix" else host):
        return "", f"its URL begins with {parts.scheme[:20]!r}: {allowed}"
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    known = OPTIONS[parts.scheme]
    if not options.keys() <= set(known) or not options.get("db", "0").isdecimal():
        return "", f"behind the ? of its URL, {parts.scheme}://…, may stand {', '.join(known)}"
    if parts.scheme == "unix":
        return f"unix://{parts.path}", ""
    if not parts.path.removeprefix("/").isdecimal() and parts.path not in ("", "/"):
        return "", f"its URL does not end with a number: {allowed}"
    shown = f"[{host}]" if host and ":" in host else host
    return f"{parts.scheme}://{shown}:{port or 6379}{parts.path}", ""
