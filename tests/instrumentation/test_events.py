"""What a listener is told of a client's life: on the real sandbox."""

import asyncio

import pytest

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    NotFound,
    OperationFailed,
    OutcomeUnknown,
    TransportError,
)
from aiogandi.instrumentation.events import (
    CallBegan,
    CallEnded,
    CallerGone,
    CallRepeated,
    ExchangeBegan,
    ExchangeEnded,
    Held,
    LeftBehind,
    LoginBegan,
    LoginEnded,
    LossResolved,
    OperationBegan,
    OperationEnded,
    PollBegan,
    PollEnded,
    ReplyLost,
)
from tests.instrumentation.quick import QUICK
from tests.waiting import until

PAIRS = [
    (CallBegan, CallEnded),
    (ExchangeBegan, ExchangeEnded),
    (LoginBegan, LoginEnded),
    (PollBegan, PollEnded),
]


def of(events, *kinds):
    return [event for event in events if isinstance(event, kinds)]


async def create(gandi, hostname="web"):
    return await gandi.vm_create(hostname, "s3cret-pw", 111, 1, 1)


async def test_a_first_call_is_told_from_its_beginning_to_its_end(gandi, events):
    await gandi.vm_list()
    assert [type(event) for event in events] == [
        CallBegan,
        LoginBegan,
        ExchangeBegan,
        ExchangeEnded,
        LoginEnded,
        ExchangeBegan,
        ExchangeEnded,
        CallEnded,
    ]
    assert [event.method for event in of(events, ExchangeBegan)] == ["login", "vm_list"]
    [ended] = of(events, CallEnded)
    assert (ended.method, ended.attempts, ended.error) == ("vm_list", 1, None)
    assert 0 <= ended.queued <= ended.seconds < 10


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair[0].__name__)
async def test_what_began_has_ended_by_the_end_of_a_life_with_trouble(sandbox, events, pair):
    async with sandbox.client(on_event=events.append, **QUICK) as gandi:
        sandbox.drop_request("login")
        sandbox.refuse("operation_list", status=503, times=2)
        sandbox.drop_reply("vm_create")
        await (await create(gandi))
        sandbox.expire_sessions()
        with pytest.raises(NotFound):
            await gandi.vm_info(4711)
        sandbox.stall_operation("vm_create")
        waiting = asyncio.create_task((await create(gandi)).wait())
        await seen(events, PollBegan, 3)
        waiting.cancel()
    began, ended = (of(events, kind) for kind in pair)
    assert began
    assert len(began) == len(ended)
    if pair[0] is not LoginBegan:
        assert sorted(event.method for event in began) == sorted(event.method for event in ended)
    if pair[0] is not LoginBegan:
        assert [event.number for event in began] == list(range(1, len(began) + 1))
        assert {event.number for event in ended} == {event.number for event in began}


async def seen(events, kind, number=1):
    """Return when so many events of this kind have happened."""
    await until(lambda: len(of(events, kind)) >= number)


async def test_a_call_that_is_cancelled_has_its_end(sandbox, gandi, events):
    await gandi.vm_list()
    sandbox.delay("vm_list", seconds=5)
    calling = asyncio.create_task(gandi.vm_list())
    await seen(events, ExchangeBegan, 3)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    for began, ended in PAIRS[:2]:
        assert len(of(events, began)) == len(of(events, ended))
        assert isinstance(of(events, ended)[-1].error, asyncio.CancelledError)
    assert of(events, CallerGone) == []


async def test_a_client_that_closes_ends_what_it_began(sandbox, gandi, events):
    sandbox.delay("login", seconds=5)
    calling = asyncio.create_task(gandi.vm_list())
    await seen(events, ExchangeBegan)
    await gandi.close()
    with pytest.raises(ClientClosed):
        await calling
    for began, ended in PAIRS[:3]:
        assert len(of(events, began)) == len(of(events, ended)) == 1
        assert of(events, ended)[0].error is not None


async def test_a_changing_call_whose_caller_goes_says_so(sandbox, gandi, events):
    await gandi.operation_list()
    sandbox.delay("vm_create", seconds=0.3)
    calling = asyncio.create_task(create(gandi))
    await seen(events, ExchangeBegan, 4)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    assert of(events, CallerGone) == [CallerGone("vm_create", "sent")]
    await seen(events, LeftBehind, 1)
    [vm] = sandbox.vms
    assert of(events, LeftBehind) == [LeftBehind("vm_create", "answered", None, vm["id"], None)]
    assert of(events, CallEnded)[-1].method == "vm_create"


async def test_a_call_tells_the_ids_among_its_arguments_and_its_error(gandi, events):
    with pytest.raises(NotFound) as caught:
        await gandi.disk_attach(4711, 4712)
    [began], [ended] = of(events, CallBegan), of(events, CallEnded)
    assert began == CallBegan("disk_attach", 1, 4711, 4712, None)
    assert (ended.vm_id, ended.disk_id, ended.operation_id) == (4711, 4712, None)
    assert ended.error is caught.value
    with pytest.raises(NotFound):
        await gandi.operation_details(4713)
    assert of(events, CallBegan)[-1] == CallBegan("operation_details", 2, None, None, 4713)


