"""The world of one seed: its service, its weather, its clocks, and the other client."""

from random import Random

from tests.simulation.days import day_of
from tests.simulation.operations import Refused
from tests.simulation.service import Service
from tests.simulation.wire import Weather

EQUAL_DISK = {"size": 2048, "fstype": "ext3"}
"""What several callers ask for without a name."""

WEEK = 7 * 86400.0

WALL = 1_800_000_000.0


class World:
    """Everything outside the client on *day*, which is that of *seed* unless it is given."""

    def __init__(self, loop, seed, day=None):
        self.loop = loop
        self.day = day or day_of(seed)
        self.slept = 0.0  # while the loop's clock stood still
        rng = Random(f"service {seed}")
        self.service = Service(self.day.habits, rng, lambda: loop.time() + self.slept)
        self.weather = Weather(self.day, self.service)
        self._rng = Random(f"world {seed}")
        self._others = 0
        self.other_vms = [self.a_vm("other", "running") for _ in range(3)]
        self._history()
        if self.day.foreign:
            self._later(self._another_client_works)
        if self.day.bursts:
            loop.call_later(self._rng.uniform(5, 60), self._another_client_bursts)

    def wall(self):
        """The world's clock."""
        return WALL + self.loop.time() + self.slept

    def nap(self, seconds):
        """The machine sleeps; its loop's clock stands still, or goes on."""
        if self._rng.random() < 0.7:
            self.slept += seconds
        else:
            self.loop.leap(seconds)

    # -- what there is from before -------------------------------------------------------------

    def a_vm(self, name, state):
        """A server that was made last week."""
        work = self.service.vm_create(name, "old-pw", 111, 1, 1, {})
        self._as_of_last_week(work)
        vm = self.service.vms[work.vm_id]
        vm.state = state
        return vm

    def _history(self):
        rng, service = self._rng, self.service
        for _ in range(rng.choice((0, 20, 350))):
            kind = rng.choice(("vm_create", "disk_create", "vm_reboot"))
            if kind == "vm_create":
                work = service.vm_create("web-01", "old-pw", 111, 1, 1, {})
            elif kind == "disk_create":
                work = service.disk_create(dict(EQUAL_DISK))
            else:
                work = service.vm_reboot(rng.choice(self.other_vms).id)
            self._as_of_last_week(work)
            work.outcome = rng.choice(("DONE", "DONE", "ERROR"))

    def rebooted_last_week(self, vm):
        """An old operation that looks as those do that our callers will ask for."""
        self._as_of_last_week(self.service.vm_reboot(vm.id))

    def _as_of_last_week(self, work):
        service = self.service
        work.created = work.starts = service.now - WEEK + self._rng.uniform(0, 80000)
        work.ends = work.created + 60
        work.visible = work.readable = work.created
        for thing in (service.vms.get(work.vm_id), service.disks.get(work.disk_id)):
            if thing is not None:
                thing.busy.pop(work.id, None)

    # -- another client ------------------------------------------------------------------------

    def _later(self, action):
        self.loop.call_later(self._rng.expovariate(self.day.foreign / 60), action)

    def _another_client_works(self):
        self.service.catch_up()
        self.other_call(self._rng.choice(("vm_create", "disk_create", "vm_reboot", "vm_create")))
        self._later(self._another_client_works)

    def _another_client_bursts(self):
        self.service.catch_up()
        kind = self._rng.choice(("vm_create", "disk_create"))
        for number in range(self.day.bursts):
            # Over some seconds: dates have whole ones, and a list can be read on below a date.
            self.service.at(self.service.now + number / 60, lambda: self.other_call(kind))

    def other_call(self, kind, vm=None):
        """Another client of the same account does something."""
        service = self.service
        self._others += 1
        name = f"other-{self._others}"
        if self.day.equal_names:
            name = self._rng.choice(("web-01", "same", "WEB-01"))
        try:
            if kind == "vm_create":
                service.vm_create(name, "other-pw", 111, 1, 1, {})
            elif kind == "disk_create":
                alike = self.day.equal_names and self._rng.random() < 0.5
                service.disk_create(
                    dict(EQUAL_DISK) if alike else {"size": 77, "name": name, "fstype": "xfs"}
                )
            else:
                service.vm_reboot((vm or self._rng.choice(self.other_vms)).id)
        except Refused:
            pass  # as happens to any client
