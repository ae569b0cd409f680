"""Orders are carried out in their turn, each as often as it says."""

from aiogandi.sandbox.script.orders import ANY, Orders


def test_nothing_is_claimed_where_nothing_was_ordered():
    assert Orders().claim("vm_list") is None


def test_an_order_waits_for_its_name_and_lasts_as_long_as_told():
    orders = Orders()
    orders.add("vm_list", "trouble", 2)
    assert orders.claim("disk_list") is None
    assert [orders.claim("vm_list") for _ in range(3)] == ["trouble", "trouble", None]


def test_orders_are_claimed_in_turn_and_one_at_a_time():
    orders = Orders()
    orders.add("vm_list", "first", 1)
    orders.add(ANY, "second", 1)
    orders.add("vm_list", "third", 1)
    assert [orders.claim("vm_list") for _ in range(4)] == ["first", "second", "third", None]


def test_an_order_for_any_name_is_used_up_by_whichever_comes():
    orders = Orders()
    orders.add(ANY, "trouble", 2)
    assert [orders.claim(name) for name in ("vm_list", "login", "su")] == ["trouble"] * 2 + [None]
