"""The client's models as records: plain values that JSON can carry and a table can pick from."""

from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

Record = Mapping[str, Any]
"""One thing, as JSON carries it: its values by the names of its fields."""


def record_of(model: Any) -> dict[str, Any]:
    """Return the fields of one of the client's models, dates in ISO 8601, without ``raw``."""
    return {
        field.name: jsonable(getattr(model, field.name))
        for field in fields(model)
        if field.name != "raw"
    }


def jsonable(value: Any) -> Any:
    """Return *value* as JSON can carry it: dates in ISO 8601, bytes in hexadecimal digits."""
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return {str(key): jsonable(item) for key, item in value.items()}
        case str():
            return str(value)
        case bytes():
            return value.hex()
        case list() | tuple():
            return [jsonable(item) for item in value]
        case _ if hasattr(value, "__dataclass_fields__"):
            return record_of(value)
        case _:
            return value
