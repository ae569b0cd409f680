"""What stands in the engine's queues: names, in JSON."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from aiogandi.fleet.engine.lane import Parcel


def delivery_of(parcel: Parcel) -> str:
    """Return the engine's name of a delivery: the same one for the same parcel."""
    return sha256(json.dumps(parcel).encode()).hexdigest()[:32]


def in_json(data: Any) -> str:
    """Return what the engine writes. Of an error only the engine itself would say something there: nothing is."""
    return json.dumps(data, default=lambda _: None)
