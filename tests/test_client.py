"""Every call of the API, on the sandbox: what it returns, and what is refused before it is sent."""

import asyncio
import inspect
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from aiogandi import (
    VM,
    Disk,
    Fault,
    Gandi,
    HostingAccount,
    InvalidArgument,
    NotFound,
    OperatingSystem,
    Operation,
    OperationDetails,
    OutcomeUnknown,
    Polling,
    Product,
    RateLimit,
    Retry,
    Stats,
    TransportError,
    codec,
)
from aiogandi.client import URL
from aiogandi.sandbox import Sandbox

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
        "web-01", PASSWORD, 111, shares=4, cpu=2, specs={"login": "admin", "memory": 1024}
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


# -- what is refused before it is sent -------------------------------------------------------

NO_IDS = [0, -1, True, 1.0, "1", None, 2**31, 10**5000]
NO_TEXTS = ["", "  ", None, 5, b"web"]
NO_DURATIONS = ["", "1", "m", "0m", "-1m", "1d", "1M", "1m ", "m1", "٣m", "10000m", 1, None]
CREATE = {"hostname": "web", "password": PASSWORD, "os_id": 111, "shares": 1, "cpu": 1}

WRONG = [
    *(
        (method, dict.fromkeys(names, 1) | {wrong: value}, wrong)
        for method, names in {
            "vm_info": ["vm_id"],
            "vm_delete": ["vm_id"],
            "vm_start": ["vm_id"],
            "vm_stop": ["vm_id"],
            "vm_reboot": ["vm_id"],
            "vm_disk_list": ["vm_id"],
            "disk_info": ["disk_id"],
            "disk_delete": ["disk_id"],
            "disk_attach": ["vm_id", "disk_id"],
            "disk_detach": ["vm_id", "disk_id"],
            "operation_details": ["operation_id"],
            "operation_cancel": ["operation_id"],
            "hosting_account_product_remove": ["product_id"],
            "hosting_account_product_update": ["product_id", "quantity"],
        }.items()
        for wrong in names
        for value in NO_IDS
    ),
    *(
        ("vm_create", CREATE | {name: v}, name)
        for name in ("os_id", "shares", "cpu")
        for v in NO_IDS
    ),
    *(
        ("vm_create", CREATE | {name: v}, name)
        for name in ("hostname", "password")
        for v in NO_TEXTS
    ),
    *(("vm_create", CREATE | {"hostname": v}, "hostname") for v in ("a b", "a\tb", "a" * 256)),
    *(("vm_create", CREATE | {"hostname": v}, "hostname") for v in ("a\0b", "a\ud800b")),
    ("vm_create", CREATE | {"password": "a\0b"}, "password"),
    *(
        ("vm_create", CREATE | {"specs": v}, "specs")
        for v in (5, "a", [("a", 1)], {5: 1}, {"a": None})
    ),
    *(
        ("vm_update", {"vm_id": 1, "specs": {name: value}}, rf"specs\['{name}'\]")
        for name in ("size", "shares", "cpu", "memory")
        for value in (0, -1, True, 1.5, "0", "many", "-1", 2**31, "9" * 5000, "٣")
    ),
    *(("vm_update", {"vm_id": v, "specs": {"shares": 1}}, "vm_id") for v in NO_IDS),
    *(("vm_update", {"vm_id": 1, "specs": v}, "specs") for v in ({}, None, 5, {1: 2})),
    *(("disk_create", {"specs": v}, "specs") for v in ({}, None, 5, {1: 2}, {"name": object()})),
    *(
        (
            "hosting_account_product_add",
            {"product_name": v, "quantity": 1, "duration": "1m"},
            "product_name",
        )
        for v in NO_TEXTS
    ),
    *(
        (
            "hosting_account_product_add",
            {"product_name": "a", "quantity": v, "duration": "1m"},
            "quantity",
        )
        for v in NO_IDS
    ),
    *(
        (
            "hosting_account_product_add",
            {"product_name": "a", "quantity": 1, "duration": v},
            "duration",
        )
        for v in NO_DURATIONS
    ),
    *(
        ("hosting_account_product_renew", {"product_id": 1, "duration": v}, "duration")
        for v in NO_DURATIONS
    ),
    *(
        ("hosting_account_product_renew", {"product_id": v, "duration": "1m"}, "product_id")
        for v in NO_IDS
    ),
    *(("operation_list", {"type": v}, "type") for v in ("", 5)),
    *(("operation_list", {"state": v}, "state") for v in ("", "done", "WAIT", 5, ["DONE"])),
    *(
        ("operation_list", {name: value}, name)
        for name in ("created_after", "created_before", "updated_after", "updated_before")
        for value in ("20260131T00:00:00", 5, datetime.now(UTC).date())
    ),
    *(("operation_list", {"param": v}, "param") for v in (5, "a", {1: 2})),
    ("operation_list", {"param": {"vm_id": 2**31}}, r"filter\['param'\]\['vm_id'\]"),
    *(
        ("call", {"method": v}, "method")
        for v in (*NO_TEXTS, "login", " login", "vm\0list", "vm list")
    ),
]


