"""The account, its products, and what they cost."""

from datetime import timedelta

import pytest

SHOP = "hosting_account_product_"


@pytest.fixture
def bought(api, sandbox):
    """A product of 10 shares beside the 1000 of the beginning; 9,990.0 are left."""
    operation_id = api(SHOP + "add", "shares", 10, "1m")
    sandbox.advance(5)
    return (api("operation_details", operation_id))["params"]["product_id"]


def info(api):
    return api("hosting_account_info")


def test_currency_and_balance_are_the_accounts(api_of):
    api = api_of(currency="USD", balance=12.5)
    assert api("account_currency") == "USD"
    balance = api("account_balance")
    assert (type(balance), balance) == (float, 12.5)


def test_a_balance_given_as_an_int_is_still_a_double(api_of):
    api = api_of(balance=100)
    assert type(api("account_balance")) is float


def test_the_shares_of_the_beginning_are_a_product(api):
    account = info(api)
    assert (account["handle"], account["shares"], account["used_shares"]) == (
        "AA1234-GANDI",
        1000,
        0,
    )
    (product,) = account["products"]
    assert (product["product_name"], product["quantity"]) == ("shares", 1000)


def test_an_account_can_begin_with_nothing(api_of):
    api = api_of(shares=0, balance=0)
    assert (info(api))["products"] == []
    assert (api.fault_of(SHOP + "add", "shares", 1, "1m")).code == 521163


def test_added_shares_are_paid_at_once_and_there_at_the_end(api, sandbox):
    api(SHOP + "add", "shares", 4, "1m")
    assert (info(api))["shares"] == 1000
    assert api("account_balance") == 9996.0
    sandbox.advance(5)
    assert (info(api))["shares"] == 1004
    assert sandbox.products[1]["quantity"] == 4


@pytest.mark.parametrize(("duration", "days"), [("1m", 30), ("2m", 60), ("1y", 365)])
def test_a_product_lasts_from_the_end_of_its_operation(api, sandbox, duration, days):
    operation_id = api(SHOP + "add", "shares", 4, duration)
    sandbox.advance(5)
    done = (api("operation_details", operation_id))["date_updated"]
    lasts = sandbox.products[1]["date_end"] - done
    assert lasts == timedelta(days=days)


def test_a_year_costs_twelve_months(api):
    api(SHOP + "add", "shares", 4, "1y")
    assert api("account_balance") == 9952.0


def test_what_fails_is_refunded(api, sandbox):
    sandbox.fail_operation(SHOP + "add")
    api(SHOP + "add", "shares", 4, "1m")
    sandbox.advance(5)
    assert api("account_balance") == 10_000.0
    assert (sandbox.total_shares, len(sandbox.products)) == (1000, 1)


def test_a_purchase_must_be_payable(api):
    fault = api.fault_of(SHOP + "add", "shares", 100_000, "1m")
    assert (fault.code, fault.message[-18:]) == (521163, "[quantity: 100000]")
    assert api("account_balance") == 10_000.0


def test_a_renewal_costs_its_time_and_moves_the_end(api, sandbox, bought):
    before = sandbox.products[1]["date_end"]
    api(SHOP + "renew", bought, "2m")
    sandbox.advance(5)
    assert sandbox.products[1]["date_end"] - before == timedelta(days=60)
    assert api("account_balance") == 9970.0


def test_a_failed_renewal_is_refunded(api, sandbox, bought):
    before = sandbox.products
    sandbox.fail_operation()
    api(SHOP + "renew", bought, "2m")
    sandbox.advance(5)
    assert (sandbox.products, sandbox.balance) == (before, 9990.0)


@pytest.mark.parametrize(("quantity", "balance"), [(15, 9985.0), (10, 9990.0), (4, 9990.0)])
def test_an_update_changes_the_quantity_and_charges_what_is_more(
    api, sandbox, bought, quantity, balance
):
    api(SHOP + "update", bought, quantity)
    sandbox.advance(5)
    assert sandbox.total_shares == 1000 + quantity
    assert sandbox.products[1]["quantity"] == quantity
    assert sandbox.balance == balance


def test_a_removed_product_takes_its_shares_along(api, sandbox, bought):
    api(SHOP + "remove", bought)
    sandbox.advance(5)
    assert (sandbox.total_shares, len(sandbox.products)) == (1000, 1)
    assert (api.fault_of(SHOP + "remove", bought)).code == 535140


def test_shares_in_use_cannot_be_removed(api_of):
    api = api_of(shares=4)
    api.running_vm(shares=3)
    product_id = api.sandbox.products[0]["id"]
    for fault, code, echo in [
        (api.fault_of(SHOP + "remove", product_id), 535160, f"[product_id: {product_id}]"),
        (api.fault_of(SHOP + "update", product_id, 2), 571560, "[quantity: 2]"),
    ]:
        assert fault.code == code
        assert fault.message == f"DataError: the product's shares are in use {echo}"
    assert api(SHOP + "update", product_id, 3)


def test_shares_about_to_be_removed_cannot_be_used(api_of):
    api = api_of(shares=4)
    api(SHOP + "update", api.sandbox.products[0]["id"], 1)
    fault = api.fault_of("vm_create", "web", "my_password", 111, 2, 1, {})
    assert fault.code == 530935
    assert api("vm_create", "web", "my_password", 111, 1, 1, {})


def test_a_failed_removal_leaves_the_shares_free(api, sandbox, bought):
    sandbox.fail_operation()
    api(SHOP + "remove", bought)
    sandbox.advance(5)
    assert api("vm_create", "web", "my_password", 111, 1010, 1, {})


def test_changes_of_one_product_wait_for_each_other(api, sandbox, bought):
    first = api(SHOP + "update", bought, 20)
    second = api(SHOP + "update", bought, 5)
    assert api.state_of(second) == "PENDING"
    sandbox.advance(5)
    assert [api.state_of(first), api.state_of(second)] == ["DONE", "RUN"]
    sandbox.advance(5)
    assert sandbox.total_shares == 1005
    api("vm_create", "web", "my_password", 111, 1005, 1, {})


def test_what_waited_for_a_removed_product_ends_in_error(api, sandbox, bought):
    api(SHOP + "remove", bought)
    renewal = api(SHOP + "renew", bought, "1m")
    update = api(SHOP + "update", bought, 50)
    sandbox.advance(5)
    for operation_id in (renewal, update):
        details = api("operation_details", operation_id)
        assert (details["state"], details["last_error"]) == (
            "ERROR",
            f"DataError: no such product [product_id: {bought}]",
        )
    assert (sandbox.balance, sandbox.total_shares) == (9990.0, 1000)


def test_what_waited_ends_in_error_when_it_can_no_longer_be_paid(api_of):
    api = api_of(shares=10, balance=5)
    product_id = api.sandbox.products[0]["id"]
    api(SHOP + "update", product_id, 1)
    larger = api(SHOP + "update", product_id, 15)
    api.sandbox.advance(5)
    assert api.state_of(larger) == "ERROR"
    assert (api.sandbox.balance, api.sandbox.total_shares) == (5.0, 1)


@pytest.mark.parametrize(("method", "rest"), [("renew", ("1m",)), ("remove", ()), ("update", (5,))])
def test_an_unknown_product_is_not_found(api, method, rest):
    fault = api.fault_of(SHOP + method, 1234, *rest)
    assert (fault.code, fault.message[-18:]) == (535140, "[product_id: 1234]")
