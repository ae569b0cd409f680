"""Whatever is called, in whatever order, with whatever fate: the books are right."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from aiogandi import codec
from aiogandi.sandbox import Sandbox, ServiceFault
from aiogandi.sandbox.api.signatures import SIGNATURES

LOGIN = ("login", "AA1234-GANDI", "mypassword")
THINGS = ("vm_id", "disk_id", "product_id")
PLACE = st.integers(0, 3)
FEW = st.integers(1, 12)


class Books(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.sandbox = Sandbox(shares=20, balance=100, clock=lambda: 0.0)
        self.session = self.sandbox.execute(*LOGIN)

    def call(self, method, *arguments):
        try:
            return self.sandbox.execute(method, self.session, *arguments)
        except ServiceFault as fault:
            if fault.code % 100 < 35:  # what is given is sound
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
        pending = self.call("operation_list", {"state": "PENDING"})
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
            assert self.call("operation_list", {"state": state}) == expected[:300]

    def teardown(self):
        """In the end everything ends, no share is left over, and every thing is free again."""
        self.sandbox.release_operations()
        self.sandbox.advance(10_000)
        assert {each["state"] for each in self.sandbox.operations} <= {"DONE", "ERROR", "CANCEL"}
        assert self.sandbox.used_shares == sum(vm["shares"] for vm in self.sandbox.vms)
        assert self.sandbox.total_shares == sum(each["quantity"] for each in self.sandbox.products)
        for vm in self.sandbox.vms:
            if vm["state"] != "invalid":
                self.starts_at_once("vm_update", vm["id"], {"cpu": 2})
        for disk in self.sandbox.disks:
            if disk["state"] == "created":
                self.starts_at_once("disk_delete", disk["id"])
        free = self.sandbox.total_shares - self.sandbox.used_shares
        if free:
            self.create_vm(free)
            assert self.sandbox.vms[-1]["shares"] == free

    def starts_at_once(self, method, *arguments):
        operation_id = self.call(method, *arguments)
        self.sandbox.release_operations()  # one that was ordered to be held
        assert self.call("operation_details", operation_id)["state"] == "RUN"


TestBooks = Books.TestCase
TestBooks.settings = settings(stateful_step_count=40)


def nested(values):
    return st.lists(values, max_size=3) | st.dictionaries(
        st.sampled_from(["size", "name", "type", "state", "param", "shares", "created_after", "x"]),
        values,
        max_size=4,
    )


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20
)
VALUES = st.recursive(
    st.integers(-(2**31), 2**31 - 1)
    | st.integers(10_000, 10_003)
    | st.integers(-5, 120)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | XML_TEXT
    | st.sampled_from(["web", "1m", "shares", "DONE", "ext3", "my_password", "20090101T00:00:00"])
    | st.binary(max_size=8)
    | st.datetimes()
    | st.just(None),
    nested,
    max_leaves=8,
)


@settings(max_examples=8 * settings().max_examples)
@given(method=st.sampled_from([*SIGNATURES]), arguments=st.lists(VALUES, max_size=6))
def test_any_value_in_any_place_gives_a_result_or_a_data_fault(method, arguments):
    sandbox = Sandbox()
    session = sandbox.execute(*LOGIN)
    sandbox.execute("vm_create", session, "web", "my_password", 111, 1, 1, {})
    sandbox.execute("disk_create", session, {"size": 1, "name": "data"})
    sandbox.advance(60)
    try:
        result = sandbox.execute(method, *([] if method == "login" else [session]), *arguments)
    except ServiceFault as refusal:
        fault = refusal
        codec.encode_fault(fault.code, fault.message)
    else:
        fault = None
        codec.encode_response(result)
    assert fault is None or 500_000 <= fault.code < 600_000
    for operation in sandbox.operations:
        codec.encode_response(operation)
    sandbox.advance(3600)
