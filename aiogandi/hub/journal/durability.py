"""Whether the store keeps what is written there: what it must be set to for a journal."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any, Final

from aiogandi.hub.store import Store

log = logging.getLogger("aiogandi.hub")

WANTED: Final = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
}
"""The store's settings with which nothing that was written is lost."""

WAITAOF_SINCE: Final = (7, 2)


async def check(store: Store) -> bool:
    """Warn of each setting that is not as it must be. Return whether the store can be asked to wait until
    what was written is on its disk.
    """
    info = _info(await store.look("INFO"))
    settings = _settings(await store.look("CONFIG", "GET", *WANTED), info)
    wrong = list(_wrong(settings))
    if wrong:
        log.warning("%s: what a journal writes there may be lost: %s", store.told, "; ".join(wrong))
    return settings.get("appendonly") == "yes" and _version(info) >= WAITAOF_SINCE


def _wrong(settings: Mapping[str, str]) -> Iterator[str]:
    for name, wanted in WANTED.items():
        if name not in settings:
            yield f"{name} could not be seen, and must be {wanted}"
        elif settings[name] != wanted:
            yield f"{name} is {settings[name]}, and must be {wanted}"


def _settings(told: Any, info: Mapping[str, str]) -> dict[str, str]:
    """What the store is set to, as far as it tells."""
    settings: dict[str, str] = {}
    if "aof_enabled" in info:
        settings["appendonly"] = "yes" if info["aof_enabled"] == "1" else "no"
    if "maxmemory_policy" in info:
        settings["maxmemory-policy"] = info["maxmemory_policy"]
    words = [each.decode() for each in told or ()]
    return settings | dict(zip(words[::2], words[1::2], strict=True))


def _info(told: Any) -> dict[str, str]:
    if isinstance(told, Mapping):
        return {str(name): str(value) for name, value in told.items()}
    lines = (told or b"").decode("utf-8", "replace").splitlines()
    return dict(line.split(":", 1) for line in lines if ":" in line and not line.startswith("#"))


def _version(info: Mapping[str, str]) -> tuple[int, ...]:
    version = info.get("redis_version", "")  # a Valkey tells which Redis it stands for
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
