"""Details and lists back each other up: where one goes wrong for good, the other ends the waits."""

import asyncio

import pytest

from aiogandi import (
    NotFound,
    OperationFailed,
    OperationTimeout,
    ServerFault,
    TransportError,
)
from aiogandi.errors import DataFault
from aiogandi.models import LISTED
from aiogandi.sandbox.trouble import Answer, AnswerFault, Delay, Garble, Refuse
from tests.integration.polling import (
    DETAILS,
    HANG,
    INTERNAL,
    LISTS,
    NO_RIGHT,
    POLLS,
    TAKES,
    details,
    ends,
    reboots,
    trouble_for,
    while_operations_run,
)

NUMBERS = (1, 2, 12)

SOON = 60.0
"""Seconds after its end within which a wait must learn of it, whatever is wrong with one way."""

SLOWLY = 150.0
"""The same where the list of many lies: it vouches for operations that it does not show."""


@pytest.mark.parametrize(("number", "fail"), [(1, False), (1, True), (2, False), (12, True)])
@pytest.mark.parametrize("trouble", DETAILS.values(), ids=DETAILS)
@while_operations_run()
async def test_lists_end_the_waits_where_details_never_do(sandbox, gandi, trouble, fail, number):
    operations = await reboots(sandbox, gandi, number, fail=fail)
    trouble_for(sandbox, trouble, "operation_details")
    told, seconds = await ends(operations, within=1800)
    assert told == {"OperationFailed" if fail else "DONE"}
    assert seconds < TAKES + SOON


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("trouble", LISTS.values(), ids=LISTS)
@while_operations_run()
async def test_details_end_the_waits_where_lists_never_do(sandbox, gandi, trouble, number):
    operations = await reboots(sandbox, gandi, number, fail=number > 1)
    trouble_for(sandbox, trouble, "operation_list")
    told, seconds = await ends(operations, within=1800)
    assert told == {"OperationFailed" if number > 1 else "DONE"}
    assert seconds < TAKES + (SLOWLY if trouble == Answer([]) and number > 2 else SOON)


@pytest.mark.parametrize("number", [1, 50])
@pytest.mark.parametrize("method", ["operation_list", "vm_info"])
@pytest.mark.parametrize("trouble", [INTERNAL, Refuse(500), Garble(), HANG, Answer(7)], ids=str)
@while_operations_run()
async def test_creations_whose_ids_are_to_be_found_end_too(sandbox, gandi, method, trouble, number):
    creating = [gandi.vm_create(f"web-{n}", "s3cret-pw", 111, 1, 1) for n in range(number)]
    operations = await asyncio.gather(*creating)
    if method == "vm_info":
        sandbox.answer("operation_list", [], times=3)  # some turn up late
    trouble_for(sandbox, trouble, method)
    told, seconds = await ends(operations, within=1800)
    assert told == {"DONE"}
    assert seconds < TAKES + SOON


@while_operations_run()
async def test_of_few_the_details_are_told_also_when_a_list_shows_the_end_first(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    shown = set()
    sandbox.alter("operation_list", lambda ids, _: shown.update(ids) or ids, times=999)
    until_shown = details(state=lambda struct: struct["state"] if operation.id in shown else "RUN")
    trouble_for(sandbox, until_shown, "operation_details")
    assert (await operation.wait(1800)).date_created is not None


@pytest.mark.parametrize("fail", [False, True], ids=["done", "failed"])
@while_operations_run()
async def test_what_no_list_reaches_down_to_is_asked_for_in_narrower_ones(sandbox, gandi, fail):
    below = await reboots(sandbox, gandi, 3, fail=fail)
    session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
    if fail:
        sandbox.fail_operation("disk_create", times=LISTED)
    for number in range(LISTED):
        disk = {"size": 1024, "name": f"other-{number}", "fstype": "ext3"}
        sandbox.execute("disk_create", session, disk)
    [operation] = await reboots(sandbox, gandi, 1, fail=fail)
    trouble_for(sandbox, Refuse(500), "operation_details")
    told, seconds = await ends([*below, operation], within=1800)
    assert told == {"OperationFailed" if fail else "DONE"}
    assert seconds < TAKES + SOON


@pytest.mark.parametrize(
    "trouble", [NO_RIGHT, AnswerFault(510042, "DataError: not found")], ids=str
)
@while_operations_run()
async def test_an_id_from_elsewhere_may_be_refused_at_once(sandbox, gandi, trouble):
    [operation] = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, trouble, "operation_details")
    async with sandbox.client() as other:
        with pytest.raises(DataFault):
            await other.operation(operation.id).wait(2)


