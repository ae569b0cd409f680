"""Outcomes as they are written into the books, and read there by whoever asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiogandi.bulk import Done, Failed, Outcome
from aiogandi.changes import written
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.errors import ItemFailed
from aiogandi.journals.results import pack, unpack

LARGEST: Final = 262_144
"""Bytes of a result's JSON, at most."""

DIED: Final = "Died"
CANCELLED: Final = "Cancelled"


class Unfit(Exception):
    """The item is done, but its result cannot be written down: the text says why."""


def done(result: Any, secrets: KnownSecrets, *, repeated: bool) -> dict[str, Any]:
    """Return what is written of an item that is done. `Unfit` where *result* is not JSON and no model of ours, or has
    one of these *secrets* in it.
    """
    packed = pack(result)
    if packed is None:
        raise Unfit(
            f"it is done, but its result, a {type(result).__name__}, cannot be sent: let the action return what JSON"
            " gives back as it is, without passwords, or one of the client's models"
        )
    if secrets.are_in([packed, result]):  # JSON writes some characters in another way
        raise Unfit("it is done, but its result has a password or a session id in it")
    size = len(written.write(packed))  # it is ASCII
    if size > LARGEST:
        raise Unfit(f"it is done, but its result has {size} bytes of JSON; allowed are {LARGEST}")
    return {"ok": True, "result": packed, "repeated": repeated}


def failed(kind: str, message: str) -> dict[str, Any]:
    """Return what is written of an item that has failed. *message* has no secret in it."""
    return {"ok": False, "kind": kind, "message": message}


def read(item: Any, outcome: Mapping[str, Any]) -> Outcome[Any, Any]:
    """Return the outcome of *item* that was written so."""
    if outcome["ok"]:
        return Done(item, unpack(outcome["result"]), outcome["repeated"])
    return Failed(item, ItemFailed(outcome["kind"], outcome["message"]))
