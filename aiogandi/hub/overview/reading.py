"""Reads the overview of a store, on a connection of its own and without entering the store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Final

from aiogandi.errors import HubError
from aiogandi.hub.fields import fields
from aiogandi.hub.journal.durability import WANTED
from aiogandi.hub.link import StoreLink, StoreTrouble, Word
from aiogandi.hub.overview.scripts import LOCKED, OVERVIEW, PROCESSES
from aiogandi.hub.overview.values import (
    AccountShared,
    LockedKey,
    Overview,
    ProcessHere,
    RateGroup,
    SessionKept,
    StoreSetting,
)
from aiogandi.hub.presence import BEATS
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.scripts import FORMAT

AT_ONCE: Final = 1000
"""So many names are asked for in one exchange, about."""

SHOWN: Final = 8
"""Characters of a fingerprint that are shown."""

_NAMED: Final = {
    "turns": "group",
    "takers": "group",
    "session": "fingerprint",
    "login": "fingerprint",
    "refused": "fingerprint",
    "poller": "account",
    "watchers": "account",
}
"""What stands behind the first word of a name in the store (see ``hub/scripts``)."""


async def overview(hub: RedisHub) -> Overview:
    """What stands in the hub's store; `HubError` where that does not answer."""
    async with _reader(hub) as reader:
        return await reader.overview(hub.store.told.removeprefix("the hub "))


async def processes(hub: RedisHub) -> tuple[ProcessHere, ...]:
    """Who is in the hub's store, the first that came first; `HubError` where that does not answer, or another release
    uses it.
    """
    async with _reader(hub) as reader:
        form, found = await reader.processes()
    if form not in (None, FORMAT):
        raise HubError(
            f"{hub.store.told}: what stands there is another release's: it has format {form}"
        )
    return found


@asynccontextmanager
async def _reader(hub: RedisHub) -> AsyncIterator[_StoreReader]:
    link = hub.link_apart()
    try:
        yield _StoreReader(link, hub.store.prefix)
    except StoreTrouble as error:
        raise HubError(f"{hub.store.told} is away: {error}") from None
    finally:
        await link.close()


class _StoreReader:
    """Looks into the store of *link*, at what stands under *prefix*."""

    def __init__(self, link: StoreLink, prefix: str) -> None:
        self._link = link
        self._prefix = prefix

    async def overview(self, address: str) -> Overview:
        named: dict[str, set[str]] = {"group": set(), "fingerprint": set(), "account": set()}
        async for name in self._names():
            word, _, rest = name.partition(":")
            if kind := _NAMED.get(word):
                named[kind].add(rest)
        words: list[Word] = [FORMAT]
        for some in named.values():
            words += [len(some), *some]
        form, *found = await self._link.run(OVERVIEW, self._prefix, "", words)
        known = Overview(
            address,
            self._prefix,
            await self._server(),
            None if form is None else int(form),
            await self._settings(),
        )
        return known if not found else await self._filled(known, found)

    async def processes(self) -> tuple[int | None, tuple[ProcessHere, ...]]:
        """The format of what stands there, and who is there, where that is ours."""
        form, *found = await self._link.run(PROCESSES, self._prefix, "", [FORMAT])
        return None if form is None else int(form), _processes(*found) if found else ()

    async def _filled(self, known: Overview, found: Sequence[Any]) -> Overview:
        told, present, groups, sessions, accounts = found
        now = float(told)
        here = {each[0].decode() for each in present}
        shared = [_account(each, here) for each in accounts]
        return Overview(
            *(known.address, known.prefix, known.server, known.format, known.settings),
            _processes(present),
            tuple(_group(*each, now=now, here=here) for each in sorted(groups)),
            tuple(
                _session(*each, here=here) for each in sorted(sessions, key=lambda each: each[0])
            ),
            tuple(sorted(shared, key=lambda each: each.name)),
            tuple([key for each in shared async for key in self._keys(each.name)]),
        )

    # -- names ---------------------------------------------------------------------------------

    async def _names(self) -> AsyncIterator[str]:
        """The names under the prefix, some of them perhaps twice."""
        cursor = b"0"
        while True:
            match = f"{self._prefix}:*"
            cursor, names = await self._link.command(
                "SCAN", cursor, "MATCH", match, "COUNT", AT_ONCE
            )
            for name in names:
                yield name.decode().removeprefix(f"{self._prefix}:")
            if int(cursor) == 0:
                return

    async def _keys(self, account: str) -> AsyncIterator[LockedKey]:
        """The keys of an account's journal that are held."""
        cursor, told = b"0", set()
        while True:
            cursor, flat = await self._link.command(
                *("HSCAN", f"{self._prefix}:journal:{account}:keys", cursor, "COUNT", AT_ONCE)
            )
            numbers = list(fields(flat).values())
            if numbers:
                held = await self._link.run(LOCKED, self._prefix, "", [account, *numbers])
                for words, run, holder in held:
                    key = tuple(json.loads(words))
                    if (run, key) not in told:
                        told.add((run, key))
                        yield LockedKey(account, run.decode() or None, key, holder.decode())
            if int(cursor) == 0:
                return

    # -- the store itself ----------------------------------------------------------------------

    async def _server(self) -> str | None:
        told = fields(await self._link.look("INFO", "server"))
        for name in ("valkey", "redis"):  # Valkey tells of the Redis that it resembles as well
            if version := told.get(f"{name}_version"):
                return f"{name} {version}"
        return None

    async def _settings(self) -> tuple[StoreSetting, ...]:
        told = fields(await self._link.look("CONFIG", "GET", *WANTED))
        return tuple(StoreSetting(name, told.get(name), wanted) for name, wanted in WANTED.items())


