"""A hub whose store is the one in memory, for processes that may be killed or frozen."""

import json

from aiogandi import RedisHub
from aiogandi.hub.store import Store
from tests.simulation.store import MemoryLink


class SimulatedStore(Store):
    """The store as one *process* of the simulation sees it."""

    def __init__(self, *args, memory, process, number, wall):
        super().__init__(*args)
        # By chance it would be another one each time.
        self.process = self._presence.name = f"process-{number}"
        self._memory = memory
        self._owner = process
        self._number = number
        self._wall = wall

    def _make_link(self, _, deadline):
        return MemoryLink(self._memory, self._owner, self._number, deadline)

    def wall_clock(self):
        return self._wall()


class SimulatedHub(RedisHub):
    """The real hub of process *number*, on a store in *memory*."""

    def __init__(self, memory, process, number, wall, **settings):
        super().__init__("redis://memory/0", **settings)
        self._of_store = {"memory": memory, "process": process, "number": number, "wall": wall}

    def _make_store(self):
        args = self._url, self._told, self._prefix, self._lease, self._deadline
        return SimulatedStore(*args, **self._of_store)


class SharedDisk:
    """What the hub's journal has in the store, for people who look."""

    def __init__(self, store):
        self._store = store

    def claims(self, work):
        """Whether it is written down whose an operation is."""
        names = [f"id:{work.id}"]
        created = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(work.type)
        if created is not None:
            names.append(f"{created}:{getattr(work, created)}")
        ask = self._store.commands
        return any(
            ask(b"HEXISTS", key, name.encode())
            for key in ask(b"KEYS", b"*:journal:*:claims")
            for name in names
        )

    def has_concluded(self, key):
        """Whether it is written down that this key's block has ended well."""
        ask, words = self._store.commands, ":" + json.dumps([key])
        for keys in ask(b"KEYS", b"*:journal:*:keys"):
            entries = ask(b"HGETALL", keys)
            for name, number in zip(entries[::2], entries[1::2], strict=True):
                entry = keys.removesuffix(b"keys") + b"key:" + number
                if name.decode().endswith(words) and ask(b"HGET", entry, b"state") == b"concluded":
                    return True
        return False
