"""One live session id for everybody: made once, replaced when it is refused, gone with the client."""

import asyncio

import pytest

from aiogandi import AuthenticationError, ClientClosed, NotFound, SessionExpired
from aiogandi.faults import fault_for
from aiogandi.session.manager import MAX_REFUSALS
from aiogandi.session.session import MAX_UNPROVEN

# -- one login -------------------------------------------------------------------------------


def test_the_first_call_logs_in(story):
    async def tell(service):
        assert service.logins == 0
        assert await service.call() == "session 1"
        assert await service.call() == "session 1"
        assert service.logins == 1

    story(tell)


def test_a_thousand_calls_at_once_log_in_once(story):
    async def tell(service):
        assert set(await service.call_many(1000)) == {"session 1"}
        assert service.logins == 1

    story(tell)


def test_who_began_the_login_may_be_cancelled(story):
    async def tell(service):
        starter = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        others = asyncio.create_task(service.call_many(10))
        await asyncio.sleep(1)
        starter.cancel()
        assert set(await others) == {"session 1"}
        assert starter.cancelled()
        assert service.logins == 1

    story(tell)


def test_all_who_wait_may_be_cancelled_and_the_login_is_there_for_the_next(story):
    async def tell(service):
        waiting = [asyncio.create_task(service.call()) for _ in range(3)]
        await asyncio.sleep(1)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await service.call() == "session 1"
        assert service.logins == 1

    story(tell)


def test_a_refused_login_is_one_request_and_everybodys_error(story):
    async def tell(service):
        refusal = AuthenticationError("login refused")
        service.login_failures = [refusal]
        assert await service.call_many(1000) == [refusal] * 1000
        assert service.logins == 1
        await asyncio.sleep(60)
        assert await service.call() == "session 2"

    story(tell)


# -- refusal ---------------------------------------------------------------------------------


def test_a_refused_session_is_replaced_and_the_call_repeated(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        assert await service.call() == "session 2"
        assert (service.logins, service.sent) == (2, ["session 1"] * 2 + ["session 2"])

    story(tell)


def test_a_thousand_calls_whose_session_is_refused_log_in_once(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        assert set(await service.call_many(1000)) == {"session 2"}
        assert service.logins == 2

    story(tell)


def test_a_late_refusal_of_the_old_session_leaves_the_new_one_alone(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        service.latency = 30
        late = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        service.latency = 1
        assert await service.call() == "session 2"
        assert await late == "session 2"
        assert await service.call() == "session 2"
        assert service.logins == 2

    story(tell)


def test_new_sessions_that_are_refused_in_a_row_say_that_logging_in_does_not_help(story):
    async def tell(service):
        service.refused.update(f"session {n}" for n in range(1, 10))
        began = service.now
        with pytest.raises(SessionExpired) as caught:
            await service.call()
        assert caught.value.message == "DataError: bad credential [session: ***]"
        assert (caught.value.code, caught.value.element) == (510150, "session")
        assert service.sent == [f"session {n}" for n in range(1, MAX_UNPROVEN + 1)]
        assert service.now - began == pytest.approx(0.5 + 1 + 2 + 4 + 5 * (5 + 1), abs=0.1)
        service.refused.clear()
        assert await service.call() == f"session {MAX_UNPROVEN + 1}"

    story(tell)


def test_one_new_session_that_is_refused_before_it_has_served_anybody_fails_no_call(story):
    async def tell(service):
        await service.call()
        service.refused.update(f"session {n}" for n in range(1, MAX_UNPROVEN))
        assert set(await service.call_many(60)) == {f"session {MAX_UNPROVEN}"}

    story(tell)


@pytest.mark.parametrize("used", [True, False])
def test_a_thousand_hopeless_calls_log_in_a_handful_of_times(story, used):
    async def tell(service):
        if used:
            await service.call()
        service.refused.update(f"session {n}" for n in range(1, 1000))
        errors = await service.call_many(1000)
        assert {type(error) for error in errors} == {SessionExpired}
        assert service.logins == used + MAX_UNPROVEN

    story(tell)


def test_a_session_that_served_one_call_is_no_sign_that_logging_in_does_not_help(story):
    """Each serves one call and ends: the last of many is refused as often as there are others."""

    async def tell(service):
        exchange, served = service.exchange, set()

        async def serve_once(request, session_id, **how):
            session = await exchange(request, session_id, **how)
            service.refused.add(session)
            served.add(session)
            return session

        service.exchange = serve_once
        assert len(set(await service.call_many(20))) == 20

    story(tell, login_time=1)


def test_a_call_whose_data_are_refused_proves_its_session(story):
    async def tell(service):
        async def refuse(request, session_id, **how):
            await asyncio.sleep(1)
            number = int(session_id.reveal().removeprefix("session "))
            if number == 2 * MAX_UNPROVEN:
                return "served"
            service.sent.append(number)
            if service.sent.count(number) == 1 and number % 3 == 0:
                raise fault_for(530040, "DataError: not there [vm_id: 5]")
            raise fault_for(510150, "DataError: bad credential [session: x]")

        service.exchange = refuse
        results = await service.call_many(5)
        assert results.count("served") == 2
        assert [type(result) for result in results].count(NotFound) == 3

    story(tell, login_time=1)


def test_a_call_alone_that_is_always_refused_gives_up_though_others_are_served(story):
    async def tell(service):
        exchange = service.exchange

        async def refuse_one(request, session_id, **how):
            if request.method == "refused":
                await service.call()
                raise fault_for(510150, "DataError: bad credential [session: x]")
            return await exchange(request, session_id, **how)

        service.exchange = refuse_one
        with pytest.raises(SessionExpired):
            await service.call(method="refused")
        assert service.logins == MAX_REFUSALS

    story(tell, login_time=1)


def test_those_in_line_are_told_as_well_and_who_comes_later_tries_afresh(story):
    async def tell(service):
        service.refused.update(f"session {n}" for n in range(1, MAX_UNPROVEN + 1))
        errors = await service.call_many(300)
        assert {type(error) for error in errors} == {SessionExpired}
        assert set(await service.call_many(300)) == {f"session {MAX_UNPROVEN + 1}"}

    story(tell)


def test_a_session_that_was_good_and_ended_again_is_replaced_again(story):
    async def tell(service):
        await service.call()
        service.refused.add("session 1")
        first = asyncio.create_task(service.call())
        await asyncio.sleep(5)
        service.latency = 3
        slow = asyncio.create_task(service.call())
        await first
        service.refused.add("session 2")
        assert await slow == "session 3"

    story(tell, login_time=1)


def test_another_fault_is_the_calls_own(story):
    async def tell(service):
        await service.call()

        async def fail(request, session_id, **how):
            raise fault_for(530040, "DataError: not there [vm_id: 5]")

        service.exchange = fail
        with pytest.raises(NotFound):
            await service.call()
        assert service.logins == 1

    story(tell)


# -- the end ---------------------------------------------------------------------------------


def test_closing_ends_a_login_under_way_and_comes_twice(story):
    async def tell(service):
        call = asyncio.create_task(service.call())
        await asyncio.sleep(1)
        await asyncio.gather(service.manager.close(), service.manager.close())
        with pytest.raises(asyncio.CancelledError):
            await call
        await service.manager.close()
        with pytest.raises(ClientClosed):
            await service.call()

    story(tell)


def test_nothing_is_renewed_after_the_end(story):
    async def tell(service):
        await service.call()
        await service.manager.close()
        await asyncio.sleep(1000)
        assert service.logins == 1

    story(tell)
