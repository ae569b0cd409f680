"""What stands in the store, for people: who is there, who polls, turns, sessions, keys.

It is read without entering the store, so that looking changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Final

from aiogandi.errors import HubError
from aiogandi.hub.link import StoreLink, StoreTrouble
from aiogandi.hub.overview_script import OVERVIEW
from aiogandi.hub.presence import BEATS
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.scripts import FORMAT

WANTED: Final = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
}
"""What a store must be set to, that a journal in it may be relied on."""


@dataclass(frozen=True, slots=True)
class StoreSetting:
    """A setting of the store: what it *is*, None where that cannot be seen, and what is *wanted*."""

    name: str
    value: str | None
    wanted: str


@dataclass(frozen=True, slots=True)
class ProcessHere:
    """A process that is in the store, by its *name* there.

    *since* is when it came, by its machine's clock; *heard* how many seconds ago it was heard of; *accounts*
    are the logins of its clients.
    """

    name: str
    host: str
    pid: int
    program: str
    since: datetime
    heard: float
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """What stands in the store at *address* under *prefix*.

    *format* is None where nothing does. Of another one than this release knows nothing else is read.
    """

    address: str
    prefix: str
    server: str | None
    """Its program and version, None where that cannot be seen."""
    format: int | None
    settings: tuple[StoreSetting, ...]
    processes: tuple[ProcessHere, ...]

    @property
    def is_of_another_release(self) -> bool:
        """Whether this release cannot read it."""
        return self.format not in (None, FORMAT)

    def to_dict(self) -> dict[str, Any]:
        """All of it, as `json.dumps` takes it."""
        return dict(asdict(self, dict_factory=_record))


async def overview(hub: RedisHub) -> Overview:
    """What stands in the hub's store; `HubError` where that does not answer."""
    store = hub.store
    link = hub.link_apart()
    try:
        form, processes = await link.run(OVERVIEW, store.prefix, "", [FORMAT])
        return Overview(
            store.told.removeprefix("the hub "),
            store.prefix,
            await _server(link),
            None if form is None else int(form),
            await _settings(link),
            tuple(sorted(map(_process, processes), key=lambda each: each.since)),
        )
    except StoreTrouble as error:
        raise HubError(f"{store.told} is away: {error}") from None
    finally:
        await link.close()


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
        tuple(sorted(about.get("accounts", {}).values())),
    )


async def _server(link: StoreLink) -> str | None:
    told = _facts(await _asked(link, "INFO", "server"))
    for name in ("valkey", "redis"):  # Valkey tells of the Redis that it resembles as well
        if version := told.get(f"{name}_version"):
            return f"{name} {version}"
    return None


async def _settings(link: StoreLink) -> tuple[StoreSetting, ...]:
    told = _facts(await _asked(link, "CONFIG", "GET", *WANTED))
    return tuple(StoreSetting(name, told.get(name), wanted) for name, wanted in WANTED.items())


async def _asked(link: StoreLink, *words: str) -> Any:
    """What a command returns; nothing where the user may not give it."""
    try:
        return await link.command(*words)
    except StoreTrouble:
        return ()


def _facts(told: Any) -> dict[str, str]:
    """What INFO and CONFIG GET tell, by its name: redis-py makes a mapping of the one, and not of the other."""
    pairs = told.items() if isinstance(told, Mapping) else zip(told[::2], told[1::2], strict=True)
    return {_text(name): _text(value) for name, value in pairs}


def _text(word: Any) -> str:
    return word.decode() if isinstance(word, bytes) else str(word)


def _record(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    return {name: _jsonable(value) for name, value in pairs}


def _jsonable(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat(timespec="seconds")
        case tuple():
            return list(value)
        case _:
            return value
