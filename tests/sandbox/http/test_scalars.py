"""Scalars as programs write them: typed by their look, and no values of their types at all."""

import xmlrpc.client
from base64 import b64encode
from datetime import datetime, timedelta

import pytest

from aiogandi import RateLimit


def call(method, *values):
    params = "".join(f"<param><value>{value}</value></param>" for value in values)
    return f"<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"


def struct(**members):
    inner = "".join(
        f"<member><name>{name}</name><value>{value}</value></member>"
        for name, value in members.items()
    )
    return f"<struct>{inner}</struct>"


@pytest.fixture
def send(wire):
    """Sends a call whose values are XML; returns the result or raises `xmlrpc.client.Fault`."""

    async def post(method, *values):
        if not wire.session:
            await wire("account_currency")
        status, _, text = await wire.post(call(method, wire.session, *values))
        assert status == 200, text
        return xmlrpc.client.loads(text, use_builtin_types=True)[0][0]

    return post


async def refusal(send, method, *values):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        await send(method, *values)
    return caught.value.faultCode, caught.value.faultString


# -- no values of their types ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "code", "text"),
    [
        ("<int>abc</int>", 501020, "abc"),
        ("<int></int>", 501020, ""),
        ("<i4/>", 501020, ""),
        ("<i8>1.0</i8>", 501020, "1.0"),
        (f"<int>{'9' * 10_000}</int>", 501020, "9" * 200 + "…"),
        ("<double>x</double>", 501820, "x"),
        ("<double>nan</double>", 501820, "nan"),
        ("<boolean>2</boolean>", 501120, "2"),
        ("<dateTime.iso8601>yesterday</dateTime.iso8601>", 501320, "yesterday"),
        ("<dateTime.iso8601>20060231T00:00:00</dateTime.iso8601>", 501320, "20060231T00:00:00"),
        ("<base64>!!</base64>", 501220, "!!"),
        ("<nil>5</nil>", 501220, "5"),
        ("<money>5</money>", 501210, "5"),
        ("<x:bigint xmlns:x='urn:x'>&lt;</x:bigint>", 501210, "<"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_an_ill_typed_scalar_is_a_fault_about_data(wire, send, xml, code, text):
    what = "type" if code % 100 == 10 else "syntax"
    message = f"DataError: invalid {what} for vm_id [vm_id: {text}]"
    assert await refusal(send, "vm_info", xml) == (code, message)
    assert (wire.sandbox.calls["vm_info"], wire.sandbox.executed["vm_info"]) == (1, 0)
    member = await refusal(send, "disk_create", struct(size=xml, name="a"))
    assert member == (code, message.replace("vm_id", "size"))
    items = f"<array><data><value>{xml}</value></data></array>"
    deep = await refusal(send, "disk_create", struct(note=items))
    assert deep == (code, message.replace("vm_id", "note"))


async def test_an_ill_typed_argument_too_many_is_refused_as_well(send):
    code, message = await refusal(send, "vm_info", "<int>5</int>", "<int>abc</int>")
    assert (code, message[-16:]) == (501020, "[arguments: abc]")


async def test_an_unknown_method_is_unknown_whatever_its_arguments_are(send):
    assert (await refusal(send, "vm_dance", "<int>abc</int>"))[0] == (
        await refusal(send, "vm_dance")
    )[0]


async def test_an_ill_typed_password_is_named_as_one(wire, send):
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads((await wire.post(call("login", "me", "<nil>hunter22</nil>")))[2])
    assert caught.value.faultString.endswith("[password: hunter22]")
    update = await refusal(
        send, "vm_update", "<int>1</int>", struct(password="<base64>hunter2!</base64>")
    )
    assert update[1].endswith("[password: hunter2!]")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        ("<nil>5</nil>", 501220),
        ("<base64>!!</base64>", 501220),
        ("<money>5</money>", 501210),
        ("<array><data><value><int>abc</int></value></data></array>", 501020),
    ],
)
async def test_what_stands_for_no_text_is_refused_where_text_is_due(send, xml, code):
    assert (await refusal(send, "disk_create", struct(size="<int>1</int>", name=xml)))[0] == code


async def test_text_that_came_as_another_type_is_checked_as_text(wire, send):
    empty = await refusal(send, "disk_create", struct(size="<int>1</int>", name="<int></int>"))
    assert empty == (501220, "DataError: invalid syntax for name [name: ]")
    kind = await refusal(send, "operation_list", struct(state="<double>1e999</double>"))
    assert kind == (525030, "DataError: invalid value for state [state: 1e999]")
    hostname = struct(param=struct(hostname="<double>1e999</double>"))
    assert await send("operation_list", hostname) == []
    unknown = await refusal(send, "su", "<int>abc</int>")
    assert unknown == (510140, "DataError: no such handle [handle: abc]")


async def test_an_ill_typed_call_meets_trouble_as_others_do(wire):
    body = call("vm_info", "x", "<int>abc</int>")
    wire.sandbox.refuse("vm_info")
    assert (await wire.post(body))[0] == 503
    wire.sandbox.fault("vm_info", code=150000, message="ServerError: internal error")
    assert "150000" in (await wire.post(body))[2]
    wire.sandbox.answer("vm_info", "fine")
    assert "fine" in (await wire.post(body))[2]
    assert "501020" in (await wire.post(body))[2]
    assert wire.sandbox.calls["vm_info"] == 4


