"""The ids that an operation of a known kind always has. This file is checked, never run."""

from typing import assert_type

from aiogandi import Gandi, Operation


async def a_new_server_has_its_id_at_once(gandi: Gandi) -> None:
    operation = await gandi.vm_create("web-01", "s3cret-pw", 111, 1, 1)
    assert_type(operation.vm_id, int)
    known: Operation = operation
    assert_type(known.disk_id, int | None)


async def a_new_disk_has_its_id_at_once(gandi: Gandi) -> None:
    operation = await gandi.disk_create({"size": 2048, "name": "data"})
    assert_type(operation.disk_id, int)
    known: Operation = operation
    assert_type(known.vm_id, int | None)
