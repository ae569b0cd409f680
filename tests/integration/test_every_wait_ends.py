"""Details and lists back each other up: where one goes wrong for good, the other ends the waits."""

import asyncio

import pytest

from aiogandi import (
    NotFound,
    OperationFailed,
    OperationTimeout,
    Polling,
    ServerFault,
    TransportError,
)
from aiogandi.sandbox.trouble import Answer, AnswerFault, Garble, Refuse
from tests.integration.polling import (
    DETAILS,
    HANG,
    INTERNAL,
    LISTS,
    POLLS,
    TAKES,
    ends,
    new_sandbox,
    reboots,
    trouble_for,
)
from tests.integration.service import on_service
from tests.virtual_time import run_in_virtual_time

NUMBERS = (1, 2, 30)

SOON = 60.0
"""Seconds after its end within which a wait must learn of it, whatever is wrong with one way."""

SLOWLY = 150.0
"""The same where the list of many lies: it vouches for operations that it does not show."""


async def one_way_is_wrong(method, trouble, number, *, fail, bound):
    async with new_sandbox() as sandbox, sandbox.client() as gandi:
        operations = await reboots(sandbox, gandi, number, fail=fail)
        trouble_for(sandbox, trouble, method)
        told, seconds = await ends(operations, within=1800)
        assert told == {"OperationFailed" if fail else "DONE"}
        assert seconds < TAKES + bound


@pytest.mark.parametrize("trouble", DETAILS.values(), ids=DETAILS)
@pytest.mark.parametrize("fail", [False, True], ids=["done", "failed"])
def test_lists_end_the_waits_where_details_never_do(trouble, fail):
    async def story():
        for number in NUMBERS:
            await one_way_is_wrong("operation_details", trouble, number, fail=fail, bound=SOON)

    run_in_virtual_time(story())


@pytest.mark.parametrize("trouble", LISTS.values(), ids=LISTS)
def test_details_end_the_waits_where_lists_never_do(trouble):
    async def story():
        for number, fail in zip(NUMBERS, (False, True, True), strict=True):
            bound = SLOWLY if trouble == Answer([]) and number > 2 else SOON
            await one_way_is_wrong("operation_list", trouble, number, fail=fail, bound=bound)

    run_in_virtual_time(story())


@pytest.mark.parametrize("method", ["operation_list", "vm_info"])
@pytest.mark.parametrize("trouble", [INTERNAL, Refuse(500), Garble(), HANG, Answer(7)], ids=str)
def test_a_creation_whose_id_is_to_be_found_ends_too(method, trouble):
    async def story():
        async with new_sandbox() as sandbox, sandbox.client() as gandi:
            operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
            if method == "vm_info":
                sandbox.answer("operation_list", [], times=5)  # it turns up late
            trouble_for(sandbox, trouble, method)
            told, seconds = await ends([operation], within=1800)
            assert told == {"DONE"}
            assert seconds < TAKES + SOON

    run_in_virtual_time(story())


@on_service()
async def test_of_few_the_details_are_told_also_when_a_list_shows_the_end_first(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, DETAILS["they are stale"], "operation_details")
    waiting = asyncio.create_task(operation.wait())
    await asyncio.sleep(TAKES)
    trouble_for(sandbox, None)
    sandbox.fault("operation_details", code=150000, message="once")
    details = await waiting
    assert details.date_created is not None


# -- a reply that can never be read ----------------------------------------------------------------


@on_service()
async def test_a_failure_whose_reason_cannot_be_read_is_a_failure_without_one(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 3, fail=True)
    trouble_for(sandbox, DETAILS["the state is missing"], "operation_details")
    results = await asyncio.gather(*operations, return_exceptions=True)
    assert {type(result) for result in results} == {OperationFailed}
    assert "the service gives no reason" in str(results[0])
    assert results[0].details.state == "ERROR"


@on_service()
async def test_an_outage_before_the_reason_is_read_costs_no_reason(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 3, fail=True)
    waits = [asyncio.create_task(operation.wait()) for operation in operations]
    trouble_for(sandbox, Refuse(503), "operation_details")
    await asyncio.sleep(TAKES)
    sandbox.calls.clear()
    await asyncio.sleep(2)
    assert sandbox.calls["operation_details"] > 0
    trouble_for(sandbox, Refuse(503), *POLLS)
    await asyncio.sleep(300)
    trouble_for(sandbox, None)
    results = await asyncio.gather(*waits, return_exceptions=True)
    assert {result.details.last_error for result in results} == {
        "the sandbox was told to let it fail"
    }


# -- trouble for good ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (INTERNAL, ServerFault),
        (Refuse(404), TransportError),
        (Garble(), TransportError),
        (Answer(""), TransportError),
    ],
    ids=["server faults", "HTTP 404", "garbage", "nonsense"],
)
@pytest.mark.parametrize("number", NUMBERS)
def test_the_same_answer_on_both_ways_is_told_as_what_it_is(trouble, error, number):
    async def story():
        async with (
            new_sandbox() as sandbox,
            sandbox.client(polling=Polling(give_up=100)) as gandi,
        ):
            operations = await reboots(sandbox, gandi, number)
            trouble_for(sandbox, trouble, *POLLS)
            told, seconds = await ends(operations, within=1800)
            assert told == {error.__name__}
            assert 100 < seconds < 160

    run_in_virtual_time(story())