def _processes(found: Iterable[Sequence[Any]]) -> tuple[ProcessHere, ...]:
    return tuple(sorted(map(_process, found), key=lambda each: each.since))


def _process(found: Sequence[Any]) -> ProcessHere:
    name, told, left = found
    about = json.loads(told)
    kept = about["lease"] * (BEATS - 1) / BEATS  # see Store: for so long it counts as here
    return ProcessHere(
        name.decode(),
        about["host"],
        about["pid"],
        about["program"],
        datetime.fromtimestamp(about["since"], UTC),
        round(max(kept - left / 1000, 0.0), 1),
        tuple(sorted(set(about.get("logins", ())))),
        about.get("worker"),
    )


def _group(
    name: bytes, turns: Sequence[bytes], takers: Sequence[bytes], *, now: float, here: set[str]
) -> RateGroup:
    known = fields(turns)
    gaps = [
        float(field.removeprefix("gap:"))
        for field, asked in known.items()
        if field.startswith("gap:") and float(asked) > now - 60
    ]
    gap = max(gaps, default=0.0)
    dues = [
        float(text.split()[0])
        for member, text in fields(takers).items()
        if member.partition(":")[0] in here
    ]
    coming = [due for due in dues if due > now]
    held = max(float(known.get("held", 0)) - now, 0.0)
    last = max(float(known.get("last", 0)), *coming, 0.0)
    free = max(last + gap - now, held, 0.0)
    return RateGroup(
        name.decode(),
        round(gap, 4),
        int(known.get("used", 0)),
        len(coming),
        round(free, 2),
        round(held, 1),
    )


def _session(
    fingerprint: bytes,
    began: bytes | None,
    ends: bytes | None,
    process: bytes | None,
    login: bytes,
    refused: int,
    *,
    here: set[str],
) -> SessionKept:
    logs_in = login.decode().partition(" ")[2]
    return SessionKept(
        fingerprint.decode()[:SHOWN],
        _moment(began),
        _moment(ends),
        None if process is None else process.decode(),
        logs_in if logs_in in here else None,
        round(refused / 1000, 1) if refused > 0 else None,
    )


def _moment(told: bytes | None) -> datetime | None:
    return datetime.fromtimestamp(float(told), UTC) if told else None


def _account(found: Sequence[Any], here: set[str]) -> AccountShared:
    name, told, poller, flat, calls, claims = found
    login, _, url = json.loads(told) if told else (None, None, None)
    polls = poller.decode().partition(".")[0]
    watches = {
        client: int(number)
        for client, number in fields(flat).items()
        if client.partition(".")[0] in here
    }
    return AccountShared(
        name.decode(),
        login,
        url,
        polls if polls in here else None,
        len(watches),
        sum(watches.values()),
        calls,
        claims,
    )
