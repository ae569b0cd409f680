"""The provider's samples for PHP, as its XML-RPC library writes them: a value without a type is a
string, so that every number is one.
"""

import xmlrpc.client

import pytest


def value(given):
    match given:
        case bool():
            return f"<value><boolean>{given:d}</boolean></value>"
        case str():
            return f"<value><string>{given}</string></value>"
        case dict():
            members = "".join(
                f"<member><name>{name}</name>\n{value(item)}\n</member>\n"
                for name, item in given.items()
            )
            return f"<value><struct>\n{members}</struct></value>"
        case []:
            return "<value><array>\n<data>\n</data>\n</array></value>"


def call(method, *arguments):
    params = "".join(f"<param>\n{value(each)}\n</param>\n" for each in arguments)
    return (
        f'<?xml version="1.0"?>\n<methodCall>\n<methodName>{method}</methodName>\n'
        f"<params>\n{params}</params>\n</methodCall>"
    )


@pytest.fixture
async def session(send):
    return await send(call("login", "AA1234-GANDI", "mypassword", True))


async def test_the_account_is_told(send, session):
    assert await send(call("account_currency", session)) == "EUR"
    assert await send(call("account_balance", session)) == 10_000.0
    assert (await send(call("hosting_account_info", session)))["shares"] == 1000


async def test_products_are_changed_by_strings_of_digits(send, session, sandbox):
    await send(call("hosting_account_product_add", session, "shares", "4", "1m"))
    sandbox.advance(5)
    product_id = str(sandbox.products[1]["id"])
    await send(call("hosting_account_product_renew", session, product_id, "1m"))
    await send(call("hosting_account_product_update", session, product_id, "5"))
    sandbox.advance(15)
    assert sandbox.total_shares == 1005
    await send(call("hosting_account_product_remove", session, product_id))
    sandbox.advance(5)
    assert sandbox.total_shares == 1000


async def test_a_vm_is_made_and_changed_by_strings_of_digits(send, session, sandbox):
    specs = {"login": "gandi"}
    document = call("vm_create", session, "vmtest1", "my_password", "111", "4", "1", specs)
    vm_id = str(await send(document))
    sandbox.advance(60)
    assert await send(call("vm_list", session)) == [int(vm_id)]
    assert (await send(call("vm_info", session, vm_id)))["shares"] == 4
    for method in ("vm_update", "vm_reboot", "vm_stop", "vm_start", "vm_stop", "vm_delete"):
        rest = [{"shares": "5"}] if method == "vm_update" else []
        assert isinstance(await send(call(method, session, vm_id, *rest)), int)
        sandbox.advance(60)
    assert [each["state"] for each in sandbox.operations] == ["DONE"] * 7


async def test_a_disk_is_made_by_a_size_in_a_string(send, session, sandbox):
    specs = {"size": "2048", "name": "disk2GB", "fstype": "ext3"}
    disk_id = str(await send(call("disk_create", session, specs)))
    sandbox.advance(30)
    assert (await send(call("disk_info", session, disk_id)))["size"] == 2048
    await send(call("disk_delete", session, disk_id))
    sandbox.advance(15)
    assert sandbox.disks == []


async def test_what_was_made_is_found_by_strings_of_digits(send, session, sandbox):
    document = call("vm_create", session, "vmtest1", "my_password", "111", "4", "1", {})
    vm_id = str(await send(document))
    (found,) = await send(call("operation_list", session, {"param": {"vm_id": vm_id}}))
    details = await send(call("operation_details", session, str(found)))
    assert (details["type"], details["params"]["os_id"]) == ("vm_create", 111)


async def test_an_empty_struct_is_an_empty_array_there(send, session):
    document = call("vm_create", session, "vmtest1", "my_password", "111", "4", "1", [])
    assert isinstance(await send(document), int)


@pytest.mark.parametrize("method", ["vm_info", "vm_delete", "vm_start", "vm_stop", "vm_reboot"])
async def test_the_samples_ids_are_not_found(send, session, method):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        await send(call(method, session, "9876"))
    assert caught.value.faultCode == 530240
