"""What the service says about things, as frozen dataclasses. No odd data breaks them.

Each field is read from the member of the same name in the service's struct (the names are assumed,
taken from the next version of the same API). A field is None where the service sent nothing of its
kind: nothing at all, or a value that cannot be read as the field's type, like the date
``00000000T00:00:00``. One unreadable field spoils no other. An id of 0 is none (assumed). A tuple of ids
has each once.

Three rules hold for every model:

- ``raw`` is everything that was sent, as it was sent. It is an attribute but no dataclass field:
  ``==``, ``hash``, ``repr`` and `dataclasses.asdict` leave it out. Copies, pickles and
  `dataclasses.replace` keep it; in a pickle, passwords in it and in ``params`` are ``***``.
- ``to_dict()`` gives the fields as values that `json.dumps` takes.
- An ``id`` that is an ``int`` is never missing: where the answer leaves it out, it is taken from
  the question. ``await gandi.vm_info(5)`` has the id 5 whatever the service sends.
"""

from aiogandi.models.operation_details import LISTED, OperationDetails
from aiogandi.models.reading import LARGEST_ID, entries_from_wire, ids_from_wire
from aiogandi.models.states import FINAL, OperationState
from aiogandi.models.things import VM, Disk, HostingAccount, OperatingSystem, Product

__all__ = [
    "FINAL",
    "LARGEST_ID",
    "LISTED",
    "VM",
    "Disk",
    "HostingAccount",
    "OperatingSystem",
    "OperationDetails",
    "OperationState",
    "Product",
    "entries_from_wire",
    "ids_from_wire",
]
