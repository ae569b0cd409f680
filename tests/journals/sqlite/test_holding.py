"""A key that somebody forgets while another one is about to hold it."""

from contextlib import closing

from aiogandi.journals.sqlite.file import connect
from aiogandi.journals.sqlite.store import SqliteClientJournal, join
from aiogandi.journals.sqlite.writer import in_a_transaction


class Rushed:
    """Locks of which the first that is taken comes too late: the key was forgotten."""

    def __init__(self, connection):
        self._connection = connection
        self.taken = []
        self.held = set()

    def take(self, place):
        if not self.taken:
            self._connection.execute("DELETE FROM keys WHERE id = ?", (place,))
        self.taken.append(place)
        self.held.add(place)
        return True

    def let_go(self, place):
        self.held.remove(place)


async def test_a_key_that_is_forgotten_before_it_is_held_is_held_anew(path):
    with closing(connect(path)) as connection:

        async def submit(work, **_):
            return in_a_transaction(connection, [work])[0]

        locks = Rushed(connection)
        account, client, _ = await submit(join("account", "process 1", 0.0))
        journal = SqliteClientJournal(submit, locks, account, client, "process 1", lambda: 0.0)
        held = await journal.hold(("web",))
        assert locks.held == {held.number}
        assert len(locks.taken) == 2
        assert [*map(tuple, connection.execute("SELECT id FROM keys"))] == [(held.number,)]
