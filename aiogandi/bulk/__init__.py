"""`bulk`, which runs one action over many items, and the outcomes that it yields. This room uses ``changes``
for what a durable run is told, and ``operations``.
"""

from aiogandi.bulk.bulk import bulk
from aiogandi.bulk.outcomes import Done, Failed, Outcome

__all__ = ["Done", "Failed", "Outcome", "bulk"]