@while_operations_run()
async def test_an_operation_that_is_taken_up_by_its_id_alone_is_found_in_narrower_lists_too(
    sandbox, gandi
):
    [operation] = await reboots(sandbox, gandi, 1)
    session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
    for number in range(LISTED):
        disk = {"size": 1024, "name": f"other-{number}", "fstype": "ext3"}
        sandbox.execute("disk_create", session, disk)
    trouble_for(sandbox, Refuse(500), "operation_details")
    told, seconds = await ends([gandi.operation(operation.id)], within=1800)
    assert told == {"DONE"}
    assert seconds < TAKES + SOON


@while_operations_run()
async def test_what_is_forbidden_on_both_ways_is_not_asked_for_every_second(sandbox, gandi):
    creating = [gandi.vm_create(f"web-{n}", "s3cret-pw", 111, 1, 1) for n in range(30)]
    operations = await asyncio.gather(*creating)
    trouble_for(sandbox, NO_RIGHT, *POLLS)
    sandbox.calls.clear()
    told, _ = await ends(operations, within=300)
    assert told == {"OperationTimeout"}
    assert sandbox.calls.total() < 30 * 45


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize("trouble", [Refuse(500), NO_RIGHT, HANG], ids=str)
@while_operations_run()
async def test_a_failed_creation_whose_details_and_disk_cannot_be_read_has_failed(
    sandbox, gandi, trouble, number
):
    sandbox.fail_operation("disk_create", times=number)
    specs = [{"size": 1024, "name": f"data-{n}", "fstype": "ext3"} for n in range(number)]
    creating = map(gandi.disk_create, specs)
    operations = await asyncio.gather(*creating)
    trouble_for(sandbox, trouble, "operation_details", "disk_info")
    told, seconds = await ends(operations, within=1800)
    assert told == {"OperationFailed"}
    assert seconds < TAKES + SOON


# -- a slow service --------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "seconds"), [(1, 25.0), (3, 25.0), (20, 12.0), (20, 25.0)])
@while_operations_run()
async def test_a_service_that_is_slow_with_each_reply_is_heard(sandbox, gandi, number, seconds):
    creating = [gandi.vm_create(f"web-{n}", "s3cret-pw", 111, 1, 1) for n in range(number)]
    operations = await asyncio.gather(*creating)
    trouble_for(sandbox, Delay(seconds), *POLLS)
    told, took = await ends(operations, within=1800)
    assert told == {"DONE"}
    assert took < 100 + number * seconds


@pytest.mark.parametrize("trouble", [Refuse(500), NO_RIGHT, Answer([])], ids=str)
@pytest.mark.parametrize("number", [2, 6, 20])
@while_operations_run()
async def test_also_where_lists_never_tell(sandbox, gandi, trouble, number):
    operations = await reboots(sandbox, gandi, number)
    slow = Delay(12.0)
    sandbox.interfere = {"operation_details": slow, "operation_list": trouble}.get
    told, took = await ends(operations, within=1800)
    assert told == {"DONE"}
    assert took < 300


# -- a reply that can never be read ----------------------------------------------------------------


@while_operations_run()
async def test_a_failure_whose_reason_cannot_be_read_is_a_failure_without_one(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 3, fail=True)
    trouble_for(sandbox, DETAILS["the state is missing"], "operation_details")
    results = await asyncio.gather(*operations, return_exceptions=True)
    assert {type(result) for result in results} == {OperationFailed}
    assert "the service gives no reason" in str(results[0])
    assert results[0].details.state == "ERROR"


@while_operations_run()
async def test_an_outage_before_the_reason_is_read_costs_no_reason(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 3, fail=True)
    waits = [asyncio.create_task(operation.wait()) for operation in operations]
    trouble_for(sandbox, Refuse(503), "operation_details")
    await asyncio.sleep(TAKES)
    sandbox.calls.clear()
    await asyncio.sleep(4)
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
@while_operations_run(give_up=100)
async def test_the_same_answer_on_both_ways_is_told_as_what_it_is(
    sandbox, gandi, trouble, error, number
):
    operations = await reboots(sandbox, gandi, number)
    trouble_for(sandbox, trouble, *POLLS)
    told, seconds = await ends(operations, within=1800)
    assert told == {error.__name__}
    assert 100 < seconds < 160


@pytest.mark.parametrize("told_by_server", [Refuse(404), Answer(7), Answer({}), INTERNAL], ids=str)
@while_operations_run(give_up=100)
async def test_also_to_who_waits_for_a_creation_whose_id_is_to_be_found(
    sandbox, gandi, told_by_server
):
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    trouble = {"operation_list": Refuse(404), "vm_info": told_by_server}
    sandbox.interfere = trouble.get
    told, seconds = await ends([operation], within=1800)
    assert told <= {"TransportError", "ServerFault"}
    assert 100 < seconds < 130


