from datetime import timedelta

import pytest

SHOP = "hosting_account_product_"


@pytest.fixture
async def bought(api, sandbox):
    """A product of 10 shares beside the 1000 of the beginning; 9,990.0 are left."""
    operation_id = await api(SHOP + "add", "shares", 10, "1m")
    sandbox.advance(5)
    return (await api("operation_details", operation_id))["params"]["product_id"]


async def info(api):
    return await api("hosting_account_info")


async def test_currency_and_balance_are_the_accounts(serving):
    async with serving(currency="USD", balance=12.5) as api:
        assert await api("account_currency") == "USD"
        balance = await api("account_balance")
        assert (type(balance), balance) == (float, 12.5)


async def test_a_balance_given_as_an_int_is_still_a_double(serving):
    async with serving(balance=100) as api:
        assert type(await api("account_balance")) is float


async def test_the_shares_of_the_beginning_are_a_product(api):
    account = await info(api)
    assert (account["handle"], account["shares"], account["used_shares"]) == (
        "AA1234-GANDI",
        1000,
        0,
    )
    (product,) = account["products"]
    assert (product["product_name"], product["quantity"]) == ("shares", 1000)


async def test_an_account_can_begin_with_nothing(serving):
    async with serving(shares=0, balance=0) as api:
        assert (await info(api))["products"] == []
        assert (await api.fault_of(SHOP + "add", "shares", 1, "1m")).faultCode == 520060


async def test_added_shares_are_paid_at_once_and_there_at_the_end(api, sandbox):
    await api(SHOP + "add", "shares", 4, "1m")
    assert (await info(api))["shares"] == 1000
    assert await api("account_balance") == 9996.0
    sandbox.advance(5)
    assert (await info(api))["shares"] == 1004
    assert sandbox.products[1]["quantity"] == 4


@pytest.mark.parametrize(("duration", "days"), [("1m", 30), ("2m", 60), ("1y", 365)])
async def test_a_product_lasts_from_the_end_of_its_operation(api, sandbox, duration, days):
    operation_id = await api(SHOP + "add", "shares", 4, duration)
    sandbox.advance(5)
    done = (await api("operation_details", operation_id))["date_updated"]
    lasts = sandbox.products[1]["date_end"] - done
    assert abs(lasts - timedelta(days=days)) <= timedelta(seconds=1)


async def test_a_year_costs_twelve_months(api):
    await api(SHOP + "add", "shares", 4, "1y")
    assert await api("account_balance") == 9952.0


async def test_what_fails_is_refunded(api, sandbox):
    sandbox.fail_operation(SHOP + "add")
    await api(SHOP + "add", "shares", 4, "1m")
    sandbox.advance(5)
    assert await api("account_balance") == 10_000.0
    assert (sandbox.total_shares, len(sandbox.products)) == (1000, 1)


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("domains", 4, "1m"), 30),
        (("shares", 0, "1m"), 30),
        (("shares", -4, "1m"), 30),
        (("shares", 4, "1w"), 20),
        (("shares", 4, "m"), 20),
        (("shares", 4, ""), 20),
        (("shares", 4, "0m"), 30),
        (("shares", 4, "11y"), 30),
        (("shares", 4, 1), 20),
        (("shares", 100_000, "1m"), 60),
    ],
)
async def test_a_purchase_must_make_sense_and_be_payable(api, arguments, cause):
    assert (await api.fault_of(SHOP + "add", *arguments)).faultCode % 100 == cause
    assert await api("account_balance") == 10_000.0


async def test_a_renewal_costs_its_time_and_moves_the_end(api, sandbox, bought):
    before = sandbox.products[1]["date_end"]
    await api(SHOP + "renew", bought, "2m")
    sandbox.advance(5)
    assert sandbox.products[1]["date_end"] - before == timedelta(days=60)
    assert await api("account_balance") == 9970.0


