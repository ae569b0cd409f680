"""What the tests of operations order from a sandbox, and how quickly they look."""

from aiogandi import Polling

QUICK = Polling(interval=0.02, max_interval=0.1)


async def create(gandi, number=1):
    """Begin to create so many servers."""
    return [await gandi.vm_create(f"web-{n}", "s3cret-pw", 111, 1, 1) for n in range(number)]


async def running_vm(gandi, sandbox):
    """The id of a server that runs."""
    [operation] = await create(gandi)
    sandbox.advance(1000)
    return operation.vm_id


def polls(sandbox):
    """How many requests were made to learn of operations."""
    return sandbox.calls["operation_list"] + sandbox.calls["operation_details"]
