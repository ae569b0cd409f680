"""What tests of callers who go and of clients that close share."""

import asyncio
import logging

import pytest

from aiogandi.sandbox.trouble import AnswerFault, Refuse

PASSWORD = "s3cret-pw"


def create(gandi, hostname="web"):
    return gandi.vm_create(hostname, PASSWORD, 111, 2, 1)


def now():
    return asyncio.get_running_loop().time()


async def gone(call, after):
    """Make *call* in a task of a name, cancel it *after* so many seconds: its end takes no time."""
    task = asyncio.create_task(call, name="caller")
    await asyncio.sleep(after)
    task.cancel()
    began = now()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert now() - began < 0.01


def warnings(caplog):
    return [record for record in caplog.records if record.levelno >= logging.WARNING]


TURNED_AWAY = {
    "a session that has ended": AnswerFault(510150, "DataError: session"),
    "too many requests": Refuse(429, retry_after=300),
    "overload": Refuse(503, retry_after=300),
}


def when_it_arrives(sandbox, do, trouble):
    """Let the next ``vm_create`` meet *trouble*, and *do* something just before its answer leaves."""

    def meet(method):
        if method == "vm_create" and not met:
            met.append(do())
            return trouble
        return None

    met = []
    sandbox.interfere = meet