async def test_a_failed_renewal_is_refunded(api, sandbox, bought):
    before = sandbox.products
    sandbox.fail_operation()
    await api(SHOP + "renew", bought, "2m")
    sandbox.advance(5)
    assert (sandbox.products, sandbox.balance) == (before, 9990.0)


@pytest.mark.parametrize(("quantity", "balance"), [(15, 9985.0), (10, 9990.0), (4, 9990.0)])
async def test_an_update_changes_the_quantity_and_charges_what_is_more(
    api, sandbox, bought, quantity, balance
):
    await api(SHOP + "update", bought, quantity)
    sandbox.advance(5)
    assert sandbox.total_shares == 1000 + quantity
    assert sandbox.products[1]["quantity"] == quantity
    assert sandbox.balance == balance


async def test_a_removed_product_takes_its_shares_along(api, sandbox, bought):
    await api(SHOP + "remove", bought)
    sandbox.advance(5)
    assert (sandbox.total_shares, len(sandbox.products)) == (1000, 1)
    assert (await api.fault_of(SHOP + "remove", bought)).faultCode == 530140


async def test_shares_in_use_cannot_be_removed(serving):
    async with serving(shares=4) as api:
        await api.running_vm(shares=3)
        product_id = api.sandbox.products[0]["id"]
        assert (await api.fault_of(SHOP + "remove", product_id)).faultCode == 530060
        assert (await api.fault_of(SHOP + "update", product_id, 2)).faultCode == 530060
        assert await api(SHOP + "update", product_id, 3)


async def test_shares_about_to_be_removed_cannot_be_used(serving):
    async with serving(shares=4) as api:
        await api(SHOP + "update", api.sandbox.products[0]["id"], 1)
        fault = await api.fault_of("vm_create", "web", "my_password", 111, 2, 1, {})
        assert fault.faultCode == 530060
        assert await api("vm_create", "web", "my_password", 111, 1, 1, {})


async def test_a_failed_removal_leaves_the_shares_free(api, sandbox, bought):
    sandbox.fail_operation()
    await api(SHOP + "remove", bought)
    sandbox.advance(5)
    assert await api("vm_create", "web", "my_password", 111, 1010, 1, {})


async def test_changes_of_one_product_wait_for_each_other(api, sandbox, bought):
    first = await api(SHOP + "update", bought, 20)
    second = await api(SHOP + "update", bought, 5)
    assert await api.state_of(second) == "PENDING"
    sandbox.advance(5)
    assert [await api.state_of(first), await api.state_of(second)] == ["DONE", "RUN"]
    sandbox.advance(5)
    assert sandbox.total_shares == 1005
    await api("vm_create", "web", "my_password", 111, 1005, 1, {})


async def test_what_waited_for_a_removed_product_ends_in_error(api, sandbox, bought):
    await api(SHOP + "remove", bought)
    renewal = await api(SHOP + "renew", bought, "1m")
    update = await api(SHOP + "update", bought, 50)
    sandbox.advance(5)
    for operation_id in (renewal, update):
        details = await api("operation_details", operation_id)
        assert (details["state"], details["last_error"]) == (
            "ERROR",
            f"product {bought} was removed",
        )
    assert (sandbox.balance, sandbox.total_shares) == (9990.0, 1000)


async def test_what_waited_ends_in_error_when_it_can_no_longer_be_paid(serving):
    async with serving(shares=10, balance=5) as api:
        product_id = api.sandbox.products[0]["id"]
        await api(SHOP + "update", product_id, 1)
        larger = await api(SHOP + "update", product_id, 15)
        api.sandbox.advance(5)
        assert await api.state_of(larger) == "ERROR"
        assert (api.sandbox.balance, api.sandbox.total_shares) == (5.0, 1)


@pytest.mark.parametrize(("method", "rest"), [("renew", ("1m",)), ("remove", ()), ("update", (5,))])
async def test_an_unknown_product_is_not_found(api, method, rest):
    fault = await api.fault_of(SHOP + method, 1234, *rest)
    assert (fault.faultCode, fault.faultString[-18:]) == (530140, "[product_id: 1234]")
