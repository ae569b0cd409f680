"""aiogandi: the asyncio client for managing Gandi servers in bulk."""

from aiogandi.bulk import Done, Failed, Outcome, bulk
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
from aiogandi.version import __version__

__all__ = [
    "VM",
    "AuthenticationError",
    "ClientClosed",
    "DataFault",
    "Disk",
    "Done",
    "Failed",
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
