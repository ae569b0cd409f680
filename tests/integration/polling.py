"""Operations under way on a sandbox whose polls meet trouble, for good or for a while."""

import asyncio

from aiogandi import GandiError, Polling
from aiogandi.sandbox.trouble import Alter, Answer, AnswerFault, Delay, Garble, Refuse
from tests.integration.service import served

TAKES = 12.0
"""Seconds that an operation of ours takes."""

HANG = Delay(1e6)

INTERNAL = AnswerFault(150000, "ServerError: internal error")

NO_RIGHT = AnswerFault(510250, "DataError: no right")


def details(**changes):
    """What an operation says, with other members; one that becomes None is missing."""

    def altered(struct, _):
        made = {name: change(struct) for name, change in changes.items()}
        return {name: value for name, value in (struct | made).items() if value is not None}

    return Alter(altered)


DETAILS = {
    "the state is missing": details(state=lambda _: None),
    "the state is renamed": details(state=lambda _: None, status=lambda struct: struct["state"]),
    "states are in lower case": details(state=lambda struct: struct["state"].lower()),
    "server faults": INTERNAL,
    "no right": NO_RIGHT,
    "HTTP 500": Refuse(500),
    "garbage": Garble(),
    "no reply": HANG,
    "no struct": Answer(7),
    "they are stale": details(state=lambda _: "RUN"),
}
"""What may go wrong with ``operation_details`` for good."""

LISTS = {
    "server faults": INTERNAL,
    "no right": NO_RIGHT,
    "HTTP 500": Refuse(500),
    "garbage": Garble(),
    "no reply": HANG,
    "no array": Answer(""),
    "no ids": Answer([{"id": "5"}]),
    "they are stale": Answer([]),
}
"""What may go wrong with ``operation_list`` for good."""

POLLS = ("operation_details", "operation_list", "vm_info")


def while_operations_run(**polling):
    """Give a test, in virtual time, a sandbox whose operations take `TAKES`, and a client with this
    `Polling`: ``async def test_…(sandbox, gandi, …)``.
    """
    durations = {"vm_reboot": TAKES, "vm_create": TAKES}
    return served({"durations": durations}, {"polling": Polling(**polling)})


async def reboots(sandbox, gandi, number, *, fail=False):
    """So many servers that begin to reboot."""
    session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
    vms = [
        sandbox.execute("vm_create", session, f"web-{each}", "s3cret-pw", 111, 1, 1, {})
        for each in range(number)
    ]
    sandbox.advance(1000)
    if fail:
        sandbox.fail_operation("vm_reboot", times=number)
    return [await gandi.vm_reboot(vm_id) for vm_id in vms]


def trouble_for(sandbox, trouble, *methods):
    """Let every request of *methods* meet this trouble from now on; None: no more."""
    sandbox.interfere = lambda method: trouble if method in methods else None


async def ends(operations, within):
    """How each wait ended, by the state or the error's name, and after how many seconds all had."""
    clock = asyncio.get_running_loop().time
    began = clock()

    async def end(operation):
        try:
            return str((await operation.wait(within)).state)
        except GandiError as error:
            return type(error).__name__

    told = await asyncio.gather(*map(end, operations))
    return set(told), clock() - began
