"""Every call of the API, on the sandbox: what it sends and what it returns."""

from datetime import UTC, datetime, timedelta

import pytest

from aiogandi import (
    VM,
    Disk,
    Fault,
    HostingAccount,
    NotFound,
    OperatingSystem,
    Operation,
    OperationDetails,
    OutcomeUnknown,
    Product,
)

PASSWORD = "s3cret-pw"


@pytest.fixture
async def vm(gandi):
    """A server that is there, and running."""
    return await (await gandi.vm_create("web-01", PASSWORD, 111, shares=4, cpu=1))


@pytest.fixture
async def disk(gandi):
    """A disk that is there."""
    return await (await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"}))


# -- the account -----------------------------------------------------------------------------


async def test_the_account_has_a_currency_and_a_balance(gandi):
    assert await gandi.account_currency() == "EUR"
    balance = await gandi.account_balance()
    assert (balance, type(balance)) == (10_000.0, float)


async def test_the_hosting_account_tells_its_shares(gandi):
    account = await gandi.hosting_account_info()
    assert isinstance(account, HostingAccount)
    assert (account.shares, account.used_shares) == (1000, 0)
    assert account.raw["shares"] == 1000
    [product] = account.products
    assert isinstance(product, Product)
    assert product.product_name == "shares"


async def test_products_are_added_renewed_updated_and_removed(gandi):
    added = await gandi.hosting_account_product_add("shares", 10, "1m")
    assert isinstance(added, Operation)
    assert added.type == "hosting_account_product_add"
    product_id = (await gandi.operation_details((await added).id)).product_id
    for operation in (
        await gandi.hosting_account_product_renew(product_id, "2y"),
        await gandi.hosting_account_product_update(product_id, 20),
        await gandi.hosting_account_product_remove(product_id),
    ):
        assert operation.product_id == product_id
        assert (await operation).state == "DONE"
    assert (await gandi.hosting_account_info()).shares == 1000


# -- servers ---------------------------------------------------------------------------------


async def test_creating_a_server_tells_its_id_at_once(gandi, gandi_sandbox):
    operation = await gandi.vm_create(
        "web-01", PASSWORD, 111, shares=4, cpu=2, specs={"login": "admin"}
    )
    assert isinstance(operation, Operation)
    assert (operation.type, operation.id) == ("vm_create", None)
    assert operation.vm_id == gandi_sandbox.vms[0]["id"]
    assert not operation.done()
    details = await operation
    assert isinstance(details, OperationDetails)
    assert (details.vm_id, details.type) == (operation.vm_id, "vm_create")
    assert operation.id == details.id


async def test_a_server_tells_of_itself(gandi, vm):
    server = await gandi.vm_info(vm.vm_id)
    assert isinstance(server, VM)
    assert (server.id, server.hostname, server.state) == (vm.vm_id, "web-01", "running")
    assert (server.os_id, server.shares, server.cpu) == (111, 4, 1)
    assert isinstance(server.date_created, datetime)
    assert await gandi.vm_list() == [vm.vm_id]


async def test_servers_live(gandi, vm):
    for call in (gandi.vm_reboot, gandi.vm_stop, gandi.vm_start, gandi.vm_stop, gandi.vm_delete):
        operation = await call(vm.vm_id)
        assert (operation.type, operation.vm_id) == (call.__name__, vm.vm_id)
        assert isinstance(operation.id, int)
        assert (await operation).state == "DONE"
    assert await gandi.vm_list() == []


async def test_a_server_is_updated(gandi, vm):
    operation = await gandi.vm_update(vm.vm_id, {"shares": 5})
    assert operation.vm_id == vm.vm_id
    await operation
    assert (await gandi.vm_info(vm.vm_id)).shares == 5


# -- disks -----------------------------------------------------------------------------------


async def test_creating_a_disk_tells_its_id_at_once(gandi, gandi_sandbox):
    operation = await gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"})
    assert (operation.type, operation.id) == ("disk_create", None)
    assert operation.disk_id == gandi_sandbox.disks[0]["id"]
    assert (await operation).disk_id == operation.disk_id


async def test_a_disk_is_attached_and_detached_and_deleted(gandi, vm, disk):
    await (await gandi.vm_stop(vm.vm_id))
    attach = await gandi.disk_attach(vm.vm_id, disk.disk_id)
    assert (attach.vm_id, attach.disk_id) == (vm.vm_id, disk.disk_id)
    await attach
    assert disk.disk_id in await gandi.vm_disk_list(vm.vm_id)
    found = await gandi.disk_info(disk.disk_id)
    assert isinstance(found, Disk)
    assert (found.id, found.name, found.size, found.vm_id) == (disk.disk_id, "data", 2048, vm.vm_id)
    detach = await gandi.disk_detach(vm.vm_id, disk.disk_id)
    assert (detach.vm_id, detach.disk_id) == (vm.vm_id, disk.disk_id)
    await detach
    assert (await gandi.disk_info(disk.disk_id)).vm_id is None
    delete = await gandi.disk_delete(disk.disk_id)
    assert delete.disk_id == disk.disk_id
    await delete
    assert disk.disk_id not in await gandi.disk_list()


async def test_numbers_may_be_written_as_the_provider_wrote_them(gandi, gandi_sandbox):
    await gandi.disk_create({"size": "2048", "name": "data", "fstype": "ext3"})
    assert gandi_sandbox.disks[0]["size"] == 2048


# -- operations ------------------------------------------------------------------------------


async def test_operations_are_listed_by_filters(gandi, gandi_sandbox, vm, disk):
    everything = await gandi.operation_list()
    assert everything == sorted([vm.id, disk.id], reverse=True)
    assert await gandi.operation_list(type="vm_create") == [vm.id]
    assert await gandi.operation_list(state="DONE") == everything
    assert await gandi.operation_list(state="PENDING") == []
    assert await gandi.operation_list(param={"vm_id": vm.vm_id}) == [vm.id]
    past, future = (gandi_sandbox.now + timedelta(days=days) for days in (-1, 1))
    assert await gandi.operation_list(created_after=past, updated_after=past) == everything
    assert await gandi.operation_list(created_before=past) == []
    assert await gandi.operation_list(updated_before=future) == everything
    assert await gandi.operation_list(created_after=future.replace(tzinfo=UTC)) == []


async def test_an_operation_tells_of_itself(gandi, vm):
    details = await gandi.operation_details(vm.id)
    assert isinstance(details, OperationDetails)
    assert (details.id, details.type, details.state) == (vm.id, "vm_create", "DONE")
    assert details.params["hostname"] == "web-01"
    assert "password" not in details.params


async def test_an_operation_is_cancelled(gandi, gandi_sandbox, vm):
    gandi_sandbox.hold_operation("vm_stop")
    operation = await gandi.vm_stop(vm.vm_id)
    assert await gandi.operation_cancel(operation.id) is None
    assert (await gandi.operation_details(operation.id)).state == "CANCEL"


async def test_an_operation_is_taken_up_by_its_id(gandi, gandi_sandbox, vm):
    requests = gandi_sandbox.calls.total()
    operation = gandi.operation(vm.id)
    assert (operation.id, operation.type, operation.state) == (vm.id, None, None)
    assert gandi_sandbox.calls.total() == requests
    assert (await operation).state == "DONE"


async def test_operating_systems_are_listed(gandi):
    systems = await gandi.os_list()
    assert systems
    assert all(isinstance(system, OperatingSystem) for system in systems)
    assert 111 in [system.id for system in systems]
    assert all(system.label for system in systems)


async def test_a_thing_that_is_not_there_is_told(gandi):
    with pytest.raises(NotFound) as caught:
        await gandi.vm_info(5)
    assert caught.value.element == "vm_id"


# -- any other call --------------------------------------------------------------------------


async def test_call_reaches_any_method_and_returns_what_was_sent(gandi, vm):
    raw = await gandi.call("vm_info", vm.vm_id)
    assert type(raw) is dict
    assert raw["hostname"] == "web-01"
    assert await gandi.call("operation_list", {"type": "vm_create"}) == [vm.id]
    with pytest.raises(Fault):
        await gandi.call("no_such_method")


async def test_call_creates_a_server_as_well(gandi, gandi_sandbox):
    vm_id = await gandi.call("vm_create", "web-02", PASSWORD, 111, 1, 1, {})
    assert gandi_sandbox.vms[0]["id"] == vm_id


async def test_call_is_sent_again_only_if_it_may_run_twice(gandi, gandi_sandbox):
    gandi_sandbox.drop_reply("account_balance", times=2)
    with pytest.raises(OutcomeUnknown) as caught:
        await gandi.call("account_balance")
    assert caught.value.method == "account_balance"
    assert gandi_sandbox.calls["account_balance"] == 1
    assert await gandi.call("account_balance", idempotent=True) == 10_000.0
    assert gandi_sandbox.calls["account_balance"] == 3
