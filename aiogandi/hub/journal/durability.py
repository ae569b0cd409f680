"""Whether the store keeps what is written there: what it must be set to for a journal."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Final

from aiogandi.hub.fields import fields
from aiogandi.hub.store import Store

log = logging.getLogger("aiogandi.hub")

WANTED: Final = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
}
"""The store's settings with which nothing that was written is lost."""

WAITAOF_SINCE: Final = (7, 2)


async def check(store: Store, *, warns: bool = True) -> bool:
    """Return whether the store can be asked to wait until what was written is on its disk, and warn of each setting that
    is not as it must be, if it *warns*.
    """
    info = fields(await store.look("INFO"))
    settings = _shown_by(info) | fields(await store.look("CONFIG", "GET", *WANTED))
    wrong = list(_wrong(settings))
    if wrong and warns:
        log.warning("%s: what a journal writes there may be lost: %s", store.told, "; ".join(wrong))
    return settings.get("appendonly") == "yes" and _version(info) >= WAITAOF_SINCE


def _wrong(settings: Mapping[str, str]) -> Iterator[str]:
    for name, wanted in WANTED.items():
        if name not in settings:
            yield f"{name} could not be seen, and must be {wanted}"
        elif settings[name] != wanted:
            yield f"{name} is {settings[name]}, and must be {wanted}"


def _shown_by(info: Mapping[str, str]) -> dict[str, str]:
    """What INFO shows of the settings, for a store that does not tell them."""
    settings: dict[str, str] = {}
    if "aof_enabled" in info:
        settings["appendonly"] = "yes" if info["aof_enabled"] == "1" else "no"
    if "maxmemory_policy" in info:
        settings["maxmemory-policy"] = info["maxmemory_policy"]
    return settings


def _version(info: Mapping[str, str]) -> tuple[int, ...]:
    version = info.get("redis_version", "")  # a Valkey tells which Redis it stands for
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
