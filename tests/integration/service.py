"""A sandbox and its client for one test, in virtual time, and what tests have made on it."""

import asyncio
from functools import wraps
from inspect import Signature, signature

from aiogandi import Retry
from aiogandi.sandbox import Sandbox
from tests.virtual_time import run_in_virtual_time

TIMEOUT = 30.0
"""Seconds after which the client gives a request up."""

SETTLE = 3.0
"""Seconds for which it then waits before it believes that the request did not run."""

RETRY = Retry(attempts=5, within=600, settle=SETTLE, backoff=0)


def on_service(**settings):
    """Give a test, in virtual time, a sandbox and a client of these *settings*, as its first two
    arguments: ``async def test_…(sandbox, gandi)``. Further ones are pytest's fixtures.
    """
    return served({}, {"timeout": TIMEOUT, "retry": RETRY} | settings)


def served(sandbox_settings, client_settings):
    """The same, with settings for each of the two."""

    def decorate(test):
        @wraps(test)
        def run(**fixtures):
            run_in_virtual_time(story(fixtures))

        async def story(fixtures):
            clock = asyncio.get_running_loop().time
            async with (
                Sandbox(clock=clock, **sandbox_settings) as sandbox,
                sandbox.client(**client_settings) as gandi,
            ):
                await test(sandbox, gandi, **fixtures)

        del run.__wrapped__
        run.__signature__ = Signature(list(signature(test).parameters.values())[2:])
        return run

    return decorate


def for_a_while(sandbox, method, trouble, seconds):
    """Let every *method* meet *trouble* for so many *seconds*."""
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    sandbox.interfere = lambda called: trouble if called == method and clock() < ends else None


async def a_vm(sandbox, gandi, hostname="web"):
    """The id of a server that runs."""
    operation = await gandi.vm_create(hostname, "s3cret-pw", 111, 2, 1)
    sandbox.advance(1000)
    return operation.vm_id


async def a_disk(sandbox, gandi):
    """The id of a disk that is attached to nothing."""
    operation = await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"})
    sandbox.advance(1000)
    return operation.disk_id


async def a_halted_vm(sandbox, gandi):
    """The id of a server that is stopped."""
    vm_id = await a_vm(sandbox, gandi)
    await gandi.vm_stop(vm_id)
    sandbox.advance(1000)
    return vm_id


async def an_attached_disk(sandbox, gandi):
    """The ids of a server and of a disk that is attached to it."""
    vm_id, disk_id = await a_vm(sandbox, gandi), await a_disk(sandbox, gandi)
    await gandi.disk_attach(vm_id, disk_id)
    sandbox.advance(1000)
    return vm_id, disk_id


async def a_product(sandbox, gandi):
    """The id of a product of the account."""
    return sandbox.products[0]["id"]
