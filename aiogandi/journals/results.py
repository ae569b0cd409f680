"""Results of actions as they are kept and sent: JSON, and our own models."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from aiogandi import models
from aiogandi.models.model import AskedById, AskedWithoutId

_MODELS: Final[Mapping[str, type[AskedById | AskedWithoutId]]] = {
    model.__name__: model
    for model in (
        *(models.VM, models.Disk, models.HostingAccount, models.OperationDetails),
        models.Product,
    )
}


def pack(result: Any) -> Mapping[str, Any] | None:
    """Return *result* as it is kept; None for what is neither JSON nor one of our models."""
    kind = type(result).__name__
    if _MODELS.get(kind) is type(result):
        return {"model": kind, "struct": result.portable(), "id": getattr(result, "id", None)}
    try:
        return {"json": json.dumps(result)} if _is_json(result) else None
    except (ValueError, RecursionError):  # a number of thousands of digits, or a list in itself
        return None


def _is_json(value: Any) -> bool:
    """Whether JSON gives *value* back as it is, and it names no password. A `Counter` would be a dict."""
    if type(value) is dict:
        return all(
            type(key) is str and "password" not in key.lower() and _is_json(item)
            for key, item in value.items()
        )
    if type(value) is list:
        return all(map(_is_json, value))
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in (str, int, bool)


def unpack(kept: Mapping[str, Any]) -> Any:
    """Return the result that `pack` has made this of."""
    if "json" in kept:
        return json.loads(kept["json"])
    model = _MODELS[kept["model"]]
    if issubclass(model, AskedById):
        return model.from_wire(kept["struct"], id=kept["id"])
    return model.from_wire(kept["struct"])
