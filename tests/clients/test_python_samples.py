"""The provider's samples for Python, with their arguments, through Python's own XML-RPC client."""

import xmlrpc.client

import pytest


def login(proxy):
    return proxy.login("AA1234-GANDI", "mypassword", True)


def vm_create(proxy, session):
    hostname = "vmtest1"
    password = "my_password"
    os_id = 111
    shares = 4
    cpu = 1
    specs = {"login": "gandi"}
    return proxy.vm_create(session, hostname, password, os_id, shares, cpu, specs)


def disk_create(proxy, session):
    size = 2048
    name = "disk2GB"
    fstype = "ext3"
    return proxy.disk_create(session, {"size": size, "name": name, "fstype": fstype})


async def test_login_returns_a_session(sample):
    session = await sample(login)
    assert isinstance(session, str)
    assert session


async def test_a_refused_login_is_a_fault(sample):
    def wrong(proxy):
        return proxy.login("AA1234-GANDI", "not mypassword", True)

    with pytest.raises(xmlrpc.client.Fault) as caught:
        await sample(wrong)
    assert caught.value.faultCode == 510150


async def test_the_account_is_told(sample):
    def account(proxy):
        session = login(proxy)
        return (
            f"prepaid account currency: {proxy.account_currency(session)}",
            "prepaid account balance: %d" % proxy.account_balance(session),  # noqa: UP031 - as there
            proxy.hosting_account_info(session),
        )

    currency, balance, info = await sample(account)
    assert (currency, balance) == (
        "prepaid account currency: EUR",
        "prepaid account balance: 10000",
    )
    assert (info["shares"], info["used_shares"]) == (1000, 0)


async def test_products_are_added_renewed_updated_and_removed(sample, sandbox):
    def add(proxy):
        session = login(proxy)
        return session, proxy.hosting_account_product_add(session, "shares", 4, "1m")

    session, operation_id = await sample(add)
    assert isinstance(operation_id, int)
    sandbox.advance(5)
    product_id = sandbox.products[1]["id"]

    def change(proxy):
        return [
            proxy.hosting_account_product_renew(session, product_id, "1m"),
            proxy.hosting_account_product_update(session, product_id, 5),
            proxy.hosting_account_product_remove(session, product_id),
        ]

    assert len(set(await sample(change))) == 3
    sandbox.advance(15)
    assert sandbox.total_shares == 1000
    assert [each["state"] for each in sandbox.operations] == ["DONE"] * 4


async def test_a_vm_lives_its_whole_life(sample, sandbox):
    def create(proxy):
        session = login(proxy)
        return session, vm_create(proxy, session)

    session, vm_id = await sample(create)
    sandbox.advance(60)

    def look(proxy):
        return proxy.vm_list(session), proxy.vm_info(session, vm_id)

    listed, info = await sample(look)
    assert (listed, info["hostname"], info["state"]) == ([vm_id], "vmtest1", "running")
    for step in (
        lambda proxy: proxy.vm_update(session, vm_id, {"shares": 5}),
        lambda proxy: proxy.vm_reboot(session, vm_id),
        lambda proxy: proxy.vm_stop(session, vm_id),
        lambda proxy: proxy.vm_start(session, vm_id),
        lambda proxy: proxy.vm_stop(session, vm_id),
        lambda proxy: proxy.vm_delete(session, vm_id),
    ):
        assert isinstance(await sample(step), int)
        sandbox.advance(60)
    assert [each["state"] for each in sandbox.operations] == ["DONE"] * 7
    assert (sandbox.vms, sandbox.used_shares) == ([], 0)


async def test_a_disk_lives_its_whole_life(sample, sandbox):
    def create(proxy):
        session = login(proxy)
        return session, disk_create(proxy, session)

    session, disk_id = await sample(create)
    sandbox.advance(30)
    info = await sample(lambda proxy: proxy.disk_info(session, disk_id))
    assert (info["name"], info["size"], info["fstype"]) == ("disk2GB", 2048, "ext3")
    assert isinstance(await sample(lambda proxy: proxy.disk_delete(session, disk_id)), int)
    sandbox.advance(15)
    assert sandbox.disks == []


async def test_a_list_is_filtered_by_a_date_alone(sample):
    def listed(proxy):
        session = login(proxy)
        proxy.hosting_account_product_add(session, "shares", 4, "1m")
        dates = [xmlrpc.client.DateTime(date) for date in ("2006-01-01", "29990101")]
        return [proxy.operation_list(session, {"created_after": date}) for date in dates]

    since_2006, since_2999 = await sample(listed)
    assert (len(since_2006), since_2999) == (1, [])


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("hosting_account_product_renew", (1234, "1m")),
        ("hosting_account_product_remove", (1234,)),
        ("hosting_account_product_update", (1234, 5)),
        ("vm_info", (456,)),
        ("vm_update", (1234, {"shares": 5})),
        ("vm_delete", (9876,)),
        ("vm_start", (9876,)),
        ("vm_stop", (9876,)),
        ("vm_reboot", (9876,)),
        ("disk_info", (123,)),
        ("disk_delete", (1928,)),
    ],
)
async def test_the_samples_ids_are_not_found_as_their_handlers_expect(sample, method, arguments):
    def call(proxy):
        return getattr(proxy, method)(login(proxy), *arguments)

    with pytest.raises(xmlrpc.client.Fault) as caught:
        await sample(call)
    assert caught.value.faultCode // 10 % 10 == 4
