"""aiogandi: the asyncio client for managing Gandi servers in bulk.

A public name is imported at its first use. The `aiogandi` command prints its help without the
client, in less than half of the time.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from aiogandi.version import __version__

if TYPE_CHECKING:
    from aiogandi.bulk import Outcome, bulk
    from aiogandi.client import Gandi
    from aiogandi.errors import (
        AuthenticationError,
        ClientClosed,
        DataFault,
        Fault,
        GandiError,
        InvalidArgument,
        InvalidState,
        InvalidValue,
        NotFound,
        OperationCancelled,
        OperationError,
        OperationFailed,
        OperationTimeout,
        OutcomeUnknown,
        PermissionDenied,
        ServerFault,
        SessionExpired,
        TransportError,
    )
    from aiogandi.instrumentation.stats import Stats
    from aiogandi.models import (
        VM,
        Disk,
        HostingAccount,
        OperatingSystem,
        OperationDetails,
        OperationState,
        Product,
    )
    from aiogandi.operations.operation import Operation
    from aiogandi.settings import Polling, RateLimit, Retry

__all__ = [
    "VM",
    "AuthenticationError",
    "ClientClosed",
    "DataFault",
    "Disk",
    "Fault",
    "Gandi",
    "GandiError",
    "HostingAccount",
    "InvalidArgument",
    "InvalidState",
    "InvalidValue",
    "NotFound",
    "OperatingSystem",
    "Operation",
    "OperationCancelled",
    "OperationDetails",
    "OperationError",
    "OperationFailed",
    "OperationState",
    "OperationTimeout",
    "Outcome",
    "OutcomeUnknown",
    "PermissionDenied",
    "Polling",
    "Product",
    "RateLimit",
    "Retry",
    "ServerFault",
    "SessionExpired",
    "Stats",
    "TransportError",
    "__version__",
    "bulk",
]

_HOMES: Final = {
    "bulk": ("Outcome", "bulk"),
    "client": ("Gandi",),
    "errors": (
        "AuthenticationError",
        "ClientClosed",
        "DataFault",
        "Fault",
        "GandiError",
        "InvalidArgument",
        "InvalidState",
        "InvalidValue",
        "NotFound",
        "OperationCancelled",
        "OperationError",
        "OperationFailed",
        "OperationTimeout",
        "OutcomeUnknown",
        "PermissionDenied",
        "ServerFault",
        "SessionExpired",
        "TransportError",
    ),
    "instrumentation.stats": ("Stats",),
    "models": (
        "VM",
        "Disk",
        "HostingAccount",
        "OperatingSystem",
        "OperationDetails",
        "OperationState",
        "Product",
    ),
    "operations.operation": ("Operation",),
    "settings": ("Polling", "RateLimit", "Retry"),
}
"""The module of each public name; the same as the imports above, which are for type checkers."""

_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


if not TYPE_CHECKING:  # a type checker would take every misspelt name for one that this gives

    def __getattr__(name: str) -> Any:
        if name in _HOME_OF:
            value = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
            globals()[name] = value
            return value
        if not name.startswith("_"):
            try:
                return import_module(
                    f"{__name__}.{name}"
                )  # ``aiogandi.errors``, without its import
            except ModuleNotFoundError as missing:
                if missing.name != f"{__name__}.{name}":
                    raise
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class _Package(ModuleType):
    """This package, in which ``bulk`` is always the function and never the module around it."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Whoever imports the module first makes the import system bind it here.
        if name == "bulk" and isinstance(value, ModuleType):
            value = value.bulk
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