def test_also_to_who_waits_for_a_creation_whose_id_is_to_be_found():
    async def story():
        async with (
            new_sandbox() as sandbox,
            sandbox.client(polling=Polling(give_up=100)) as gandi,
        ):
            operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
            trouble_for(sandbox, Refuse(404), *POLLS)
            told, seconds = await ends([operation], within=1800)
            assert told == {"TransportError"}
            assert 100 < seconds < 130

    run_in_virtual_time(story())


@pytest.mark.parametrize("trouble", [Refuse(500), Refuse(429), HANG], ids=["500", "429", "hang"])
@pytest.mark.parametrize("number", [1, 3])
def test_what_may_pass_is_outlasted(trouble, number):
    async def story():
        async with (
            new_sandbox() as sandbox,
            sandbox.client(polling=Polling(give_up=10)) as gandi,
        ):
            operations = await reboots(sandbox, gandi, number)
            trouble_for(sandbox, trouble, *POLLS)
            assert (await ends(operations, within=120))[0] == {"OperationTimeout"}

    run_in_virtual_time(story())


@on_service(polling=Polling(give_up=100))
async def test_one_operation_that_cannot_be_read_is_no_trouble_while_lists_are_answered(
    sandbox, gandi
):
    sandbox.stall_operation("vm_reboot")
    operations = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, Garble(), "operation_details")
    assert (await ends(operations, within=300))[0] == {"OperationTimeout"}


# -- what a time-out tells -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Refuse(500), "operation_details: HTTP 500 Internal Server Error"),
        (HANG, "operation_details: no reply within 5 s"),
        (Answer(7), "operation_details: the answer tells no state"),
        (INTERNAL, r"ServerError: internal error \(fault 150000\)"),
    ],
    ids=["500", "hang", "no struct", "fault"],
)
@pytest.mark.parametrize("number", [1, 3])
def test_a_time_out_says_what_polling_last_met(trouble, words, number):
    async def story():
        async with new_sandbox() as sandbox, sandbox.client() as gandi:
            *_, operation = await reboots(sandbox, gandi, number)
            trouble_for(sandbox, trouble, *POLLS)
            with pytest.raises(OperationTimeout, match=f"polling last met .*{words}"):
                await operation.wait(timeout=60)

    run_in_virtual_time(story())


@on_service()
async def test_a_time_out_says_that_a_poll_hangs_also_before_it_is_given_up(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, HANG, *POLLS)
    with pytest.raises(
        OperationTimeout, match=r"last met operation_details: no reply for [23]\.\d s"
    ):
        await operation.wait(timeout=4)


@on_service()
async def test_a_time_out_without_trouble_tells_of_none(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    sandbox.fault("operation_details", code=150000, message="once")
    with pytest.raises(OperationTimeout) as caught:
        await operation.wait(timeout=20)
    assert "polling" not in str(caught.value)


# -- an id that is not known yet -------------------------------------------------------------------

UNKNOWN = AnswerFault(510240, "DataError: not found [operation_id: 5]")


@pytest.mark.parametrize("number", NUMBERS)
def test_an_operation_that_was_acknowledged_just_now_may_not_be_known_yet(number):
    async def story():
        async with new_sandbox() as sandbox, sandbox.client() as gandi:
            operations = await reboots(sandbox, gandi, number)
            trouble_for(sandbox, UNKNOWN, "operation_details")
            asyncio.get_running_loop().call_later(20, trouble_for, sandbox, None)
            told, seconds = await ends(operations, within=1800)
            assert told == {"DONE"}
            assert seconds < TAKES + 11

    run_in_virtual_time(story())


@pytest.mark.parametrize(("grace", "seconds"), [(120.0, 121), (10.0, 13), (0.0, 1)])
def test_it_is_believed_to_be_unknown_when_its_grace_is_over(grace, seconds):
    async def story():
        async with (
            new_sandbox() as sandbox,
            sandbox.client(polling=Polling(grace=grace)) as gandi,
        ):
            sandbox.stall_operation("vm_reboot")
            operations = await reboots(sandbox, gandi, 1)
            trouble_for(sandbox, UNKNOWN, "operation_details")
            told, took = await ends(operations, within=1800)
            assert told == {"NotFound"}
            assert took == pytest.approx(seconds, abs=9 if grace else 0.6)

    run_in_virtual_time(story())


@on_service()
async def test_the_grace_is_for_who_takes_it_up_by_its_id_in_the_same_client(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    sandbox.fault("operation_details", code=510240, message="DataError: not found", times=5)
    assert (await gandi.operation(operation.id).wait()).state == "DONE"


@on_service()
async def test_an_id_that_nobody_told_this_client_is_unknown_at_once(sandbox, gandi):
    began = asyncio.get_running_loop().time()
    with pytest.raises(NotFound):
        await gandi.operation(4711)
    assert asyncio.get_running_loop().time() - began < 0.5
    assert sandbox.calls["operation_details"] == 1


@on_service()
async def test_a_new_server_and_its_operation_may_both_not_be_known_yet(sandbox, gandi):
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    sandbox.answer("operation_list", [], times=6)
    sandbox.fault("vm_info", code=530240, message="DataError: not found", times=20)
    details = await operation
    assert details.state == "DONE"
