"""Only proof counts: an odd answer to a call that may have run is not taken for a refusal."""

import asyncio

import pytest

from aiogandi import AuthenticationError, Fault, OutcomeUnknown, TransportError
from aiogandi.sandbox import ServiceFault
from aiogandi.sandbox.trouble import Alter, Answer, AnswerFault, DropReply, DropRequest, Refuse
from tests.integration.service import RETRY, SETTLE, for_a_while, on_service

CODES = [-32300, -32400, 0, 1, 500]


def create(gandi):
    return gandi.vm_create("web", "s3cret-pw", 111, 2, 1)


def odd(code):
    """The call is executed, and the answer is a fault all the same."""

    def answer(*_):
        raise ServiceFault(code, "ServerError: something went wrong")

    return Alter(answer)


class Ran:
    """An HTTP error for a call that ran: it is executed beside the wire first."""

    def __init__(self, sandbox, status):
        self.sandbox, self.status = sandbox, status

    def __call__(self, method):
        if method == "vm_create" and not self.sandbox.vms:
            session = self.sandbox.execute("login", "AA1234-GANDI", "mypassword")
            self.sandbox.execute("vm_create", session, "web", "s3cret-pw", 111, 2, 1, {})
            return Refuse(self.status)
        return None


async def found_once(sandbox, gandi):
    """The call is answered by what it has begun, and was sent once."""
    operation = await create(gandi)
    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]
    assert sandbox.calls["vm_create"] == 1
    assert (gandi.stats.reconciled, gandi.pending()) == (1, [])


@pytest.mark.parametrize("code", CODES)
@on_service()
async def test_what_ran_and_was_answered_by_a_fault_is_found(sandbox, gandi, code):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.interfere = lambda method: odd(code) if method == "vm_create" else None
    await found_once(sandbox, gandi)


@pytest.mark.parametrize("answer", [0, -1, "", "no", [], {}, True, 1.5])
@on_service()
async def test_what_ran_and_was_answered_by_no_id_is_found(sandbox, gandi, answer):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.alter("vm_create", lambda *_: answer)
    await found_once(sandbox, gandi)


@pytest.mark.parametrize("status", [302, 400, 403, 404, 408, 413, 500, 502])
@on_service()
async def test_what_ran_and_was_answered_by_an_http_error_is_found(sandbox, gandi, status):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.interfere = Ran(sandbox, status)
    await found_once(sandbox, gandi)


@pytest.mark.parametrize("code", CODES)
@on_service()
async def test_a_fault_of_a_call_that_did_not_run_is_told_as_it_is(sandbox, gandi, code):
    sandbox.fault("vm_create", code=code, message="DataError: no such call", times=9)
    with pytest.raises(Fault) as caught:
        await create(gandi)
    assert caught.value.code == code
    assert (sandbox.vms, gandi.pending()) == ([], [])


@pytest.mark.parametrize(("status", "sends"), [(302, 1), (403, 1), (404, 1), (413, 1), (500, 5)])
@on_service()
async def test_an_http_error_of_a_call_that_did_not_run_is_told(sandbox, gandi, status, sends):
    sandbox.refuse("vm_create", status=status, times=9)
    with pytest.raises(TransportError, match="did not run") as caught:
        await create(gandi)
    assert not isinstance(caught.value, OutcomeUnknown)
    assert (caught.value.status, caught.value.sent) == (status, False)
    assert sandbox.calls["vm_create"] == sends
    assert sandbox.vms == []


@on_service()
async def test_a_login_that_is_refused_while_a_lost_call_is_looked_for(sandbox, gandi):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.drop_reply("vm_create", late=2)
    sandbox.fault("login", code=510150, message="DataError: wrong password", times=99)
    call = asyncio.create_task(create(gandi))
    await asyncio.sleep(1)
    sandbox.expire_sessions()
    with pytest.raises(OutcomeUnknown) as caught:
        await call
    assert not isinstance(caught.value, AuthenticationError)
    assert [pending.state for pending in gandi.pending()] == ["unknown"]
    assert sandbox.calls["vm_create"] == 1


