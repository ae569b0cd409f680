"""Calls in any state, and the books that know them: no service, and a clock that a test moves."""

from collections import deque

import pytest

from aiogandi import OperationDetails
from aiogandi.changes.change import Change
from aiogandi.changes.ledger import Ledger
from aiogandi.redaction import Secret

SETTLE = 3.0
LATENESS = 30.0


class Books:
    """A ledger that knows operation 10 as the newest, of 100 seconds. Each step takes a second."""

    def __init__(self, *, shares_journal=False):
        self.ledger = Ledger(LATENESS, shares_journal=shares_journal)
        self.now = 100.0
        self.ledger.note(10, self.now)

    def tick(self, seconds=1.0):
        self.now += seconds
        return self.now

    # -- calls ---------------------------------------------------------------------------------

    @staticmethod
    def start(vm_id=1):
        return Change("vm_start", {"vm_id": vm_id}, "id")

    @staticmethod
    def create(hostname="web", password="s3cret-pw"):
        values = {"hostname": hostname, "password": Secret(password), "os_id": 111}
        return Change("vm_create", values, "vm_id")

    @staticmethod
    def create_disk(name="data"):
        return Change("disk_create", {"specs": {"name": name, "size": 1024}}, "disk_id")

    def begun(self, call):
        self.ledger.begin(call, self.tick())
        return call

    def sent(self, call):
        self.ledger.sent(self.begun(call), self.tick())
        return call

    def lost(self, call):
        self.sent(call)
        self.lose(call)
        return call

    def lose(self, call):
        """Its reply is lost: within the settling time, what it began may still appear."""
        call.lose(self.now + SETTLE)

    def lost_elsewhere(self, record, left_at):
        """A creation of another client, of which the journal tells that it left then, and lost its reply."""
        call = self.create_disk()
        call.record, call.is_recalled, call.is_ours = record, True, False
        call.prepare(10, left_at)
        call.send(left_at)
        self.lose(call)
        return call

    def sent_again(self, call):
        """It was lost, looked for in vain, and has left for the second time."""
        self.lost(call).find_absent()
        self.ledger.sent(call, self.tick())
        return call

    def answered(self, call, number):
        assert self.ledger.own(self.sent(call), number, self.tick())
        return call

    def end(self, call):
        self.ledger.end(call, self.tick())
        return call

    # -- what the service shows ----------------------------------------------------------------

    @staticmethod
    def operation(number, call, **fields):
        """Operation *number*, as the service tells of it if *call* began it."""
        params = {
            name: value for name, value in call.arguments.items() if not isinstance(value, Secret)
        }
        if call.method == "vm_start":
            fields = {"vm_id": call.arguments["vm_id"], **fields}
        return OperationDetails(number, call.method, **{"params": params, **fields})

    def saw(self, *numbers):
        return self.ledger.saw(list(numbers), self.tick())

    def learned(self, details):
        """The operation, which a list has shown and the service has told of."""
        self.saw(details.id)
        self.ledger.learn(details)
        return details

    def sizes(self):
        """How much stands in each of the books."""
        ledger = self.ledger
        rooms = (ledger, ledger.owners, ledger.sightings, ledger.other_clients)
        return {
            name: len(book)
            for room in rooms
            for name, book in vars(room).items()
            if isinstance(book, dict | set | deque)
        }


@pytest.fixture
def books():
    return Books()


@pytest.fixture
def ledger(books):
    return books.ledger
