"""Whatever is called, in whatever order, with whatever fate: the books are right."""

from collections import Counter

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.books.faults import ServiceFault
from aiogandi.sandbox.books.operation_log import Criteria

PLACE = st.integers(0, 3)
FEW = st.integers(1, 12)


class Books(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.sandbox = Sandbox(shares=20, balance=100)
        self.service = self.sandbox._service
        self.session = self.service.execute("login", ["AA1234-GANDI", "mypassword"])

    def call(self, method, *arguments):
        try:
            return self.service.execute(method, [self.session, *arguments])
        except ServiceFault as fault:
            if fault.code % 100 not in (40, 60):
                raise
            return None

    def some(self, book, place):
        return book[place % len(book)]["id"] if book else 1

    @rule(shares=FEW)
    def create_vm(self, shares):
        self.call("vm_create", "web", "my_password", 111, shares, 1, {})

    @rule(method=st.sampled_from(["vm_start", "vm_stop", "vm_reboot", "vm_delete"]), place=PLACE)
    def change_vm(self, method, place):
        self.call(method, self.some(self.sandbox.vms, place))

    @rule(place=PLACE, shares=FEW)
    def update_vm(self, place, shares):
        self.call("vm_update", self.some(self.sandbox.vms, place), {"shares": shares})

    @rule()
    def create_disk(self):
        self.call("disk_create", {"size": 1, "name": "data"})

    @rule(place=PLACE)
    def delete_disk(self, place):
        self.call("disk_delete", self.some(self.sandbox.disks, place))

    @rule(method=st.sampled_from(["disk_attach", "disk_detach"]), vm=PLACE, disk=PLACE)
    def link(self, method, vm, disk):
        vm_id, disk_id = self.some(self.sandbox.vms, vm), self.some(self.sandbox.disks, disk)
        self.call(method, vm_id, disk_id)

    @rule(quantity=FEW)
    def buy(self, quantity):
        self.call("hosting_account_product_add", "shares", quantity, "1m")

    @rule(place=PLACE, quantity=FEW)
    def resize(self, place, quantity):
        product_id = self.some(self.sandbox.products, place)
        self.call("hosting_account_product_update", product_id, quantity)

    @rule(place=PLACE)
    def remove(self, place):
        product_id = self.some(self.sandbox.products, place)
        self.call("hosting_account_product_remove", product_id)

    @rule(place=PLACE)
    def cancel(self, place):
        pending = self.service.operations.find(Criteria(state="PENDING"))
        if pending:
            assert self.call("operation_cancel", pending[place % len(pending)])

    @rule()
    def fail(self):
        self.sandbox.fail_operation()

    @rule()
    def hold(self):
        self.sandbox.hold_operation()

    @rule()
    def release(self):
        self.sandbox.release_operations()

    @rule(seconds=st.integers(0, 70))
    def wait(self, seconds):
        self.sandbox.advance(seconds)

    @invariant()
    def no_thing_has_two_operations_at_once(self):
        busy = Counter()
        for operation in self.sandbox.operations:
            if operation["state"] == "RUN":
                params = operation["params"]
                busy.update((name, params[name]) for name in THINGS if name in params)
        assert all(count == 1 for count in busy.values())

    @invariant()
    def shares_are_never_overdrawn(self):
        assert 0 <= self.sandbox.used_shares <= self.sandbox.total_shares
        assert self.sandbox.balance >= 0
        assert sum(vm["shares"] for vm in self.sandbox.vms) <= self.sandbox.used_shares

    @invariant()
    def disks_and_vms_agree(self):
        attached = {(vm["id"], disk) for vm in self.sandbox.vms for disk in vm["disks"]}
        claimed = {(disk["vm_id"], disk["id"]) for disk in self.sandbox.disks if disk["vm_id"]}
        assert attached == claimed
        for disk in self.sandbox.disks:
            assert (disk["state"] == "attached") == bool(disk["vm_id"])

    @invariant()
    def lists_find_what_is_there(self):
        operations = self.sandbox.operations
        for state in ("PENDING", "RUN", "DONE", "ERROR", "CANCEL"):
            expected = [each["id"] for each in reversed(operations) if each["state"] == state]
            assert self.service.operations.find(Criteria(state=state)) == expected

    def teardown(self):
        """In the end everything ends, and no share is left over."""
        self.sandbox.release_operations()
        self.sandbox.advance(10_000)
        assert {each["state"] for each in self.sandbox.operations} <= {"DONE", "ERROR", "CANCEL"}
        assert self.sandbox.used_shares == sum(vm["shares"] for vm in self.sandbox.vms)
        assert self.sandbox.total_shares == sum(each["quantity"] for each in self.sandbox.products)
        assert not self.service.operations._queues
        assert self.service.shares._leaving == 0


THINGS = ("vm_id", "disk_id", "product_id")

TestBooks = Books.TestCase
TestBooks.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
