"""What the service answers, as values and on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from aiogandi.codec import encode_response

SESSION: Final = "0123456789abcdef0123456789abcdef"

CREATE_ARGUMENTS: Final[tuple[Any, ...]] = (
    SESSION,
    "web-01.example.net",
    "a password & more",
    111,
    4,
    2,
    {"login": "admin", "memory": 1024, "size": 8192, "disks": [500001, 500002]},
)
"""Of a ``vm_create``."""


def vm(number: int) -> dict[str, Any]:
    """What ``vm_info`` tells of a server."""
    return {
        "id": 10_001 + number,
        "hostname": f"web-{number:05d}.example.net",
        "state": "running",
        "os_id": 111,
        "shares": 4,
        "cpu": 2,
        "memory": 1024,
        "disks": [500_001 + 2 * number, 500_002 + 2 * number],
        "ips": [f"10.0.{number // 256 % 256}.{number % 256}"],
        "date_created": datetime(2009, 6, 1, 12, 30, 15),  # noqa: DTZ001 - the wire has no zone
        "date_updated": datetime(2009, 6, 2, 8, 0, 59),  # noqa: DTZ001
    }


def operation() -> dict[str, Any]:
    """What ``operation_details`` tells."""
    return {
        "id": 1_000_001,
        "type": "vm_create",
        "state": "RUN",
        "date_created": datetime(2009, 6, 1, 12, 30, 15),  # noqa: DTZ001
        "date_updated": datetime(2009, 6, 1, 12, 30, 16),  # noqa: DTZ001
        "params": {
            "hostname": "web-01.example.net",
            "os_id": 111,
            "shares": 4,
            "cpu": 2,
            "specs": {"login": "admin"},
            "vm_id": 10_001,
        },
    }


def ids(number: int) -> list[int]:
    """So many ids."""
    return list(range(1_000_001, 1_000_001 + number))


def vms(number: int) -> list[dict[str, Any]]:
    """So many servers."""
    return [vm(position) for position in range(number)]


REPLIES: Final = {
    "login": encode_response(SESSION),
    "vm_info": encode_response(vm(0)),
    "vms_1000": encode_response(vms(1_000)),
    "vms_10000": encode_response(vms(10_000)),
    "ids_10000": encode_response(ids(10_000)),
    "ids_100000": encode_response(ids(100_000)),
}
"""What the canned server answers, by method; the plural ones are replies over 256 KiB."""
