"""One live session id for everybody: made once, replaced when it is refused, gone with the client."""

import asyncio

import pytest

from aiogandi import AuthenticationError, ClientClosed, NotFound, SessionExpired
from aiogandi.errors import fault_for

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


def test_a_second_refusal_says_that_logging_in_does_not_help(story):
    async def tell(service):
        service.refused.update(f"session {n}" for n in range(1, 10))
        with pytest.raises(SessionExpired) as caught:
            await service.call()
        assert caught.value.message == "DataError: bad credential [session: ***]"
        assert (caught.value.code, caught.value.element) == (510150, "session")
        assert service.sent == ["session 1", "session 2"]
        service.refused.clear()
        assert await service.call() == "session 3"

    story(tell)


@pytest.mark.parametrize("used", [True, False])
def test_a_hundred_hopeless_calls_do_not_log_in_a_hundred_times(story, used):
    async def tell(service):
        if used:
            await service.call()
        service.refused.update(f"session {n}" for n in range(1, 100))
        errors = await service.call_many(100)
        assert {type(error) for error in errors} == {SessionExpired}
        assert service.logins <= 3

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
