"""A service that stores names in another form than they were sent in, and what the rule costs."""

import asyncio

import pytest

from aiogandi import OutcomeUnknown
from aiogandi.sandbox.trouble import Alter, DropReply, DropRequest
from tests.integration.service import on_service


def create(gandi, hostname):
    return gandi.vm_create(hostname, "s3cret-pw", 111, 1, 1)


def stores(sandbox, form, losses=()):
    """The service tells hostnames in this *form*; the next creations are lost so."""
    losses = list(losses)

    def tell(details, _):
        params = details["params"]
        if "hostname" not in params:
            return details
        return details | {"params": params | {"hostname": form(params["hostname"])}}

    def meet(method):
        if method == "operation_details":
            return Alter(tell)
        if method == "operation_list":
            # The filter meets what is stored, which the sandbox does not know.
            return Alter(lambda ids, arguments: [] if "hostname" in str(arguments) else ids)
        return losses.pop(0) if method == "vm_create" and losses else None

    sandbox.interfere = meet


FORMS = {
    "lower case": (str.lower, "WEB-01"),
    "a dot": (lambda name: name + ".", "web-01"),
    "cut": (lambda name: name[:15], "a-very-long-hostname"),
}


@pytest.mark.parametrize("form", FORMS)
@on_service()
async def test_it_is_one_server_and_candidates(sandbox, gandi, form):
    form, name = FORMS[form]
    await gandi.hosting_account_product_add("shares", 1, "1m")
    stores(sandbox, form, [DropReply()])
    with pytest.raises(OutcomeUnknown) as caught:
        await create(gandi, name)
    [operation] = [o["id"] for o in sandbox.operations if o["type"] == "vm_create"]
    assert tuple(caught.value.candidates) == (operation,)
    assert sandbox.calls["vm_create"] == 1
    [pending] = gandi.pending()
    pending.adopt(operation)
    assert (await pending.operation()).vm_id == sandbox.vms[0]["id"]


@on_service()
async def test_it_is_adopted_once_the_service_was_seen_folding(sandbox, gandi):
    stores(sandbox, str.lower, [None, DropReply(), DropReply()])
    first = await create(gandi, "WEB-01")
    second, third = await create(gandi, "WEB-02"), await create(gandi, "WEB-03")
    assert [vm["id"] for vm in sandbox.vms] == [first.vm_id, second.vm_id, third.vm_id]
    assert gandi.stats.reconciled == 2


@on_service()
async def test_a_cut_name_is_never_adopted(sandbox, gandi):
    stores(sandbox, lambda name: name[:15], [None, DropReply()])
    await create(gandi, "a-very-long-hostname-1")
    with pytest.raises(OutcomeUnknown) as caught:
        await create(gandi, "a-very-long-hostname-2")
    assert len(caught.value.candidates) == 1
    assert len(sandbox.vms) == 2


@on_service()
async def test_any_other_difference_stops_nothing(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    stores(sandbox, str.lower, [DropRequest()])
    sandbox.execute("vm_create", await gandi_session(sandbox), "other", "s3cret-pw", 111, 1, 1, {})
    operation = await create(gandi, "WEB-01")
    assert sandbox.vms[-1]["id"] == operation.vm_id
    assert len(sandbox.vms) == 2


async def gandi_session(sandbox):
    return sandbox.execute("login", "AA1234-GANDI", "mypassword")


@pytest.mark.parametrize(("others", "seconds"), [(0, 0), (50, 0), (50, 0.1)])
@on_service()
async def test_what_a_lost_call_costs_in_requests(sandbox, gandi, others, seconds):
    """It did not run, and *others* of its type were begun by another client meanwhile, each *seconds*
    after the one before.
    """
    await gandi.hosting_account_product_add("shares", 1, "1m")
    session = await gandi_session(sandbox)
    for number in range(others):
        sandbox.execute("vm_create", session, f"other-{number}", "s3cret-pw", 111, 1, 1, {})
        await asyncio.sleep(seconds)
    before, sent = gandi.stats.requests, sandbox.calls.copy()
    sandbox.drop_request("vm_create")
    await create(gandi, "web-01")
    cost = sandbox.calls - sent
    assert gandi.stats.requests - before == cost.total()
    assert cost["operation_details"] == others
    assert (cost["vm_create"], cost["operation_list"]) == (2, LISTS[others, seconds])


LISTS = {(0, 0): 4, (50, 0): 7, (50, 0.1): 5}
"""Lists that one lost call costs. The look by type alone is the last one where there is none of the type,
else it is read to its end: two lists, or four where all in the first are of one second.
"""
