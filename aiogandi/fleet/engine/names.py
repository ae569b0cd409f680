"""What stands in the engine's queues: names, in JSON."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from aiogandi.fleet.engine.lane import Item


def delivery_of(item: Item) -> str:
    """Return the engine's name of a delivery: the same one for the same item."""
    return sha256(json.dumps(item).encode()).hexdigest()[:32]


def in_json(data: Any) -> str:
    """Return what the engine writes. Of an error only the engine itself would say something there: nothing is."""
    return json.dumps(data, default=lambda _: None)
