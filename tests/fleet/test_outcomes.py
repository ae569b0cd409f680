"""What becomes of items, and that no secret is in it."""

import asyncio
import logging
import pickle

import pytest

from aiogandi import VM, Done, Failed, OperationDetails, OperationState, RedisHub
from aiogandi.changes.discretion import KnownSecrets
from aiogandi.errors import ItemFailed
from aiogandi.fleet import outcomes
from aiogandi.fleet.fleet import Fleet
from aiogandi.fleet.outcomes import LARGEST, Unfit
from aiogandi.redaction import Secret
from aiogandi.sandbox import QUICK, Sandbox
from tests.fleet.fleets import books_of, make_server, outcomes_of, working
from tests.hub.contents import contents
from tests.integration.secrets.leaks import LOGIN_PASSWORD, VM_CORE, VM_PASSWORD, Output

NONE = KnownSecrets(())
KNOWN = KnownSecrets([Secret("hunter2-xé")])

# -- as they are written -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "result", [None, 5, "web-1", "\ud800", {"a": [1, {"b": 0.5}]}, "x" * (LARGEST - 100)], ids=repr
)
def test_what_is_json_comes_back(result):
    written = outcomes.done(result, KNOWN, repeated=True)

    assert outcomes.read("web-1", written) == Done("web-1", result, True)


async def test_models_come_back(fleet):
    @fleet.action
    async def provision(gandi, name):
        operation = await gandi.vm_create(name, VM_PASSWORD, 111, 1, 1)
        await operation
        return await gandi.vm_info(operation.vm_id)

    @fleet.action
    async def begin(gandi, name):
        return await gandi.vm_create(name, VM_PASSWORD, 111, 1, 1)

    async with working(fleet):
        run = await fleet.submit(provision, ["web-1"], run="servers")
        [vm] = await outcomes_of(run)
        run = await fleet.submit(begin, ["web-2"], run="others")
        [operation] = await outcomes_of(run)

    assert isinstance(vm.result, VM)
    assert vm.result.hostname == "web-1"
    assert isinstance(operation.result, OperationDetails)
    assert operation.result.state is OperationState.DONE


@pytest.mark.parametrize(
    "result",
    [
        *(object(), {1, 2}, (1, 2), float("nan"), {1: "a"}, {"password": "x"}, "x" * LARGEST),
        *("hunter2-xé", {"a": ["it is hunter2-xé."]}, {"hunter2-xé": 1}, 10**5000),
    ],
    ids=lambda result: f"{type(result).__name__}",
)
def test_what_cannot_be_sent_is_unfit(result):
    with pytest.raises(Unfit, match="it is done, but its result") as raised:
        outcomes.done(result, KNOWN, repeated=False)

    assert "hunter2" not in str(raised.value)


def test_a_failure_comes_back_and_is_pickled():
    outcome = outcomes.read("web-1", outcomes.failed("LookupError", "not there"))

    assert isinstance(outcome, Failed)
    again = pickle.loads(pickle.dumps(outcome.error))
    assert type(again) is ItemFailed
    assert (str(again), again.kind) == ("LookupError: not there", "LookupError")
    assert str(ItemFailed("Died", "")) == "Died"


# -- as they end ---------------------------------------------------------------------------------


async def test_unfit_results_fail_the_item_and_the_work_is_kept(fleet, sandbox):
    @fleet.action
    async def tell(gandi, name):
        await make_server(gandi, name)
        return object()

    async with working(fleet):
        for _ in range(2):
            run = await fleet.submit(tell, ["web-1"], run="servers")
            [outcome] = await outcomes_of(run)
            assert outcome.error.kind == "Unfit"

    assert len(sandbox.vms) == 1


class Mute(Exception):
    def __str__(self):
        raise ValueError("it has no text")


class Long(Exception):
    def __str__(self):
        return "x" * 10_000_000


async def raise_it(error):
    raise error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (SystemExit(1), "SystemExit"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (asyncio.CancelledError("by itself"), "CancelledError"),
        (GeneratorExit(), "GeneratorExit"),
        (BaseExceptionGroup("", [SystemExit()]), "BaseExceptionGroup"),
        (StopIteration(), "RuntimeError"),
        (TimeoutError(), "TimeoutError"),
        (Mute(), "Mute"),
        (Long(), "Long"),
        (LookupError("\ud800 \0"), "LookupError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_whatever_an_action_raises_is_its_outcome(fleet, error, kind):
    @fleet.action
    async def fail(_, item):
        if item:
            raise error
        return item

    async with working(fleet):
        run = await fleet.submit(fail, [0, 1], run="numbers")
        found = {outcome.item: outcome for outcome in await outcomes_of(run)}

    assert found[0] == Done(0, 0)
    assert found[1].error.kind == kind
    assert len(str(found[1].error)) < 3000


# -- secrets -------------------------------------------------------------------------------------


async def test_no_secret_is_told_or_kept(store_server, caplog):
    """Each item has a password of its own, and 100 are under way at once: a client remembers the latest few alone."""
    caplog.set_level(logging.DEBUG)
    output, arrived = Output(), 0
    gate = asyncio.Event()
    async with Sandbox(speed=300, password=LOGIN_PASSWORD) as sandbox:
        fleet = Fleet(
            RedisHub(store_server().url),
            account=lambda _: dict(
                login="AA1234-GANDI", password=LOGIN_PASSWORD, url=sandbox.url, **QUICK
            ),
        )

        @fleet.action
        async def tell(gandi, item):
            nonlocal arrived
            password = f"{VM_PASSWORD}{item['number']}"
            await (await gandi.vm_create(f"web-{item['number']}", password, 111, 1, 1))
            arrived += 1
            if arrived == 100:
                gate.set()
            await gate.wait()
            match item["how"]:
                case 0:
                    raise ValueError(f"it was {password} of {LOGIN_PASSWORD}")
                case 1:
                    return f"it is {password}"
                case 2:
                    return {"vm": [password], LOGIN_PASSWORD: 1}
                case 3:
                    raise LookupError(sandbox.url, password.encode())

        items = [{"number": number, "how": number % 4} for number in range(100)]
        async with working(fleet, limit=100):
            run = await fleet.submit(tell, items, run="r", key=lambda item: f"{item['number']}")
            found = await outcomes_of(run, 60)
        async with books_of(fleet):
            output.add(repr(await contents(fleet.hub.store.command)))

    assert len(found) == 100
    assert {outcome.error.kind for outcome in found} == {"ValueError", "LookupError", "Unfit"}
    for outcome in found:
        output.add_error(outcome.error)
    output.add(caplog.text)
    assert len(output.texts) > 100
    assert not output.leaks()
    assert VM_CORE in VM_PASSWORD