@pytest.mark.parametrize("hidden", [AnswerFault(530041, "DataError: unknown"), Answer(0)])
@on_service()
async def test_what_is_listed_but_not_told_of_for_a_minute_is_not_absence(sandbox, gandi, hidden):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    for_a_while(sandbox, "operation_details", hidden, 60)
    sandbox.drop_reply("vm_create")
    await found_once(sandbox, gandi)


@pytest.mark.parametrize("asked", ["operation_list", "operation_details"])
@pytest.mark.parametrize(
    "trouble",
    [
        *(Refuse(status) for status in (301, 403, 404, 413)),
        *(AnswerFault(code, "application error") for code in CODES),
    ],
    ids=str,
)
@on_service()
async def test_an_odd_answer_to_a_look_up_is_not_the_end_of_it(sandbox, gandi, asked, trouble):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    troubles = [trouble]
    sandbox.interfere = lambda method: troubles.pop() if method == asked and troubles else None
    sandbox.drop_reply("vm_create")
    await found_once(sandbox, gandi)
    assert troubles == []


@pytest.mark.parametrize("code", [-32602, 1, 150000])
@on_service()
async def test_a_service_that_does_not_bear_the_filter_is_asked_without(sandbox, gandi, code):
    def answer(ids, arguments):
        if "hostname" in str(arguments):
            raise ServiceFault(code, "ServerError: internal error")
        return ids

    await gandi.hosting_account_product_add("shares", 1, "1m")
    sandbox.interfere = lambda method: Alter(answer) if method == "operation_list" else None
    sandbox.drop_reply("vm_create")
    began = asyncio.get_running_loop().time()
    await found_once(sandbox, gandi)
    assert asyncio.get_running_loop().time() - began < SETTLE + 1


@pytest.mark.parametrize("code", [500150, 530260, 550999])
@on_service()
async def test_another_operation_that_may_not_be_read_does_not_end_the_look(sandbox, gandi, code):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    hidden = AnswerFault(code, "DataError: not yours")
    sandbox.interfere = lambda method: hidden if method == "operation_details" else None
    sandbox.drop_reply("vm_create")
    with pytest.raises(OutcomeUnknown) as caught:
        await create(gandi)
    [operation] = [o["id"] for o in sandbox.operations if o["type"] == "vm_create"]
    assert caught.value.candidates == (operation,)


@pytest.mark.parametrize("nonsense", [0, "", {}, False, ["a"], [None]])
@on_service()
async def test_nonsense_is_no_empty_list(sandbox, gandi, nonsense):
    """For twice the settling time no list can be read."""
    await gandi.hosting_account_product_add("shares", 1, "1m")
    try:
        answer = Answer(nonsense)
    except TypeError:
        pytest.skip("cannot be sent")
    for_a_while(sandbox, "operation_list", answer, 2 * SETTLE)
    sandbox.drop_reply("vm_create")
    await found_once(sandbox, gandi)


@on_service()
async def test_an_id_beyond_32_bits_is_an_id(sandbox, gandi):
    sandbox.alter("vm_create", lambda *_: 2**40)
    assert (await create(gandi)).vm_id == 2**40


DAMAGE = [DropRequest(), DropReply(), DropReply(late=2)]


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("code", [0, 500])
@on_service(retry=RETRY)
async def test_an_odd_answer_after_a_loss_is_no_proof_either(sandbox, gandi, damage, code):
    await gandi.hosting_account_product_add("shares", 1, "1m")
    troubles = [damage, odd(code)]
    sandbox.interfere = lambda method: (
        troubles.pop(0) if method == "vm_create" and troubles else None
    )
    operation = await create(gandi)
    assert [vm["id"] for vm in sandbox.vms] == [operation.vm_id]
