"""How long operations take, in service seconds (*assumed*: nobody wrote it down)."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

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
"""One entry for each type of operation that there is."""
