"""A plain model of the service, and the books of what really exists and ran. It shares no code with
the sandbox, so that both cannot be wrong in the same way.
"""

import itertools
from dataclasses import dataclass, field
from functools import cache
from inspect import signature

from tests.simulation.operations import CREATIONS, Operations, Refused, Work

HALF_A_DAY = 43200.0
"""Seconds for which a session is good."""


@cache
def parameters_of(method):
    """The names of a call's arguments, in the wire's order."""
    return tuple(signature(getattr(Service, method)).parameters)[1:]


@dataclass(slots=True)
class Thing:
    """A server or a disk."""

    id: int
    state: str
    name: str
    vm_id: int | None = None
    disks: list = field(default_factory=list)
    busy: dict = field(default_factory=dict)  # the operations that work on it


class Service(Operations):
    """Answers calls. *habits* are how this service is all day, *rng* is its own chance."""

    def __init__(self, habits, rng, clock):
        super().__init__(habits, rng, clock)
        self._things = itertools.count(habits.first_id + 7)
        self.vms = {}
        self.disks = {}
        self.sessions = {}
        self._logins = 0

    # -- sessions ------------------------------------------------------------------------------

    def forget_sessions(self):
        self.sessions.clear()

    def _check(self, session):
        entry = self.sessions.get(session)
        if entry is None or entry[0] < self.now:
            raise Refused(510150, "DataError: bad credential")
        if entry[1]:
            self.sessions[session] = (entry[0], False)
            raise Refused(500240, f"DataError: unknown session [session: {session}]")

    def login(self, login, password, safe):
        del login, password, safe
        if self._rng.random() < self.habits.refuses_login:
            raise Refused(510150, "DataError: bad credential [login: AA1-GANDI]")
        self._logins += 1
        session = f"session-{self._logins:06}-{self._rng.getrandbits(64):016x}"
        self.sessions[session] = (
            self.now + HALF_A_DAY,
            self._rng.random() < self.habits.refuses_fresh,
        )
        return session

    # -- calls ---------------------------------------------------------------------------------

    def execute(self, method, arguments, session, by, visible_by=None):
        """Run a call now. *by* is who made it; what it begins is listed by *visible_by* at the latest."""
        if method == "login":
            return self.login(*arguments.values())
        self._check(session)
        values = tuple(arguments.values())  # the wire knows no names
        work = getattr(self, method)(*values)
        if not isinstance(work, Work):
            return work
        work.sent = dict(zip(parameters_of(method), values, strict=False))
        work.by = by
        if visible_by is not None:
            self.show(work, visible_by)
        if method in CREATIONS:
            return work.vm_id or work.disk_id
        return work.id

    def vm_create(self, hostname, password, os_id, shares, cpu, specs=None):
        del password
        name = self.habits.stored(hostname)
        vm = Thing(next(self._things), "being_created", name)
        self.vms[vm.id] = vm
        params = {"hostname": name, "os_id": os_id, "shares": shares, "cpu": cpu, **(specs or {})}
        params["vm_id"] = vm.id
        return self.begin("vm_create", params, vm=vm, then="running")

    def disk_create(self, specs):
        shown = dict(specs)
        if "name" in shown:
            shown["name"] = self.habits.stored(shown["name"])
        disk = Thing(next(self._things), "being_created", shown.get("name", ""))
        self.disks[disk.id] = disk
        params = {**shown, "disk_id": disk.id}
        return self.begin("disk_create", params, disk=disk, then="created")

    def vm_start(self, vm_id):
        vm = self._idle(self.vms, vm_id, "halted")
        params = {"vm_id": vm_id}
        return self.begin("vm_start", params, vm=vm, then="running")

    def vm_stop(self, vm_id):
        vm = self._idle(self.vms, vm_id, "running")
        params = {"vm_id": vm_id}
        return self.begin("vm_stop", params, vm=vm, then="halted")

    def vm_reboot(self, vm_id):
        vm = self._thing(self.vms, vm_id)
        if vm.state != "running":
            raise Refused(530260, f"DataError: wrong state [vm_id: {vm_id}]")
        return self.begin("vm_reboot", {"vm_id": vm_id}, vm=vm)

    def vm_delete(self, vm_id):
        vm = self._idle(self.vms, vm_id, "halted")
        params = {"vm_id": vm_id}
        return self.begin("vm_delete", params, vm=vm, then="deleted")

    def disk_attach(self, vm_id, disk_id):
        vm = self._thing(self.vms, vm_id)
        disk = self._idle(self.disks, disk_id, "created")
        params = {"vm_id": vm_id, "disk_id": disk_id}
        return self.begin("disk_attach", params, vm=vm, disk=disk, then="attached")

    def disk_detach(self, vm_id, disk_id):
        vm = self._thing(self.vms, vm_id)
        disk = self._idle(self.disks, disk_id, "attached")
        params = {"vm_id": vm_id, "disk_id": disk_id}
        return self.begin("disk_detach", params, vm=vm, disk=disk, then="created")

    def disk_delete(self, disk_id):
        disk = self._idle(self.disks, disk_id, "created")
        params = {"disk_id": disk_id}
        return self.begin("disk_delete", params, disk=disk, then="deleted")

    def operation_cancel(self, operation_id):
        work = self._known(operation_id)
        if work.state(self.now) != "PENDING":
            raise Refused(510260, f"DataError: wrong state [operation_id: {operation_id}]")
        work.cancelled = self.now
        for things in (self.vms, self.disks):
            for thing_id in (work.vm_id, work.disk_id):
                thing = things.get(thing_id)
                if thing is None or thing.busy.pop(work.id, None) is None:
                    continue
                if thing.state == "being_created":
                    thing.state = "deleted"
        return True

    # -- questions -----------------------------------------------------------------------------

    def vm_info(self, vm_id):
        vm = self._thing(self.vms, vm_id)
        return {"id": vm_id, "hostname": vm.name, "state": vm.state}

    def disk_info(self, disk_id):
        disk = self._thing(self.disks, disk_id)
        return {"id": disk_id, "name": disk.name, "state": disk.state}

    def vm_list(self):
        return [vm.id for vm in self.vms.values() if vm.state != "deleted"]

    def disk_list(self):
        return [disk.id for disk in self.disks.values() if disk.state != "deleted"]

    def hosting_account_info(self):
        return {"id": 1, "handle": "AA1-GANDI", "shares": 10**6, "used_shares": len(self.vms)}

    # -- things --------------------------------------------------------------------------------

    def _thing(self, things, number):
        thing = things.get(number)
        if thing is None or thing.state == "deleted":
            raise Refused(530240, f"DataError: not found [id: {number}]")
        return thing

    def _idle(self, things, number, state):
        thing = self._thing(things, number)
        if thing.state != state or thing.busy:
            raise Refused(530260, f"DataError: wrong state [id: {number}]")
        return thing
