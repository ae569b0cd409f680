"""The provider's samples for Perl, whose library types a value by its look, and other freedoms that
the wire allows: ``<int>`` and ``<i4>``, values without a type, members in any order.
"""

import pytest

from aiogandi.sandbox import Sandbox

HEAD = '<?xml version="1.0" encoding="UTF-8"?><methodCall><methodName>'


def call(method, *values):
    params = "".join(f"<param><value>{value}</value></param>" for value in values)
    return f"{HEAD}{method}</methodName><params>{params}</params></methodCall>"


def struct(**members):
    inner = "".join(
        f"<member><name>{name}</name><value>{value}</value></member>"
        for name, value in members.items()
    )
    return f"<struct>{inner}</struct>"


def string(text):
    return f"<string>{text}</string>"


@pytest.fixture
async def session(send):
    document = call("login", string("AA1234-GANDI"), string("mypassword"), "<boolean>1</boolean>")
    return string(await send(document))


async def test_a_password_of_digits_arrives_as_a_number(send_to):
    document = call("login", string("AA1234-GANDI"), "<int>12345678</int>")
    async with Sandbox(password="12345678") as sandbox:
        assert await send_to(sandbox, document)


async def test_a_vms_password_and_hostname_of_digits_arrive_as_numbers(send, session, sandbox):
    numbers = ["<int>2024</int>", "<int>12345678</int>", "<int>111</int>", "<int>4</int>"]
    await send(call("vm_create", session, *numbers, "<int>1</int>", "<struct/>"))
    assert sandbox.vms[0]["hostname"] == "2024"


async def test_values_may_lack_a_type(send, sandbox):
    session = await send(call("login", "AA1234-GANDI", "mypassword"))
    vm_id = await send(
        call("vm_create", session, "vmtest1", "my_password", "111", "4", "1", struct(login="gandi"))
    )
    sandbox.advance(60)
    assert (await send(call("vm_info", session, vm_id)))["state"] == "running"


@pytest.mark.parametrize("kind", ["int", "i4", "i8", "string"])
async def test_a_number_may_have_any_of_the_wires_names(send, session, kind):
    def number(value):
        return f"<{kind}>{value}</{kind}>"

    assert await send(
        call(
            "vm_create",
            session,
            string("vmtest1"),
            string("my_password"),
            number(111),
            number(4),
            number(1),
            struct(login=string("gandi")),
        )
    )


@pytest.mark.parametrize("order", [("size", "name", "fstype"), ("fstype", "name", "size")])
async def test_members_come_in_any_order(send, session, sandbox, order):
    members = {"size": "<int>2048</int>", "name": "disk2GB", "fstype": string("ext3")}
    await send(call("disk_create", session, struct(**{name: members[name] for name in order})))
    disk = sandbox.disks[0]
    assert (disk["size"], disk["name"], disk["fstype"]) == (2048, "disk2GB", "ext3")


async def test_a_members_value_may_come_before_its_name(send, session, sandbox):
    specs = (
        "<struct><member><value><i4>2048</i4></value><name>size</name></member>"
        "<member><value>disk2GB</value><name>name</name></member></struct>"
    )
    await send(call("disk_create", session, specs))
    assert sandbox.disks[0]["size"] == 2048


async def test_white_space_and_comments_between_elements_mean_nothing(send, session):
    document = call("account_currency", session)
    spaced = document.replace("><", ">\n  <").replace("<params>", "<params><!-- session -->")
    assert await send(spaced) == "EUR"


async def test_the_rest_of_the_samples_calls_work_with_numbers(send, session, sandbox):
    assert await send(call("account_currency", session)) == "EUR"
    assert await send(call("account_balance", session)) == 10_000.0
    assert (await send(call("hosting_account_info", session)))["handle"] == "AA1234-GANDI"
    shop = "hosting_account_product_"
    await send(call(shop + "add", session, string("shares"), "<int>4</int>", string("1m")))
    sandbox.advance(5)
    product = f"<int>{sandbox.products[1]['id']}</int>"
    await send(call(shop + "renew", session, product, string("1m")))
    await send(call(shop + "update", session, product, "<int>5</int>"))
    await send(call(shop + "remove", session, product))
    sandbox.advance(15)
    assert [each["state"] for each in sandbox.operations] == ["DONE"] * 4