async def test_an_ill_typed_call_counts_for_the_rate_limit(serving):
    body = call("vm_info", "x", "<int>abc</int>")
    async with serving(rate_limit=RateLimit(2, 60.0)) as wire:
        assert [(await wire.post(body))[0] for _ in range(3)] == [200, 200, 429]


# -- typed by their look ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<int>0123</int>", "0123"),
        ("<i4>007</i4>", "007"),
        ("<i8>00112233445566778899</i8>", "00112233445566778899"),
        ("<double>1.10</double>", "1.10"),
        ("<double>4</double>", "4"),
        ("<double>1e5</double>", "1e5"),
        ("<double>12345e678</double>", "12345e678"),
        ("<double>NaN</double>", "NaN"),
        (f"<int>{'9' * 60}</int>", "9" * 60),
        ("<int>abc</int>", "abc"),
        ("<i4>1x</i4>", "1x"),
        ("<boolean>2</boolean>", "2"),
        ("<dateTime.iso8601>yesterday</dateTime.iso8601>", "yesterday"),
        ("<base64>d2Vi</base64>", "web"),
        ("<boolean>1</boolean>", "1"),
        ("<string>web</string>", "web"),
        ("web", "web"),
    ],
)
async def test_a_name_reaches_the_service_as_it_was_written(wire, send, xml, text):
    await send("disk_create", struct(size="<int>1024</int>", name=xml))
    assert wire.sandbox.disks[0]["name"] == text
    numbers = ["<int>111</int>", "<int>1</int>", "<int>1</int>"]
    await send("vm_create", xml, "<string>my_password</string>", *numbers, "<struct/>")
    assert wire.sandbox.vms[0]["hostname"] == text


@pytest.mark.parametrize(
    ("password", "xml"),
    [
        ("00123456", "<int>00123456</int>"),
        ("+12345678", "<int>+12345678</int>"),
        (" 12345678 ", "<int> 12345678 </int>"),
        ("123456.10", "<double>123456.10</double>"),
        ("20060101T00:00:00", "<dateTime.iso8601>20060101T00:00:00</dateTime.iso8601>"),
        ("2006-01-01T00:00:00", "<dateTime.iso8601>2006-01-01T00:00:00</dateTime.iso8601>"),
        ("20060101T24:00:00", "<dateTime.iso8601>20060101T24:00:00</dateTime.iso8601>"),
        ("20060101T10:00Z", "<dateTime.iso8601>20060101T10:00Z</dateTime.iso8601>"),
        ("20061399T00:00:00", "<dateTime.iso8601>20061399T00:00:00</dateTime.iso8601>"),
        ("12345e678", "<double>12345e678</double>"),
        ("1e999", "<double>1e999</double>"),
        ("-INF", "<double>-INF</double>"),
        ("9" * 1200, f"<int>{'9' * 1200}</int>"),
        ("9" * 5000, f"<i8>{'9' * 5000}</i8>"),
        ("hunter2!", "<int>hunter2!</int>"),
        ("grün€", f"<base64>{b64encode('grün€'.encode()).decode()}</base64>"),
    ],
)
async def test_a_password_is_the_text_that_was_typed_in(serving, password, xml):
    async with serving(password=password) as wire:
        _, _, text = await wire.post(call("login", "AA1234-GANDI", xml))
        assert xmlrpc.client.loads(text)[0][0]


async def test_base64_that_is_no_text_is_of_the_wrong_type(send):
    code, message = await refusal(
        send, "disk_create", struct(size="<int>1</int>", name="<base64>/w==</base64>")
    )
    assert (code % 100, message[-14:]) == (10, "[name: base64]")


@pytest.mark.parametrize(
    "date",
    [
        "20060101T00:00:00",
        "2006-01-01T00:00:00",
        "2006-01-01 00:00:00",
        "20060101T00:00:00Z",
        "2006-01-01T02:00:00+02:00",
        "20051231T19:00:00-0500",
        "2006-01-01",
        "20060101",
        "2006-01-01T00:00",
        "20060101t00:00:00z",
        "20051231T24:00:00",
    ],
)
@pytest.mark.parametrize("kind", ["dateTime.iso8601", "string", "base64"])
async def test_a_filter_takes_every_form_of_a_date(wire, send, date, kind):
    wire.sandbox.set_date(datetime(2006, 1, 1) - timedelta(seconds=20))
    first = await wire("hosting_account_product_add", "shares", 4, "1m")
    wire.sandbox.advance(40)
    second = await wire("hosting_account_product_add", "shares", 4, "1m")
    sent = b64encode(date.encode()).decode() if kind == "base64" else date
    filtered = f"<{kind}>{sent}</{kind}>"
    for event in ("created", "updated"):
        assert await send("operation_list", struct(**{f"{event}_after": filtered})) == [second]
        assert await send("operation_list", struct(**{f"{event}_before": filtered})) == [first]


async def test_a_date_without_dashes_may_be_typed_as_a_number(wire, send):
    await wire("hosting_account_product_add", "shares", 4, "1m")
    listed = [
        await send("operation_list", struct(created_after=f"<int>{date}</int>"))
        for date in (20060101, 29990101)
    ]
    assert [len(ids) for ids in listed] == [1, 0]
