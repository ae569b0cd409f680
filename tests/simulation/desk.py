"""What people know of a day's orders, whichever process works on them."""

from dataclasses import dataclass, field

from tests.simulation.books import Call, key_of


@dataclass(slots=True, eq=False)
class Ordered(Call):
    """One call for an order, in one life."""

    order: object = None
    step: int = 0
    is_written: bool = True
    """Whether the journal knew what it was told, when its process was killed."""


@dataclass(slots=True, eq=False)
class Desk:
    """What people know of the orders, whichever process works on them, and the *disk* of all processes."""

    disk: object
    through: dict = field(default_factory=dict)
    """Orders that are done, and what was told of each."""
    concluded: set = field(default_factory=set)
    """Those of them of which the journal knows it."""
    asked: dict = field(default_factory=dict)
    """Calls outside of keys for which nothing was told yet, by order."""
    adopted: dict = field(default_factory=dict)
    """Operations of calls outside of keys that nobody was told, but are known to be an order's."""
    named: dict = field(default_factory=dict)
    """Operations that people have named, and as whose."""
    vms: dict = field(default_factory=dict)
    """Servers that are rebooted: everybody's by number, an order's own by its name."""
    is_kept: bool = True
    """Whether what is recorded stays recorded."""
    lease: float = 0.0
    """Seconds for which a process that was killed still seems to live."""
    unknown: list = field(default_factory=list)
    recovered: int = 0


def kind_of(method, arguments, habits=None):
    """What a call wants, as far as the journal tells; to a service with these *habits*, as in `key_of`."""
    method, pairs = key_of(method, arguments, habits)
    return method, tuple(pair for pair in pairs if pair[0] != "password")
