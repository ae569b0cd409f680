"""One session for all processes of an account: made by one, taken by the others, renewed once for all."""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import math
import secrets
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Final

from aiogandi import chores
from aiogandi.clock import Clock
from aiogandi.errors import AuthenticationError, HubError
from aiogandi.faults import fault_for
from aiogandi.hub.sessions.scripts import EXTEND, GIVE_UP, KEEP, LOOK
from aiogandi.hub.sessions.sealing import Seal
from aiogandi.hub.store import Store
from aiogandi.redaction import Secret
from aiogandi.session.store import Kept, LogIn, StandingRefusal

log = logging.getLogger("aiogandi.session")

AGAIN: Final = 0.5
"""Seconds after which who waits for the login of another process looks again, where no news has come."""

PATIENCE: Final = 30.0
"""Seconds for which the login of another process is waited for: what stands in its way may be its own."""

LONGEST: Final = 30 * 86400.0
"""Seconds for which what does not end is kept."""

KIND: Final = "session"
"""Of the news."""


class SharedSessions:
    """Takes sessions from *store*, and puts there what it has to make.

    They are those of *account* (see `account_of`) with this *password*: whoever has another one, an old one
    say, has a place of its own. *lifetime* and *login_pause* are those of the `SessionManager`, and
    *clock* is the client's. Another process's login is waited for *patience* seconds at most.

    Where the store is away it logs in for this client alone.
    """

    def __init__(
        self,
        store: Store,
        account: str,
        password: Secret,
        *,
        clock: Clock,
        lifetime: float,
        login_pause: float,
        patience: float = PATIENCE,
    ) -> None:
        self._store = store
        self._account = account
        self._password = password
        self._clock = clock
        self._lifetime = lifetime
        self._login_pause = login_pause
        self._patience = patience
        self._name = secrets.token_hex(8)
        self._numbers = itertools.count(1)
        self._seal: Seal | None = None
        self._salt: bytes | None = None  # of the seal
        self._about = ""  # what the sessions are kept under
        self._drop: Callable[[Secret], object] | None = None
        self._latest: Secret | None = None  # the id that was given last
        self._news = asyncio.Event()  # that a login has ended
        self._ending: set[asyncio.Task[None]] = set()

    def tell_of_refusals(self, drop: Callable[[Secret], object]) -> None:
        """Call *drop* with a session id that another process has found to be refused."""
        self._drop = drop

    async def obtain(
        self, log_in: LogIn, instead_of: Secret | None, *, refused: bool
    ) -> Kept | StandingRefusal:
        """The session that stands in the store, unless it is *instead_of*; or that of a login, made here or in
        another process; or the refusal of one that stands.
        """
        token = f"{self._name}-{next(self._numbers)}"
        found: Kept | StandingRefusal | None
        try:
            found = await self._find(token, instead_of, refused=refused)
        except HubError:
            self._store.require_fit()
            found = None
        except (Exception, asyncio.CancelledError):
            await self._give_up(token)  # perhaps it was answered that the login is ours
            raise
        if found is None:
            found = await self._log_in(log_in, token, instead_of)
        if isinstance(found, Kept):
            self._latest = found.id
        return found

    async def close(self) -> None:
        """Hear no more news, and end what is under way."""
        try:
            if self._ending:
                await asyncio.wait(self._ending)
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Hear no more news."""
        if self._about:
            self._store.hear_no_more(KIND, self._about, self._hear)
            self._about = ""

    # -- what stands in the store --------------------------------------------------------------

    async def _find(
        self, token: str, instead_of: Secret | None, *, refused: bool
    ) -> Kept | StandingRefusal | None:
        """What the store has; None where the login is this client's."""
        unreadable = ""
        ends_at = self._clock() + self._patience
        while True:
            seal = await self._sealed()
            unwanted = unreadable or _mark(seal, instead_of)
            self._news.clear()
            looked_at = self._clock()
            answer: list[Any] = await self._store.run(
                LOOK,
                *(self._about, token, unwanted, int(refused or bool(unreadable))),
                *(self._store.process, self._lease()),
            )
            match answer:
                case [b"session", mark, sealed, left]:
                    session_id = seal.decrypt(sealed, self._place(mark.decode()))
                    if session_id is not None:
                        log.info("took the session that stands in the store")
                        seconds = float(left) if left else math.inf
                        return Kept(session_id, looked_at + seconds, made_here=False)
                    unreadable = mark.decode()  # somebody has written into the store
                case [b"refused", sealed, left]:
                    text = seal.decrypt(sealed, self._place("refused"))
                    return None if text is None else StandingRefusal(_error(text), int(left) / 1000)
                case [b"wait"] if self._clock() < ends_at:
                    with suppress(TimeoutError):
                        async with asyncio.timeout(AGAIN):
                            await self._news.wait()
                case _:
                    return None

    async def _sealed(self) -> Seal:
        """The seal for the store as it is now; `HubError` where that is away."""
        await self._store.begun()
        while self._seal is None or self._salt != self._store.salt:
            salt = self._store.salt
            seal = await asyncio.to_thread(Seal, self._password, salt)
            self.let_go()
            self._seal, self._salt = seal, salt
            self._about = seal.fingerprint(self._account)
            self._store.hear(KIND, self._about, self._hear)
        return self._seal

    def _place(self, what: str) -> str:
        return f"{self._about} {what}"

    def _lease(self) -> int:
        return math.ceil(self._store.lease * 1000)

    def _hear(self, text: str) -> None:
        if text == "ended":
            self._news.set()
        elif self._latest is not None and self._drop is not None and self._seal is not None:
            latest = self._latest
            if text == f"refused {self._seal.mark(latest)}":
                self._drop(latest)

    # -- a login of our own --------------------------------------------------------------------

    async def _log_in(self, log_in: LogIn, token: str, instead_of: Secret | None) -> Kept:
        extend = partial(self._extend, token)
        self._store.on_beat.append(extend)
        began = self._clock()
        try:
            session_id = await log_in()
            await self._keep(token, session_id, instead_of, self._clock() - began)
        except (Exception, asyncio.CancelledError) as error:
            await self._give_up(token, error)
            raise
        finally:
            self._store.on_beat.remove(extend)
        return Kept(session_id, began + self._lifetime, made_here=True)

    async def _extend(self, token: str) -> None:
        if self._about:
            await self._store.run(EXTEND, self._about, token, self._lease())

    async def _keep(
        self, token: str, session_id: Secret, instead_of: Secret | None, age: float
    ) -> None:
        """Put a session into the store, if that is not away."""
        try:
            seal = await self._sealed()
            mark = seal.mark(session_id)
            await self._store.run(
                KEEP,
                *(self._about, token, mark, seal.encrypt(session_id, self._place(mark))),
                *(age, "" if self._lifetime == math.inf else self._lifetime, LONGEST),
                *(self._store.process, _mark(seal, instead_of)),
            )
        except HubError as error:
            log.info("the session is not shared: %s", error)

    async def _give_up(self, token: str, error: BaseException | None = None) -> None:
        """Tell the store that a login has ended without a session. That goes on where this is cancelled."""
        task = chores.begin(partial(self._given_up, token, error), self._ending.discard)
        self._ending.add(task)
        await asyncio.wait([task])

    async def _given_up(self, token: str, error: BaseException | None) -> None:
        if self._seal is None or not self._about or self._store.is_away:
            return
        sealed, pause = b"", 0
        if isinstance(error, AuthenticationError) and self._login_pause:
            pause = math.ceil(min(self._login_pause, LONGEST) * 1000)
            sealed = self._seal.encrypt(_text(error), self._place("refused"))
        try:
            await self._store.run(GIVE_UP, self._about, token, sealed, pause)
        except HubError as trouble:
            log.info("that the login has ended is not told: %s", trouble)


def _mark(seal: Seal, session_id: Secret | None) -> str:
    return "" if session_id is None else seal.mark(session_id)


def _text(error: AuthenticationError) -> Secret:
    """What `_error` makes the error of again. The service's words in it were blanked when it was made."""
    fault = error.fault
    told = None if fault is None else [fault.code, fault.message, fault.method]
    return Secret(json.dumps([str(error), told]))


def _error(text: Secret) -> AuthenticationError:
    message, told = json.loads(text.reveal())
    if told is None:
        return AuthenticationError(message)
    code, words, method = told
    return AuthenticationError(message, fault_for(code, words, method=method))
