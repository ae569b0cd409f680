"""A journal in memory that outlives its processes: the tables are the real ones, the thread that writes
and the kernel that keeps locks are modelled.
"""

import asyncio
import json
import sqlite3
from collections import deque
from pathlib import Path
from weakref import finalize

from aiogandi.errors import JournalError
from aiogandi.journals.sqlite.schema import migrate
from aiogandi.journals.sqlite.storage import SqliteStorage
from aiogandi.journals.sqlite.writer import LATER, in_a_transaction

SALT = b"one for all days"

_prints = {}


class Disk:
    """What there is when all processes are gone, and who holds which lock."""

    def __init__(self, rng, full=0.0):
        self.rng = rng
        self.full = full
        """The share of transactions that fail."""
        self.holders = {}
        # It goes with the disk, in whichever thread the collector comes to that.
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        finalize(self, self.connection.close)
        self.connection.row_factory = sqlite3.Row
        migrate(self.connection, 0)
        self.connection.execute("UPDATE about SET value = ? WHERE name = 'salt'", (SALT,))

    def claims(self, work):
        """Whether it is written down whose an operation is."""
        names = (("id", work.id), ("vm_id", work.vm_id), ("disk_id", work.disk_id))
        created = {"vm_create": "vm_id", "disk_create": "disk_id"}.get(work.type)
        query = "SELECT 1 FROM claims WHERE kind = ? AND number = ?"
        return any(
            self.connection.execute(query, (kind, number)).fetchone()
            for kind, number in names
            if kind in ("id", created)
        )

    def has_concluded(self, key):
        """Whether it is written down that this key's block has ended well."""
        query = "SELECT 1 FROM keys WHERE key = ? AND state = 'concluded'"
        return self.connection.execute(query, (json.dumps([key]),)).fetchone() is not None


class DiskLocks:
    """The locks of one process. They end with it."""

    def __init__(self, disk, process):
        self._disk = disk
        self._process = process

    def take(self, place):
        holder = self._disk.holders.get(place)
        if holder is not None and holder.lives:
            return False
        self._disk.holders[place] = self._process
        return True

    def let_go(self, place):
        if self._process.lives and self._disk.holders.get(place) is self._process:
            del self._disk.holders[place]

    def close(self):
        for place in list(self._disk.holders):
            self.let_go(place)


class DiskWriter:
    """Writes in order, each piece after a moment, as long as its process lives. What nobody waits for goes
    along with what comes next, or is written a little later.
    """

    def __init__(self, disk, process):
        self._disk = disk
        self._process = process
        self._loop = process.loop
        self._queue = deque()
        self._free = 0.0
        self._waiting = 0
        self._later = None

    async def open(self):
        """There is no thread to start."""

    def submit(self, work, *, waits=False):
        future = self._loop.create_future()
        if self._process.is_buried:
            future.set_exception(JournalError("its process is gone"))
            return future
        self._queue.append((work, future))
        self._waiting += 1
        if not waits:
            self._begin()
        elif self._later is None:
            self._later = self._loop.call_later(LATER, self._begin)
        return future

    def _begin(self):
        if self._later is not None:
            self._later.cancel()
            self._later = None
        rng = self._disk.rng
        takes = rng.choice((0.0, 0.0, 0.001, rng.uniform(0, 0.05)))
        self._free = max(self._free, self._loop.time()) + takes
        self._loop.call_at(self._free, self._write, self._waiting)
        self._waiting = 0

    def _write(self, number):
        for _ in range(number):
            self._write_next()

    def _write_next(self):
        work, future = self._queue.popleft()
        if not self._process.comes_to("write"):
            return
        try:
            if self._disk.rng.random() < self._disk.full:
                raise sqlite3.OperationalError("database or disk is full")
            [result] = in_a_transaction(self._disk.connection, [work])
        except sqlite3.Error as error:
            if not future.done():
                future.set_exception(JournalError(f"disk: {error}"))
            return
        if self._process.comes_to("written") and not future.done():
            future.set_result(result)

    async def close(self):
        if self._queue and not self._process.is_buried:
            last = self.submit(lambda _: None)
            await asyncio.wait([last])
            last.exception()


class DiskStorage(SqliteStorage):
    """The real storage of one process, on a *disk* that is modelled."""

    def __init__(self, disk, process, wall_clock):
        super().__init__(Path("disk"))
        self._disk = disk
        self._process = process
        self._wall_clock = wall_clock

    def _make_writer(self, *_):
        return DiskWriter(self._disk, self._process)

    def _open_locks(self, _):
        return DiskLocks(self._disk, self._process)

    async def apart(self, work):
        # Nothing but the key of prints is made so. It takes 50 ms of real time, and is the same each time
        # under one password and one salt.
        if SALT not in _prints:
            _prints[SALT] = work()
        return _prints[SALT]
