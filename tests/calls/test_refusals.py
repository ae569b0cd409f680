"""Every call checks its arguments before anything is sent. (What each may be: test_arguments.py.)"""

import pytest

from aiogandi import Gandi, InvalidArgument, Retry
from tests.calls.refusing import (
    NO_DATES,
    NO_DURATIONS,
    NO_HOSTNAMES,
    NO_IDS,
    NO_METHODS,
    NO_PARAMS,
    NO_QUANTITIES,
    NO_SIZES,
    NO_SPECS,
    NO_STATES,
    NO_TEXTS,
    PASSWORD,
    refused,
)


@pytest.fixture
async def gandi():
    """A client of a service that is not there: what it sent would be a `TransportError`."""
    async with Gandi("AA1234-GANDI", PASSWORD, url="http://127.0.0.1:1/", retry=Retry(1)) as gandi:
        yield gandi
        assert gandi.stats.requests == 0


UNSENDABLE = ["a\0b", "a\ud800b"]
CREATE = {"hostname": "web", "password": PASSWORD, "os_id": 111, "shares": 1, "cpu": 1}
ADD = {"product_name": "shares", "quantity": 1, "duration": "1m"}
SIZES = [{"size": value} for value in NO_SIZES]

# For each call proper arguments, and for each argument the values that it refuses.
CALLS = {
    "vm_create": (
        CREATE,
        {
            "hostname": [*NO_HOSTNAMES, *UNSENDABLE],
            "password": [*NO_TEXTS, "a\0b"],
            "os_id": NO_IDS,
            "shares": NO_QUANTITIES,
            "cpu": NO_QUANTITIES,
            "specs": [*NO_SPECS, {"a": None}, *SIZES],
        },
    ),
    "vm_update": (
        {"vm_id": 1, "specs": {"shares": 5}},
        {"vm_id": NO_IDS, "specs": [*NO_SPECS, {}, None, *SIZES]},
    ),
    "disk_create": (
        {"specs": {"size": 1}},
        {"specs": [*NO_SPECS, {}, None, {"name": object()}, *SIZES]},
    ),
    **{
        method: ({"vm_id": 1}, {"vm_id": NO_IDS})
        for method in ("vm_info", "vm_delete", "vm_start", "vm_stop", "vm_reboot", "vm_disk_list")
    },
    **{method: ({"disk_id": 1}, {"disk_id": NO_IDS}) for method in ("disk_info", "disk_delete")},
    **{
        method: ({"vm_id": 1, "disk_id": 1}, {"vm_id": NO_IDS, "disk_id": NO_IDS})
        for method in ("disk_attach", "disk_detach")
    },
    **{
        method: ({"operation_id": 1}, {"operation_id": NO_IDS})
        for method in ("operation_details", "operation_cancel")
    },
    "operation_list": (
        {},
        {
            "type": ["", 5],
            "state": NO_STATES,
            "created_after": NO_DATES,
            "created_before": NO_DATES,
            "updated_after": NO_DATES,
            "updated_before": NO_DATES,
            "param": NO_PARAMS,
        },
    ),
    "hosting_account_product_add": (
        ADD,
        {"product_name": NO_TEXTS, "quantity": NO_QUANTITIES, "duration": NO_DURATIONS},
    ),
    "hosting_account_product_renew": (
        {"product_id": 1, "duration": "1m"},
        {"product_id": NO_IDS, "duration": NO_DURATIONS},
    ),
    "hosting_account_product_update": (
        {"product_id": 1, "quantity": 1},
        {"product_id": NO_IDS, "quantity": NO_QUANTITIES},
    ),
    "hosting_account_product_remove": ({"product_id": 1}, {"product_id": NO_IDS}),
    "call": ({}, {"method": [*NO_METHODS, "login", " login"]}),
}


@pytest.mark.parametrize("method", CALLS)
async def test_wrong_arguments_are_refused_before_anything_is_sent(gandi, method):
    proper, wrong = CALLS[method]
    for name, values in wrong.items():
        for value in values:
            with refused(name, value):
                await getattr(gandi, method)(**proper | {name: value})


async def test_a_value_that_cannot_be_sent_is_named_by_its_place(gandi):
    with pytest.raises(InvalidArgument, match=r"^filter\['param'\]\['vm_id'\]"):
        await gandi.operation_list(param={"vm_id": 2**63})
    with pytest.raises(InvalidArgument, match=r"^argument 2\['size'\]: None"):
        await gandi.call("vm_update", 5, {"size": None})


async def test_an_operation_has_a_proper_id(gandi):
    for value in NO_IDS:
        with refused("operation_id=", value):
            gandi.operation(value)