@pytest.mark.parametrize(
    ("method", "arguments", "named"),
    WRONG,
    ids=[f"{method} {named} {n}" for n, (method, _, named) in enumerate(WRONG)],
)
async def test_a_wrong_argument_is_refused_before_anything_is_sent(
    gandi, gandi_sandbox, method, arguments, named
):
    with pytest.raises(InvalidArgument, match=rf"^{named}\b|^{named}") as caught:
        await getattr(gandi, method)(**arguments)
    assert isinstance(caught.value, ValueError)
    assert PASSWORD not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert not gandi_sandbox.calls


async def test_an_argument_of_any_call_is_named_by_its_place(gandi, gandi_sandbox):
    with pytest.raises(InvalidArgument, match=r"^argument 2\['size'\]: None"):
        await gandi.call("vm_update", 5, {"size": None})
    assert not gandi_sandbox.calls


@pytest.mark.parametrize("value", NO_IDS, ids=[f"{n}" for n in range(len(NO_IDS))])
async def test_an_operation_has_a_proper_id(gandi, value):
    with pytest.raises(InvalidArgument, match=r"^operation_id="):
        gandi.operation(value)


async def test_numbers_may_be_written_as_the_provider_wrote_them(gandi, gandi_sandbox):
    await gandi.disk_create({"size": "2048", "name": "data", "fstype": "ext3"})
    assert gandi_sandbox.disks[0]["size"] == 2048


# -- replies that are no use -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "reply"),
    [
        (("account_currency",), 5),
        (("account_balance",), "much"),
        (("account_balance",), True),
        (("vm_list",), {"a": 1}),
        (("os_list",), 5),
        (("vm_start", 1), "soon"),
        (("vm_start", 1), 0),
        (("vm_start", 1), -5),
        (("vm_start", 1), {"id": 5}),
        (("vm_start", 1), True),
    ],
)
async def test_a_reply_of_another_kind_is_told(raw_server, call, reply):
    def answer(body):
        method, _ = codec.decode_call(body)
        value = {"login": "session", "operation_list": []}.get(method, reply)
        body = codec.encode_response(value)
        return (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )

    url, _ = await raw_server(answer)
    async with Gandi("login", "password", url=url, retry=Retry(1, settle=0)) as gandi:
        with pytest.raises(TransportError, match=r"was due, but a|whether it ran is not known"):
            await getattr(gandi, call[0])(*call[1:])


async def test_a_balance_that_no_float_can_hold_is_told(raw_server):
    def answer(body):
        reply = codec.encode_response("session")
        if b"account_balance" in body:
            reply = reply.replace(b"<string>session</string>", b"<i8>" + b"9" * 400 + b"</i8>")
        return (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(reply)
            + reply
        )

    url, _ = await raw_server(answer)
    async with Gandi("login", "password", url=url, retry=Retry(1)) as gandi:
        with pytest.raises(TransportError, match="a number was due"):
            await gandi.account_balance()


# -- the client itself -----------------------------------------------------------------------


