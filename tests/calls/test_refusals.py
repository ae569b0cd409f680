"""Every call checks its arguments before anything is sent. (What each may be: test_arguments.py.)"""

from itertools import count

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
    Index,
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


ARRAYS = ("operation_list", "vm_disk_list")  # others answer with an id, or are read leniently


@pytest.mark.parametrize("method", CALLS)
async def test_whole_numbers_of_other_libraries_are_sent_as_plain_ints(answering, method):
    proper, wrong = CALLS[method]
    numbers = {name: value for name, value in proper.items() if isinstance(value, int)}
    if "specs" in wrong:
        numbers["specs"] = {"size": 5, "cpu": 1, "deep": {"vlan": 7}}
    if method == "call":
        numbers = {"argument 1": 5, "argument 2": [7]}
    if method == "operation_list":
        numbers["param"] = {"vm_id": 5, "deep": [7]}
    ids = count(1)  # no two calls have the same operation
    answers = {each: [] if each in ARRAYS else lambda *_: next(ids) for each in CALLS}
    url, calls = await answering(**answers)
    async with Gandi("AA1234-GANDI", PASSWORD, url=url, rate_limit=None) as gandi:
        for given in (numbers, indexed(numbers)):
            call = getattr(gandi, method)
            await (call("vm_info", *given.values()) if method == "call" else call(**proper | given))
    sent = [
        repr(values)
        for name, values in calls
        if name == (method if method != "call" else "vm_info")
    ]
    assert sent[0] == sent[-1]
    assert len(sent) > 1 or not numbers


def indexed(value):
    """*value* with numbers of another library in place of Python's own."""
    match value:
        case int():
            return Index(value)
        case dict():
            return {name: indexed(item) for name, item in value.items()}
        case list():
            return [indexed(item) for item in value]
    return value


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
    assert type(gandi.operation(Index(5)).id) is int
