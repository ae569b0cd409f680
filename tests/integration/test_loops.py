"""One client belongs to one loop of one process: elsewhere it says so before anything is sent."""

import asyncio
import gc
import inspect
import os
import traceback

import pytest

from aiogandi import ClientClosed, Gandi, Polling, WrongLoop, bulk
from tests.integration.loops_apart import loop_in_a_thread, run_in, sandbox_in_a_thread
from tests.waiting import until

PASSWORD = "s3cret-pw"

CALLS = {
    "call": lambda gandi: gandi.call("vm_list", idempotent=True),
    "recover": lambda gandi: gandi.recover(),
    "account_currency": lambda gandi: gandi.account_currency(),
    "account_balance": lambda gandi: gandi.account_balance(),
    "hosting_account_info": lambda gandi: gandi.hosting_account_info(),
    "hosting_account_product_add": lambda gandi: gandi.hosting_account_product_add(
        "shares", 1, "1m"
    ),
    "hosting_account_product_renew": lambda gandi: gandi.hosting_account_product_renew(1, "1m"),
    "hosting_account_product_remove": lambda gandi: gandi.hosting_account_product_remove(1),
    "hosting_account_product_update": lambda gandi: gandi.hosting_account_product_update(1, 1),
    "vm_create": lambda gandi: gandi.vm_create("web", PASSWORD, 111, 1, 1),
    "vm_info": lambda gandi: gandi.vm_info(1),
    "vm_list": lambda gandi: gandi.vm_list(),
    "vm_update": lambda gandi: gandi.vm_update(1, {"shares": 5}),
    "vm_delete": lambda gandi: gandi.vm_delete(1),
    "vm_start": lambda gandi: gandi.vm_start(1),
    "vm_stop": lambda gandi: gandi.vm_stop(1),
    "vm_reboot": lambda gandi: gandi.vm_reboot(1),
    "vm_disk_list": lambda gandi: gandi.vm_disk_list(1),
    "disk_list": lambda gandi: gandi.disk_list(),
    "disk_create": lambda gandi: gandi.disk_create({"size": 1024}),
    "disk_info": lambda gandi: gandi.disk_info(1),
    "disk_delete": lambda gandi: gandi.disk_delete(1),
    "disk_attach": lambda gandi: gandi.disk_attach(1, 1),
    "disk_detach": lambda gandi: gandi.disk_detach(1, 1),
    "operation_list": lambda gandi: gandi.operation_list(),
    "operation_details": lambda gandi: gandi.operation_details(1),
    "operation_cancel": lambda gandi: gandi.operation_cancel(1),
    "os_list": lambda gandi: gandi.os_list(),
    "drain": lambda gandi: gandi.drain(),
    "close": lambda gandi: gandi.close(),
}
"""Every coroutine that a client has."""


async def awaited(operation):
    return await operation


async def first_state(operation):
    return await anext(aiter(operation))


WAITS = {
    "wait": lambda operation: operation.wait(),
    "wait with a deadline": lambda operation: operation.wait(timeout=5),
    "await": awaited,
    "async for": first_state,
    "cancel": lambda operation: operation.cancel(),
}
"""Every way to wait for an operation."""


@pytest.fixture(scope="module")
def service():
    with sandbox_in_a_thread(speed=1000) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(service):
    service.calls.clear()
    return service


@pytest.fixture
def first():
    """The client's first loop. It stays open until the end of the test, and does not always run."""
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def gandi(sandbox, first):
    """A client that was used in that loop."""
    gandi = sandbox.client(polling=Polling(interval=0.01, max_interval=0.05))
    first.run(gandi.vm_list())
    yield gandi
    first.run(gandi.close())


async def told(calls):
    """What each of the calls raises, none of which may hang."""
    async with asyncio.timeout(10):
        results = await asyncio.gather(*calls.values(), return_exceptions=True)
    return dict(zip(calls, results, strict=True))


def test_every_coroutine_of_the_client_is_tried():
    found = {name for name, _ in inspect.getmembers(Gandi, inspect.iscoroutinefunction)}
    assert {name for name in found if not name.startswith("_")} == set(CALLS)


def test_every_call_in_a_second_loop_is_told_and_nothing_is_sent(sandbox, first, gandi):
    sent = sandbox.calls.copy()
    errors = asyncio.run(told({name: call(gandi) for name, call in CALLS.items()}))
    for name, error in errors.items():
        assert isinstance(error, WrongLoop), (name, error)
        assert "not running now" in str(error)
    assert sandbox.calls == sent
    assert gandi.pending() == []
    assert first.run(gandi.account_currency()) == "EUR"  # and the first loop is not disturbed


@pytest.mark.parametrize("known", [False, True], ids=["fresh", "seen"])
def test_every_wait_in_a_second_loop_is_told(sandbox, first, gandi, known):
    operation = first.run(gandi.vm_create("web", PASSWORD, 111, 1, 1))
    if known:
        sandbox.hold_operation("vm_stop")
        first.run(operation.wait())
        operation = first.run(gandi.vm_stop(operation.vm_id))
        assert first.run(first_state(operation)) is not None
    sent = sandbox.calls.copy()
    errors = asyncio.run(told({name: wait(operation) for name, wait in WAITS.items()}))
    for name, error in errors.items():
        assert isinstance(error, WrongLoop), (name, error)
    assert sandbox.calls == sent
    sandbox.release_operations()
    assert first.run(operation.wait(timeout=20)).state == "DONE"


