import json
from collections import Counter, OrderedDict
from datetime import date

import pytest

from aiogandi import InvalidArgument
from aiogandi.fleet.items import DEEPEST, LARGEST, LONGEST, Item, account_of, item_of


def nested(depth):
    value = []
    for _ in range(depth - 1):
        value = [value]
    return value


def in_itself():
    value = {}
    value["again"] = [value]
    return value


PLAIN = [
    *(None, True, 0, -(2**80), 0.5, "", "web-1", "\ud800", "日本\0"),
    *([], {}, [1, [2, {"a": None}]], {"": "no name", "name": "web-1", "size": 5}, nested(DEEPEST)),
]
FAULTY = {
    "tuple": (1, 2),
    "set": {"names": {1}},
    "bytes": b"web-1",
    "NaN": [float("nan")],
    "infinite": {"a": float("-inf")},
    "object": object(),
    "date": date(2012, 1, 1),
    "Counter": Counter("abc"),
    "OrderedDict": [OrderedDict(a=1)],
    "key of another kind": {1: "a"},
    "in itself": in_itself(),
    "deep": nested(DEEPEST + 1),
    "very deep": nested(100_000),
    "huge int": 10**5000,
    "large": "x" * LARGEST,
    "large when written": "é" * (LARGEST // 6),
}


@pytest.mark.parametrize("value", PLAIN, ids=lambda value: repr(value)[:20])
def test_a_plain_value_comes_back_as_it_is(value):
    item = item_of(value, lambda _: "key", "acme")

    assert item == Item(value, "key", "acme")
    assert Item.read(item.text.encode()) == item


@pytest.mark.parametrize("value", FAULTY.values(), ids=FAULTY)
def test_another_value_is_refused(value):
    with pytest.raises(InvalidArgument):
        item_of(value, lambda _: "key", "acme")


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "PassWord",
        "root_passwd",
        "passphrase",
        "pass_code",
        "db-pwd",
        "clientSecret",
        "API-Key",
        "api_key",
        "token",
        "credentials",
    ],
)
@pytest.mark.parametrize("around", [lambda item: item, lambda item: [0, {"deeper": [item]}]])
def test_a_member_that_is_called_like_a_password_is_refused_and_not_shown(name, around):
    with pytest.raises(InvalidArgument, match="called like a password") as raised:
        item_of(around({"name": "web-1", name: "hunter2-x"}), lambda _: "key", "acme")

    assert "hunter2-x" not in str(raised.value)


def test_a_name_that_is_no_password_is_taken():
    assert item_of({"passenger": "Ann", "compass": 1}, str, "acme").value["compass"] == 1


@pytest.mark.parametrize(
    "name", ["", "  ", "a\nb", "\ud800", "\x00", "x" * (LONGEST + 1), 5, None, b"web-1"], ids=repr
)
def test_a_key_or_an_account_that_names_nothing_is_refused(name):
    with pytest.raises(InvalidArgument, match="key"):
        item_of("web-1", lambda _: name, "acme")
    with pytest.raises(InvalidArgument, match="account"):
        item_of("web-1", str, lambda _: name)


@pytest.mark.parametrize("name", ["web-1", "été 日本 😀", "x" * LONGEST, '"quoted", [\\]', "a:b c"])
def test_an_id_names_the_account_and_the_key(name):
    item = item_of(1, lambda _: name, name)

    assert json.loads(item.id) == [name, name]
    assert account_of(item.id) == name


def test_an_item_has_a_copy_of_its_value():
    value = {"names": ["web-1"]}
    item = item_of(value, lambda _: "key", "acme")
    value["names"].append("web-2")

    assert item.value == {"names": ["web-1"]}


def test_what_is_asked_for_the_key_and_the_account_is_the_value():
    item = item_of(
        {"name": "web-1", "of": "acme"}, lambda item: item["name"], lambda item: item["of"]
    )

    assert (item.key, item.account) == ("web-1", "acme")


def test_the_journal_tells_items_of_two_accounts_apart():
    keys = [Item(1, "web-1", account).journal_key for account in ("default", "acme", "globex")]

    assert keys == ["web-1", '["acme", "web-1"]', '["globex", "web-1"]']
