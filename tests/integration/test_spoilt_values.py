"""A service that spoils single values of its replies: nothing is sent twice for it, and no wait fails."""

import pytest

from aiogandi.sandbox.trouble import Alter, DropReply
from tests.integration.service import on_service

SPOILT = {
    "a number that is no number": {"os_id": "Debian"},
    "an empty number": {"shares": ""},
    "a name in base 64": {"hostname": b"web-01"},
    "an empty array for a struct": {"specs": []},
    "a number as a double": {"cpu": 1.0},
    "ids of none": {"disk_id": 0, "product_id": "0"},
}


@pytest.mark.parametrize("spoilt", SPOILT)
@on_service()
async def test_a_lost_call_is_known_by_what_can_be_read(sandbox, gandi, spoilt):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    losses = [DropReply()]

    def spoil(details, _):
        params = {**details["params"], **SPOILT[spoilt]} if details["type"] == "vm_create" else {}
        return {**details, "id": "", "date_updated": "00000000T00:00:00", "params": params}

    def meet(method):
        if method == "operation_details":
            return Alter(spoil)
        return losses.pop() if method == "vm_create" and losses else None

    sandbox.interfere = meet
    operation = await gandi.vm_create("web-01", "s3cret-pw", 111, 1, 1)
    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]
    assert gandi.stats.reconciled == 1
    sandbox.advance(1000)
    details = await operation
    assert details.vm_id == operation.vm_id
    assert details.disk_id is None