def test_a_bulk_run_in_a_second_loop_is_told_and_nothing_is_sent(sandbox, gandi):
    async def run():
        return [type(outcome.error) async for outcome in bulk(gandi.vm_start, [1, 2, 3])]

    sent = sandbox.calls.copy()
    assert asyncio.run(run()) == [WrongLoop] * 3
    assert sandbox.calls == sent


def test_another_threads_loop_is_told_what_to_do(sandbox):
    with loop_in_a_thread() as loop:
        gandi = sandbox.client()
        run_in(loop, gandi.vm_list())
        sent = sandbox.calls.copy()
        errors = asyncio.run(told({name: call(gandi) for name, call in CALLS.items()}))
        for name, error in errors.items():
            assert isinstance(error, WrongLoop), (name, error)
            assert "another thread" in str(error)
            assert "run_coroutine_threadsafe" in str(error)
        assert sandbox.calls == sent
        assert run_in(loop, gandi.account_currency()) == "EUR"
        run_in(loop, gandi.close())


def test_a_client_that_has_sent_nothing_is_at_home_in_the_first_loop_that_uses_it(sandbox):
    gandi = sandbox.client()

    async def refused():
        with pytest.raises(ValueError, match="vm_id"):
            await gandi.vm_info(0)

    asyncio.run(refused())

    async def use():
        async with gandi:
            return await gandi.account_currency()

    assert asyncio.run(use()) == "EUR"


def test_a_client_that_was_entered_is_at_home_there(sandbox, first):
    gandi = sandbox.client()
    first.run(gandi.__aenter__())
    [error] = asyncio.run(told({"vm_list": gandi.vm_list()})).values()
    assert isinstance(error, WrongLoop)
    assert not sandbox.calls
    first.run(gandi.__aexit__(None, None, None))


# A loop that ends before its connections are closed is warned of by asyncio and by the socket itself.
@pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
class TestTheFirstLoopHasEnded:
    @pytest.fixture
    def gandi(self, sandbox):
        gandi = sandbox.client()
        asyncio.run(gandi.vm_list())
        yield gandi
        asyncio.run(gandi.close())
        gc.collect()  # what asyncio warns of is warned of here

    def test_a_call_is_told_at_once(self, sandbox, gandi):
        sent = sandbox.calls.copy()
        [error] = asyncio.run(told({"vm_list": gandi.vm_list()})).values()
        assert isinstance(error, WrongLoop)
        assert "was closed" in str(error)
        assert sandbox.calls == sent

    def test_closing_closes_what_needs_no_loop(self, sandbox, caplog):
        gandi = sandbox.client()
        asyncio.run(gandi.vm_list())

        for _ in range(2):
            asyncio.run(gandi.close())
        calls = {"read": gandi.vm_list(), "changing": gandi.vm_stop(1)}
        for error in asyncio.run(told(calls)).values():
            assert isinstance(error, ClientClosed)
        del gandi, calls
        gc.collect()
        assert not caplog.records  # aiohttp would tell of a session that nobody has closed

    def test_what_had_left_is_unknown_once_it_is_closed(self, sandbox):
        async def leave():
            gandi = sandbox.client()
            await gandi.hosting_account_product_add("shares", 1, "1m")
            sandbox.delay("vm_create", seconds=60)
            call = asyncio.create_task(gandi.vm_create("web", PASSWORD, 111, 1, 1))
            await until(lambda: sandbox.calls["vm_create"])
            assert not call.done()
            return gandi

        gandi = asyncio.run(leave())
        asyncio.run(gandi.close())
        [pending] = gandi.pending()
        assert (pending.method, pending.state) == ("vm_create", "unknown")

    def test_closing_twice_in_two_loops_does_nothing(self, sandbox):
        gandi = sandbox.client()

        async def use():
            async with gandi:
                await gandi.vm_list()

        asyncio.run(use())
        asyncio.run(gandi.close())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
class TestAForkedProcess:
    def in_a_child(self, tell):
        """What *tell* returns in a forked process."""
        read, write = os.pipe()
        child = os.fork()
        if not child:
            os.close(read)
            try:
                answer = tell()
            except BaseException:  # noqa: BLE001 - it must not go on as a second run of the suite
                answer = traceback.format_exc()
            os.write(write, answer.encode())
            os._exit(0)
        os.close(write)
        with os.fdopen(read) as pipe:
            answer = pipe.read()
        os.waitpid(child, 0)
        return answer

    @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
    def test_every_call_is_told_and_nothing_is_sent(self, sandbox, first, gandi):
        def tell():
            errors = asyncio.run(told({name: call(gandi) for name, call in CALLS.items()}))
            return "\n".join({repr(error) for error in errors.values()})

        sent = sandbox.calls.copy()
        answer = self.in_a_child(tell)
        assert answer.startswith("WrongLoop('the client is used in a forked process")
        assert "\n" not in answer
        assert sandbox.calls == sent
        assert (
            first.run(gandi.account_currency()) == "EUR"
        )  # on the connection that the child left alone

    @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
    def test_also_inside_of_the_very_coroutine_that_forked(self, sandbox, first, gandi):
        def tell():
            errors = set()
            for call in CALLS.values():
                with pytest.raises(WrongLoop) as caught:
                    call(gandi).send(None)
                errors.add(str(caught.value))
            return "\n".join(errors)

        async def fork():
            return self.in_a_child(tell)

        answer = first.run(fork())
        assert answer.startswith("the client is used in a forked process")
        assert "\n" not in answer

    @pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
    def test_a_client_that_has_sent_nothing_goes_along(self, sandbox):
        gandi = sandbox.client()

        async def use():
            async with gandi:
                return await gandi.account_currency()

        assert self.in_a_child(lambda: asyncio.run(use())) == "EUR"
