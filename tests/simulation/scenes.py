"""What callers do in one shift: scenes that go on side by side with one client."""

import asyncio
import contextlib
from contextlib import aclosing
from random import Random

from aiogandi import ClientClosed, GandiError, bulk
from tests.simulation.callers import Callers, all_of
from tests.simulation.world import EQUAL_DISK


class Shift(Callers):
    """One client's life."""

    crowds = (2, 3, 6, 20)
    """How many callers may want the same side by side."""

    def __init__(self, world, number, books, gandi):
        super().__init__(world, number, books, gandi)
        self.series = number
        self.running = [world.a_vm(f"old-{number}-{n}", "running") for n in range(4)]
        self.halted = [world.a_vm(f"off-{number}-{n}", "halted") for n in range(2)]
        self.napping = [world.a_vm(f"nap-{number}-{n}", "running") for n in range(3)]
        for vm in self.running:
            world.rebooted_last_week(vm)

    def name(self, rng):
        """A name that this shift's other callers may use, too, and no other shift's."""
        return rng.choice(
            (
                f"web-{self.series}{rng.randrange(4)}",
                f"WEB-{self.series}{rng.randrange(4)}",
                f"Server-Frankfurt-{self.series}{rng.randrange(1000)}",
                f"w{self.series}b-é{rng.randrange(4)}",
                f"n{self.series}x{rng.randrange(10**6)}",
                f"n{self.series}x{rng.randrange(10**6)}.",
            )
        )

    async def scene(self, kind, rng):
        """Play a scene; who meets an error in it tries another time, unless the client is closed."""
        for _ in range(3):
            await asyncio.sleep(rng.choice((0, rng.uniform(0, 5), rng.uniform(0, 90))))
            try:
                await getattr(self, kind)(rng)
            except ClientClosed:
                return
            except (GandiError, TimeoutError):
                continue
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling():
                    raise
            return

    def scenes(self):
        """The scenes of this shift: each with its own chance."""
        day = self.day
        rng = Random(f"shift {day.seed} {self.number}")
        kinds = [
            *["life"] * 3,
            *["equal_disks"] * 3,
            *["equal_vms"] * 3,
            *["equal_reboots"] * 2,
            "power",
            "power",
            "reads",
            "reads",
            "second_thoughts",
            "second_thoughts",
            "impatient",
            "left_bulk",
            "cancelled_bulk",
            *["after_a_nap"] * day.naps,
        ]
        return [
            self.loop.create_task(self.scene(kind, Random(f"{day.seed} {self.number} {n} {kind}")))
            for n, kind in enumerate(rng.sample(kinds, 2 * len(kinds) // 3))
        ]

    # -- scenes --------------------------------------------------------------------------------

    async def life(self, rng):
        """A server and a disk, from their beginning to their end."""
        (made, vm), (_, disk) = await all_of(
            self.moody(rng, "vm_create", self.name(rng), "s3cret-pw", 111, 1, 1),
            self.moody(rng, "disk_create", {**EQUAL_DISK, "name": self.name(rng)}),
        )
        await self.wait(made, vm)
        await disk
        for method, *args in (
            ("disk_attach", vm.vm_id, disk.disk_id),
            ("vm_stop", vm.vm_id),
            ("vm_info", vm.vm_id),
            ("vm_start", vm.vm_id),
            ("vm_stop", vm.vm_id),
            ("disk_detach", vm.vm_id, disk.disk_id),
            ("disk_delete", disk.disk_id),
            ("vm_delete", vm.vm_id),
        ):
            call, told = await self.moody(rng, method, *args)
            if method != "vm_info":
                await self.wait(call, told)

    async def equal_disks(self, rng):
        """Several callers want a disk of the same kind."""
        specs = {**EQUAL_DISK, "size": 1000 + self.series, "name": self.name(rng)}
        if rng.random() < 0.5:
            del specs["name"]
        await self._side_by_side(rng, lambda: self.moody(rng, "disk_create", dict(specs)))

    async def equal_vms(self, rng):
        """Several callers want a server of the same name, some with another password."""
        name = self.name(rng)
        passwords = rng.choice((["one-pw"], ["one-pw", "two-pw"]))

        def create():
            return self.moody(rng, "vm_create", name, rng.choice(passwords), 111, 1, 1, {})

        await self._side_by_side(rng, create)

    async def equal_reboots(self, rng):
        """Several callers reboot one server."""
        vm = rng.choice(self.running)
        await self._side_by_side(rng, lambda: self.moody(rng, "vm_reboot", vm.id))

    async def _side_by_side(self, rng, call):
        over = rng.choice((0.0, 1.0, 5.0))

        async def one(after):
            await asyncio.sleep(after)
            made, operation = await call()
            if rng.random() < 0.5:
                await self.wait(made, operation)

        number = rng.choice(self.crowds)
        await all_of(*(one(rng.uniform(0, over)) for _ in range(number)))

    async def power(self, rng):
        """A server is started, stopped and rebooted."""
        vm = rng.choice(self.halted)
        for method in ("vm_start", "vm_reboot", "vm_stop"):
            call, operation = await self.moody(rng, method, vm.id)
            await self.wait(call, operation)

    async def reads(self, rng):
        """A caller looks at things."""
        for _ in range(rng.randint(2, 8)):
            method, *args = rng.choice(
                (("vm_list",), ("hosting_account_info",), ("vm_info", self.running[0].id))
            )
            await self.moody(rng, method, *args)
            await asyncio.sleep(rng.uniform(0, 10))

    async def second_thoughts(self, rng):
        """A caller cancels what it has just ordered."""
        _, operation = await self.moody(rng, "disk_create", {**EQUAL_DISK, "name": self.name(rng)})
        if rng.random() < 0.5:
            await operation.cancel()
            return
        _, found = await self.call("operation_list")
        if found:
            await self.moody(rng, "operation_cancel", max(found))

    async def impatient(self, rng):
        """A caller waits a little, and again."""
        call, operation = await self.moody(rng, "vm_reboot", rng.choice(self.running).id)
        with contextlib.suppress(TimeoutError):
            await self.wait(call, operation, rng.uniform(0, 30))
        await all_of(self.wait(call, operation), self.wait(call, operation))

    async def left_bulk(self, rng):
        """A bulk run is left in the middle."""
        number = rng.choice((5, 20))

        async def create(name):
            return (await self.call("vm_create", name, "s3cret-pw", 111, 1, 1))[1]

        names = [f"bulk{self.series}-{rng.randrange(10**6)}" for _ in range(number)]
        left_after = rng.randrange(number + 1)
        async with aclosing(bulk(create, names, limit=rng.choice((3, 20)))) as outcomes:
            seen = 0
            async for _ in outcomes:
                seen += 1
                if seen > left_after:
                    break
            began = self.loop.awake()
        self._at_once(began, "leaving bulk")

    async def cancelled_bulk(self, rng):
        """A bulk run has a deadline."""

        async def create(name):
            return await self.call("disk_create", {**EQUAL_DISK, "name": name})

        names = [f"lot{self.series}-{rng.randrange(10**6)}" for _ in range(15)]
        async with asyncio.timeout(rng.uniform(0, 10)):
            async for _ in bulk(create, names, limit=10):
                pass

    async def after_a_nap(self, rng):
        """The machine sleeps for hours; meanwhile another client reboots what is rebooted next."""
        await asyncio.sleep(rng.uniform(10, 60))
        world, vm = self.world, rng.choice(self.napping)
        if any(c.method == "vm_reboot" and c.arguments["vm_id"] == vm.id for c in self.books.calls):
            return
        seconds = rng.uniform(1000, 4 * 3600)
        when = world.service.time() + rng.uniform(100, seconds - 500)
        world.service.at(when, lambda: world.other_call("vm_reboot", vm))
        world.nap(seconds)
        await asyncio.sleep(rng.uniform(0, 1))
        call, operation = await self.call("vm_reboot", vm.id)
        await self.wait(call, operation)
