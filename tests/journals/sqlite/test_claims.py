"""Whose operation is whose, in the file: entered at once or not at all, and not kept for ever."""

import time
from contextlib import asynccontextmanager

import pytest

from aiogandi.changes.journal import Intent
from aiogandi.changes.state import State
from aiogandi.journals.sqlite.claims import CLAIMED, FORGOTTEN
from aiogandi.journals.sqlite.file import connect
from aiogandi.journals.sqlite.storage import SqliteStorage
from aiogandi.journals.sqlite.store import SqliteClientJournal, join
from aiogandi.journals.sqlite.writer import in_a_transaction

HOUR = 3600.0


def intent(since=None):
    since = time.time() if since is None else since
    return Intent("vm_create", {"hostname": "web"}, (), "vm_id", 1, 5, since, 1.0, 1.0)


class Desk:
    """A client whose work is done at once, in one thread, and which notes how it was to be done."""

    def __init__(self, connection):
        self.connection = connection
        self.waits = False
        self.account, self.client, _ = self.submit(join("account", "process 1", time.time()))
        self.journal = SqliteClientJournal(
            self.submit, None, self.account, self.client, "process 1", time.time
        )

    def submit(self, work, *, waits=False):
        self.waits = waits
        return in_a_transaction(self.connection, [work])[0]

    def call(self, since=None):
        return self.journal.intend(intent(since))

    def claim(self, call, *names):
        return self.journal.claim(call, list(names), State.ANSWERED, {})

    def claimed(self):
        return sorted(map(tuple, self.connection.execute("SELECT kind, number, call FROM claims")))

    def make_old(self, number):
        """So many claims of past calls, a day old."""
        then = time.time() - 24 * HOUR
        self.connection.executemany(
            "INSERT INTO claims VALUES (?, 'id', ?, 1, 1, 'vm_create', ?)",
            ((self.account, 10**6 + each, then + each * 1e-3) for each in range(number)),
        )


@asynccontextmanager
async def two_clients(folder):
    """The parts of two clients in one journal."""
    storage = SqliteStorage(folder / "runs.db")
    await storage.open()
    try:
        yield [(await storage.enter("account", f"process {n}"))[0] for n in (1, 2)]
    finally:
        await storage.close()


@pytest.fixture
def connection(tmp_path):
    connection = connect(tmp_path / "runs.db")
    connection.execute("PRAGMA synchronous = OFF")  # thousands of commits
    yield connection
    connection.close()


@pytest.fixture
def desk(connection):
    return Desk(connection)


class TestAClaim:
    def test_one_of_another_call_is_refused_whole(self, desk):
        ours, theirs = desk.call(), desk.call()
        assert desk.claim(theirs, ("vm_id", 6))
        assert not desk.claim(ours, ("id", 5), ("vm_id", 6))
        assert desk.claimed() == [("vm_id", 6, theirs)]

    def test_what_was_claimed_before_a_refusal_stays(self, desk):
        ours, theirs = desk.call(), desk.call()
        assert desk.claim(ours, ("id", 5))
        assert desk.claim(theirs, ("vm_id", 6))
        assert not desk.claim(ours, ("id", 5), ("disk_id", 7), ("vm_id", 6))
        assert desk.claimed() == [("id", 5, ours), ("vm_id", 6, theirs)]

    def test_one_may_be_made_again(self, desk):
        call = desk.call()
        assert desk.claim(call, ("id", 5))
        assert desk.claim(call, ("id", 5), ("vm_id", 6))
        assert desk.claimed() == [("id", 5, call), ("vm_id", 6, call)]

    def test_all_see_whose_operations_are_claimed(self, connection, desk):
        other = Desk(connection)
        call = other.call()
        names = [("id", number) for number in range(0, 5000, 2)] + [("vm_id", 7)]
        for name in names:
            other.claim(call, name)
        asked = [("id", number) for number in range(5000)] + [("vm_id", 7), ("disk_id", 7)]
        assert desk.journal.view(asked).claimed == frozenset(names)
        assert other.journal.view(asked).claimed == frozenset(names)


class TestForgetting:
    def test_a_client_that_enters_forgets_old_ones_but_not_all_at_once(self, connection, desk):
        desk.make_old(2 * FORGOTTEN + 10)
        Desk(connection)
        assert len(desk.claimed()) == FORGOTTEN + 10
        for _ in range(2):
            Desk(connection)
        assert desk.claimed() == []

    def test_whoever_claims_forgets_more_than_it_enters(self, desk):
        desk.make_old(2 * FORGOTTEN)
        call = desk.call()
        for number in range(FORGOTTEN + 10):
            desk.claim(call, ("vm_id", number))
        assert len(desk.claimed()) < 2 * FORGOTTEN

    def test_those_that_an_open_call_may_have_to_do_with_stay(self, connection, desk):
        call = desk.call(since=time.time() - 24 * HOUR - CLAIMED / 2)
        desk.make_old(3)
        Desk(connection)
        assert len(desk.claimed()) == 3
        desk.journal.settle(call, State.ABSENT)
        Desk(connection)
        assert desk.claimed() == []

    def test_clients_without_calls_are_forgotten(self, connection, desk):
        desk.call()
        for _ in range(20):
            last = Desk(connection)
        kept = [number for (number,) in connection.execute("SELECT id FROM clients")]
        assert kept == [desk.client, last.client]


