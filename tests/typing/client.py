"""What type checkers know of the client and the sandbox. This file is checked, never run."""

from datetime import datetime
from typing import Any, assert_type

from aiogandi import (
    VM,
    Disk,
    Gandi,
    HostingAccount,
    OperatingSystem,
    Operation,
    OperationDetails,
    OperationState,
    Polling,
    RateLimit,
    Retry,
    Stats,
)
from aiogandi.sandbox import Sandbox


def made() -> None:
    assert_type(Gandi("AA1234-GANDI", "mypassword"), Gandi)
    Gandi("AA1234-GANDI", "mypassword", rate_limit=None, retry=Retry(3), polling=Polling(0.5))
    Gandi("AA1234-GANDI", "mypassword", rate_limit=30)  # type: ignore[arg-type]
    Gandi("AA1234-GANDI", "mypassword", "http://[::1]/")  # type: ignore[call-arg]


def made_from_the_environment() -> None:
    assert_type(Gandi.from_env(), Gandi)
    Gandi.from_env(login="AA1234-GANDI", timeout=5, rate_limit=RateLimit(15, per=1), http=None)
    Gandi.from_env(timeout="5")  # type: ignore[arg-type]
    Gandi.from_env(time_out=5)  # type: ignore[call-arg]


async def reading(gandi: Gandi) -> None:
    assert_type(await gandi.account_currency(), str)
    assert_type(await gandi.account_balance(), float)
    assert_type(await gandi.hosting_account_info(), HostingAccount)
    assert_type(await gandi.vm_list(), list[int])
    assert_type(await gandi.vm_info(5), VM)
    assert_type(await gandi.vm_disk_list(5), list[int])
    assert_type(await gandi.disk_list(), list[int])
    assert_type(await gandi.disk_info(6), Disk)
    assert_type(await gandi.os_list(), list[OperatingSystem])
    day = datetime(2026, 1, 31)
    assert_type(await gandi.operation_list(state="RUN", created_after=day), list[int])
    assert_type(await gandi.operation_details(9), OperationDetails)
    assert_type(await gandi.call("vm_count"), Any)
    assert_type(gandi.stats, Stats)
    await gandi.vm_info("web-01")  # type: ignore[arg-type]


async def changing(gandi: Gandi) -> None:
    assert_type(await gandi.hosting_account_product_add("shares", 20, "1m"), Operation)
    assert_type(await gandi.hosting_account_product_renew(1, "1m"), Operation)
    assert_type(await gandi.hosting_account_product_update(1, 30), Operation)
    assert_type(await gandi.hosting_account_product_remove(1), Operation)
    assert_type(await gandi.vm_update(5, {"shares": 5}), Operation)
    assert_type(await gandi.vm_start(5), Operation)
    assert_type(await gandi.vm_stop(5), Operation)
    assert_type(await gandi.vm_reboot(5), Operation)
    assert_type(await gandi.vm_delete(5), Operation)
    assert_type(await gandi.disk_attach(5, 6), Operation)
    assert_type(await gandi.disk_detach(5, 6), Operation)
    assert_type(await gandi.disk_delete(6), Operation)
    await gandi.operation_cancel(9)


async def waiting(operation: Operation) -> None:
    assert_type(await operation, OperationDetails)
    assert_type(await operation.wait(timeout=60), OperationDetails)
    assert_type(operation.id, int | None)
    assert_type(operation.state, OperationState | None)
    assert_type(operation.done(), bool)
    async for state in operation:
        assert_type(state, OperationState)


async def on_the_sandbox() -> None:
    async with Sandbox(speed=60) as sandbox, sandbox.client(timeout=5) as gandi:
        assert_type(sandbox, Sandbox)
        assert_type(gandi, Gandi)
        assert_type(sandbox.url, str)


def names_that_are_not_there() -> None:
    from aiogandi import nonsense  # type: ignore[attr-defined]  # noqa: PLC0415

    assert_type(nonsense, Any)