@pytest.mark.parametrize("state", ["RUNNING", "new"])
@while_operations_run()
async def test_a_server_in_a_state_that_is_not_documented_is_not_taken_for_done(
    sandbox, gandi, state
):
    sandbox.stall_operation("vm_create")
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    trouble = {"operation_list": Refuse(500), "vm_info": Answer({"state": state})}
    sandbox.interfere = trouble.get
    with pytest.raises(OperationTimeout, match="vm_info: the answer tells no state that is known"):
        await operation.wait(300)


@pytest.mark.parametrize("trouble", [Refuse(500), Refuse(429), HANG], ids=["500", "429", "hang"])
@pytest.mark.parametrize("number", [1, 3])
@while_operations_run(give_up=10)
async def test_what_may_pass_is_outlasted(sandbox, gandi, trouble, number):
    operations = await reboots(sandbox, gandi, number)
    trouble_for(sandbox, trouble, *POLLS)
    assert (await ends(operations, within=60))[0] == {"OperationTimeout"}


@while_operations_run(give_up=100)
async def test_one_operation_that_cannot_be_read_is_no_trouble_while_lists_are_answered(
    sandbox, gandi
):
    sandbox.stall_operation("vm_reboot")
    operations = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, Garble(), "operation_details")
    assert (await ends(operations, within=150))[0] == {"OperationTimeout"}


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
@while_operations_run()
async def test_a_time_out_says_what_polling_last_met(sandbox, gandi, trouble, words, number):
    *_, operation = await reboots(sandbox, gandi, number)
    trouble_for(sandbox, trouble, *POLLS)
    with pytest.raises(OperationTimeout, match=f"polling last met .*{words}"):
        await operation.wait(timeout=30)


@while_operations_run()
async def test_a_time_out_says_that_a_poll_hangs_also_before_it_is_given_up(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, HANG, *POLLS)
    with pytest.raises(
        OperationTimeout, match=r"last met operation_details: no reply for [23]\.\d s"
    ):
        await operation.wait(timeout=4)


@while_operations_run()
async def test_a_time_out_without_trouble_tells_of_none(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    sandbox.fault("operation_details", code=150000, message="once")
    with pytest.raises(OperationTimeout) as caught:
        await operation.wait(timeout=10)
    assert "polling" not in str(caught.value)


# -- an id that is not known yet -------------------------------------------------------------------

UNKNOWN = AnswerFault(510240, "DataError: not found [operation_id: 5]")


@pytest.mark.parametrize("number", NUMBERS)
@while_operations_run()
async def test_an_operation_that_was_acknowledged_just_now_may_not_be_known_yet(
    sandbox, gandi, number
):
    operations = await reboots(sandbox, gandi, number)
    trouble_for(sandbox, UNKNOWN, "operation_details")
    asyncio.get_running_loop().call_later(20, trouble_for, sandbox, None)
    told, seconds = await ends(operations, within=1800)
    assert told == {"DONE"}
    assert seconds < 20 + 11


@while_operations_run(grace=40)
async def test_it_is_believed_to_be_unknown_when_its_grace_is_over(sandbox, gandi):
    sandbox.stall_operation("vm_reboot")
    operations = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, UNKNOWN, "operation_details")
    told, seconds = await ends(operations, within=1800)
    assert told == {"NotFound"}
    assert 40 < seconds < 51


@while_operations_run(grace=0)
async def test_without_any_grace_it_is_believed_at_once(sandbox, gandi):
    operations = await reboots(sandbox, gandi, 1)
    trouble_for(sandbox, UNKNOWN, "operation_details")
    told, seconds = await ends(operations, within=1800)
    assert told == {"NotFound"}
    assert seconds < 2


@while_operations_run()
async def test_the_grace_is_for_who_takes_it_up_by_its_id_in_the_same_client(sandbox, gandi):
    [operation] = await reboots(sandbox, gandi, 1)
    sandbox.fault("operation_details", code=510240, message="DataError: not found", times=5)
    assert (await gandi.operation(operation.id).wait()).state == "DONE"


@while_operations_run()
async def test_an_id_that_nobody_told_this_client_is_unknown_at_once(sandbox, gandi):
    began = asyncio.get_running_loop().time()
    with pytest.raises(NotFound):
        await gandi.operation(4711)
    assert asyncio.get_running_loop().time() - began < 0.5
    assert sandbox.calls["operation_details"] == 1


@while_operations_run()
async def test_a_new_server_and_its_operation_may_both_not_be_known_yet(sandbox, gandi):
    operation = await gandi.vm_create("web", "s3cret-pw", 111, 1, 1)
    sandbox.answer("operation_list", [], times=6)
    sandbox.fault("vm_info", code=530240, message="DataError: not found", times=20)
    assert (await operation).state == "DONE"
