"""How long operations take, in service seconds (*assumed*: no documentation says it)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from aiogandi.checks import require, require_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: Final[Mapping[str, float]] = MappingProxyType(
    {
        "vm_create": 60.0,
        "vm_start": 20.0,
        "vm_stop": 20.0,
        "vm_reboot": 30.0,
        "vm_update": 15.0,
        "vm_delete": 20.0,
        "disk_create": 30.0,
        "disk_attach": 10.0,
        "disk_detach": 10.0,
        "disk_delete": 15.0,
        "hosting_account_product_add": 5.0,
        "hosting_account_product_renew": 5.0,
        "hosting_account_product_remove": 5.0,
        "hosting_account_product_update": 5.0,
    }
)
"""The duration of each type of operation. There are no other types."""

LONGEST_SECONDS: Final = 100 * 365 * 86_400.0
"""The most seconds that a setting or a script may give: a hundred years. More is a mistake, and
leads out of the calendar.
"""


def require_operation_type(name: str, value: object) -> None:
    """Raise `InvalidArgument` unless *value* is a type of operation."""
    holds = isinstance(value, str) and value in DEFAULTS
    require(holds, name, value, f"one of {', '.join(DEFAULTS)}")


def require_durations(durations: Mapping[str, float]) -> None:
    """Raise `InvalidArgument` unless *durations* gives seconds, 0 or more, for types of operation."""
    for kind, seconds in durations.items():
        require_operation_type("durations", kind)
        require_seconds(f"durations[{kind!r}]", seconds, zero=True, longest=LONGEST_SECONDS)