async def test_an_exchange_tells_its_fault_and_its_trouble(sandbox, gandi, events):
    with pytest.raises(NotFound) as caught:
        await gandi.vm_info(4711)
    assert of(events, ExchangeEnded)[-1].error is caught.value
    sandbox.refuse("vm_list", status=503)
    await gandi.vm_list()
    failed, answered = of(events, ExchangeEnded)[-2:]
    assert isinstance(failed.error, TransportError)
    assert failed.error.status == 503
    assert answered.error is None


async def test_a_repeated_call_tells_its_attempts(sandbox, gandi, events):
    sandbox.refuse("vm_list", status=503, times=2)
    await gandi.vm_list()
    assert [(event.method, event.attempt) for event in of(events, CallRepeated)] == [
        ("vm_list", 2),
        ("vm_list", 3),
    ]
    assert of(events, CallEnded)[0].attempts == 3


async def test_a_hold_tells_how_long(sandbox, gandi, events):
    sandbox.refuse("vm_list", status=429, retry_after=0.02)
    await gandi.vm_list()
    assert [event.seconds for event in of(events, Held)] == [pytest.approx(0.02)]


async def test_a_refused_login_tells_why(sandbox, events):
    async with sandbox.client(password="s3cret-wrong", on_event=events.append) as gandi:
        with pytest.raises(AuthenticationError):
            await gandi.vm_list()
    [ended] = of(events, LoginEnded)
    assert isinstance(ended.error, AuthenticationError)
    assert len(of(events, LoginBegan)) == 1


@pytest.mark.parametrize(
    ("trouble", "outcome"), [("drop_reply", "adopted"), ("drop_request", "absent")]
)
async def test_a_lost_reply_tells_what_became_of_it(trouble, outcome, sandbox, gandi, events):
    getattr(sandbox, trouble)("vm_create")
    await create(gandi)
    [lost], [resolved] = of(events, ReplyLost), of(events, LossResolved)
    assert isinstance(lost.error, TransportError)
    assert (lost.method, resolved.method) == ("vm_create", "vm_create")
    assert resolved.outcome == outcome
    found = sandbox.operations[0]["id"] if outcome == "adopted" else None
    assert resolved.operation_id == found


async def test_a_call_of_which_nothing_is_known_says_so(sandbox, gandi, events):
    sandbox.drop_reply("some_call")
    with pytest.raises(OutcomeUnknown):
        await gandi.call("some_call")
    assert [event.outcome for event in of(events, LossResolved)] == ["unknown"]


async def test_an_operation_tells_its_beginning_and_its_end(sandbox, gandi, events):
    operation = await create(gandi)
    await operation
    assert of(events, OperationBegan) == [OperationBegan("vm_create", None, operation.vm_id, None)]
    [ended] = of(events, OperationEnded)
    assert (ended.type, ended.operation_id) == ("vm_create", operation.id)
    assert (ended.vm_id, ended.disk_id, ended.state) == (operation.vm_id, None, "DONE")
    assert 0 < ended.seconds < 10
    assert 0 <= ended.late <= ended.seconds


async def test_an_operation_that_fails_tells_its_state(sandbox, gandi, events):
    await (await create(gandi))
    sandbox.fail_operation("vm_stop")
    stop = await gandi.vm_stop(sandbox.vms[0]["id"])
    with pytest.raises(OperationFailed):
        await stop
    assert of(events, OperationBegan)[-1] == OperationBegan("vm_stop", stop.id, stop.vm_id, None)
    assert of(events, OperationEnded)[-1].state == "ERROR"


async def test_one_that_another_client_began_has_no_length(sandbox, gandi, events):
    async with sandbox.client() as other:
        await create(other)
    await gandi.operation(sandbox.operations[0]["id"])
    [ended] = of(events, OperationEnded)
    assert (ended.type, ended.seconds) == ("vm_create", None)


async def test_no_event_holds_a_secret(sandbox, events):
    sessions = []
    sandbox.alter("login", lambda session, _: sessions.append(session) or session, times=100)
    async with sandbox.client(on_event=events.append, timeout=2, **QUICK) as gandi:
        for trouble in (sandbox.drop_reply, sandbox.drop_request, sandbox.garble):
            trouble("vm_create")
            await (await create(gandi))
        sandbox.fault("vm_create", code=510110, message="[password: s3cret-pw] is too weak")
        with pytest.raises(Exception, match="too weak"):
            await create(gandi)
        sandbox.expire_sessions()
        await gandi.vm_list()
    told = "".join(map(repr, events))
    assert "vm_create" in told
    assert len(sessions) == 2
    for secret in ("s3cret-pw", "mypassword", *sessions):
        assert secret not in told