class TestOneForEach:
    def test_a_call_that_has_an_operation_is_given_no_other(self, desk):
        call = desk.call()
        assert desk.journal.claim(call, [("id", 11), ("vm_id", 1)], State.ADOPTED, {"id": 11})
        assert not desk.journal.claim(call, [("id", 12), ("vm_id", 2)], State.ADOPTED, {"id": 12})
        assert desk.journal.claim(call, [("id", 11), ("vm_id", 1)], State.ADOPTED, {"id": 11})
        assert desk.claimed() == [("id", 11, call), ("vm_id", 1, call)]

    @pytest.mark.parametrize("state", [State.LOST, State.SENT, State.ABSENT, State.UNKNOWN])
    def test_another_clients_call_is_given_one_while_it_is_looked_for(self, desk, state):
        call = desk.call()
        if state is State.LOST:
            desk.journal.lose(call, 5.0)
        elif state is not State.SENT:
            desk.journal.settle(call, state)
        other = Desk(desk.connection)
        is_lost = state is State.LOST
        assert other.journal.claim_for(call, [("id", 11)], {"id": 11}) is is_lost
        assert desk.claimed() == ([("id", 11, call)] if is_lost else [])
        assert desk.journal.read(call).state is (State.ADOPTED if is_lost else state)


class TestWhatIsWrittenLate:
    """By a process that was held up, when another one has seen to the call or the key meanwhile."""

    @pytest.mark.parametrize(
        "late",
        [
            lambda journal, call: journal.lose(call, 5.0),
            lambda journal, call: journal.settle(call, State.UNKNOWN),
            lambda journal, call: journal.settle(call, State.ABSENT),
        ],
        ids=["lost", "unknown", "absent"],
    )
    async def test_it_does_not_take_from_a_call_what_was_found(self, tmp_path, late):
        async with two_clients(tmp_path) as (one, other):
            call = await one.intend(intent())
            assert await other.claim(call, [("id", 7)], State.ADOPTED, {"id": 7})
            await late(one, call)
            [left] = await other.left()
            assert (left.state, left.ids, left.patience) == (State.ADOPTED, {"id": 7}, None)

    async def test_what_failed_for_one_stays_done_for_another(self, tmp_path):
        async with two_clients(tmp_path) as (one, other):
            held = await one.hold(("web",))
            one.let_go(held.number)
            await other.hold(("web",))
            await other.conclude(held.number, "done")
            await one.fail(held.number, "Timeout: too late")
            assert (await other.find(("web",), 0)).result == "done"

    async def test_what_failed_may_still_be_concluded(self, tmp_path):
        async with two_clients(tmp_path) as (one, other):
            held = await one.hold(("web",))
            await one.fail(held.number, "Timeout: too slow")
            assert await other.find(("web",), 0) is None
            await one.conclude(held.number, "done")
            assert (await other.find(("web",), 0)).result == "done"


class TestLeaving:
    async def test_what_waits_is_written_before_others_may_take_over(self, tmp_path):
        storage = SqliteStorage(tmp_path / "runs.db")
        await storage.open()
        one, _ = await storage.enter("account", "process 1")
        other, _ = await storage.enter("account", "process 2")
        dropped = one.drop([await one.intend(intent())])
        await one.leave()
        assert dropped.done()
        assert await other.left() == []
        await storage.close()

    async def test_a_client_may_leave_after_the_journal_was_closed(self, tmp_path):
        storage = SqliteStorage(tmp_path / "runs.db")
        await storage.open()
        client, _ = await storage.enter("account", "process 1")
        await storage.close()
        await client.leave()


class TestWhatWaits:
    @pytest.mark.parametrize(
        ("write", "waits"),
        [
            (lambda journal: journal.intend(intent()), False),
            (lambda journal: journal.send_again(1, 2), False),
            (lambda journal: journal.settle(1, State.ANSWERED, [5]), False),
            (lambda journal: journal.read(1), False),
            (lambda journal: journal.conclude(1, None), False),
            (lambda journal: journal.claim(1, [("id", 5)], State.ANSWERED, {}), False),
            (lambda journal: journal.lose(1, 5.0), False),
            (lambda journal: journal.end(1, {}, {"state": "DONE"}), True),
            (lambda journal: journal.drop([1]), True),
        ],
        ids=[
            *("intend", "send_again", "settle", "read", "conclude"),
            *("claim", "lose", "end", "drop"),
        ],
    )
    def test_the_end_of_an_operation_and_a_call_in_somebodys_hands_do(self, desk, write, waits):
        desk.submit(
            lambda c: c.execute("INSERT INTO keys (account, key, since) VALUES (1, '[]', 0)")
        )
        desk.call()
        write(desk.journal)
        assert desk.waits is waits