def test_the_signature_is_the_contracts():
    parameters = inspect.signature(Gandi).parameters
    defaults = {name: p.default for name, p in parameters.items() if p.default is not p.empty}
    del defaults["max_reply"]
    assert list(parameters)[:2] == ["login", "password"]
    assert defaults == {
        "url": "https://api.gandi.net/xmlrpc/",
        "safe": True,
        "handle": None,
        "session_lifetime": 43200,
        "renew_margin": 600,
        "timeout": 30,
        "rate_limit": RateLimit(30, per=2.0),
        "polling": Polling(),
        "retry": Retry(),
        "http": None,
    }
    assert all(p.kind is p.KEYWORD_ONLY for p in list(parameters.values())[2:])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"login": ""}, "login"),
        ({"login": 5}, "login"),
        ({"password": ""}, "password"),
        ({"password": b"s3cret"}, "password"),
        ({"url": "http://api.gandi.net/"}, "url"),
        ({"url": 5}, "url"),
        ({"safe": 1}, "safe"),
        ({"handle": ""}, "handle"),
        ({"session_lifetime": 0}, "session_lifetime"),
        ({"session_lifetime": "1"}, "session_lifetime"),
        ({"renew_margin": -1}, "renew_margin"),
        ({"renew_margin": 43200}, "renew_margin"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": float("nan")}, "timeout"),
        ({"rate_limit": 30}, "rate_limit"),
        ({"polling": 1.0}, "polling"),
        ({"retry": 5}, "retry"),
        ({"http": object()}, "http"),
        ({"max_reply": 0}, "max_reply"),
    ],
)
def test_a_wrong_setting_is_refused(wrong, named):
    with pytest.raises(InvalidArgument, match=rf"^{named}\b") as caught:
        Gandi(**{"login": "AA1234-GANDI", "password": PASSWORD} | wrong)
    assert "s3cret" not in str(caught.value)


class TestFromEnv:
    @pytest.fixture(autouse=True)
    def environment(self, monkeypatch):
        monkeypatch.setenv("GANDI_LOGIN", "AA1234-GANDI")
        monkeypatch.setenv("GANDI_PASSWORD", "mypassword")
        monkeypatch.delenv("GANDI_URL", raising=False)

    async def test_takes_the_credentials_and_the_url(self, gandi_sandbox, monkeypatch):
        monkeypatch.setenv("GANDI_URL", gandi_sandbox.url)
        async with Gandi.from_env() as gandi:
            assert await gandi.account_currency() == "EUR"

    def test_has_the_usual_url_where_none_is_set(self, monkeypatch):
        assert Gandi.from_env()._transport.url == URL
        monkeypatch.setenv("GANDI_URL", "")
        assert Gandi.from_env()._transport.url == URL

    async def test_lets_arguments_win(self, gandi_sandbox):
        async with Gandi.from_env(url=gandi_sandbox.url, password="wrong", timeout=5) as gandi:
            with pytest.raises(Exception, match="login refused"):
                await gandi.vm_list()

    @pytest.mark.parametrize("name", ["GANDI_LOGIN", "GANDI_PASSWORD"])
    def test_names_what_is_missing(self, monkeypatch, name):
        monkeypatch.delenv(name)
        with pytest.raises(InvalidArgument, match=f"not set in the environment: {name}$"):
            Gandi.from_env()


async def test_anothers_http_session_is_used_and_stays_open(gandi_sandbox):
    async with aiohttp.ClientSession() as http:
        async with gandi_sandbox.client(http=http) as gandi:
            assert await gandi.vm_list() == []
        assert not http.closed


async def test_what_was_done_is_counted(gandi, gandi_sandbox):
    assert gandi.stats == Stats()
    gandi_sandbox.refuse("vm_list", retry_after=0)
    await gandi.vm_list()
    await (await gandi.vm_create("web-01", PASSWORD, 111, 1, 1))
    stats = gandi.stats
    assert stats.requests == gandi_sandbox.calls.total()
    assert (stats.logins, stats.retries) == (1, 1)
    assert 1 <= stats.polls < stats.requests


async def test_one_client_serves_any_number_of_tasks(gandi):
    operations = await asyncio.gather(
        *(gandi.vm_create(f"web-{n}", PASSWORD, 111, 1, 1) for n in range(100))
    )
    assert len({operation.vm_id for operation in operations}) == 100
    await asyncio.gather(*operations)
    assert len(await gandi.vm_list()) == 100


async def test_a_reply_that_is_larger_than_allowed_is_told():
    async with Sandbox() as sandbox, sandbox.client(max_reply=300, retry=Retry(1)) as gandi:
        assert await gandi.vm_list() == []
        with pytest.raises(TransportError, match="larger than 300 bytes"):
            await gandi.os_list()


async def test_a_thing_that_is_not_there_is_told(gandi):
    with pytest.raises(NotFound) as caught:
        await gandi.vm_info(5)
    assert caught.value.element == "vm_id"


def test_a_call_outside_a_task_is_told():
    coroutine = Gandi("AA1234-GANDI", PASSWORD).vm_list()
    with pytest.raises(RuntimeError):
        coroutine.send(None)
