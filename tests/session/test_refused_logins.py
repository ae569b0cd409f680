"""A refused login stands for a while: whoever calls meanwhile is told, and nothing is sent for that."""

import asyncio

import pytest

from aiogandi import AuthenticationError, ClientClosed, Retry, TransportError, bulk
from aiogandi.sandbox import Sandbox

REFUSAL = AuthenticationError("login refused")


def test_it_is_everybodys_error_until_its_pause_is_over(story):
    async def tell(service):
        service.login_failures = [REFUSAL, REFUSAL]
        assert await service.call_many(1000) == [REFUSAL] * 1000
        await asyncio.sleep(59)
        assert await service.call_many(1000) == [REFUSAL] * 1000
        assert service.logins == 1
        await asyncio.sleep(2)
        assert await service.call_many(1000) == [REFUSAL] * 1000
        assert service.logins == 2

    story(tell)


def test_after_its_pause_a_login_is_tried_again(story):
    async def tell(service):
        service.login_failures = [REFUSAL]
        assert await service.call_many(10) == [REFUSAL] * 10
        await asyncio.sleep(61)
        assert set(await service.call_many(10)) == {"session 2"}

    story(tell)


def test_the_time_for_which_the_machine_slept_counts(story):
    async def tell(service):
        service.login_failures = [REFUSAL]
        assert await service.call_many(1) == [REFUSAL]
        service.slept = 60
        assert await service.call() == "session 2"

    story(tell)


def test_without_a_pause_the_next_caller_tries_again(story):
    async def tell(service):
        service.login_failures = [REFUSAL]
        assert await service.call_many(10) == [REFUSAL] * 10
        assert await service.call() == "session 2"

    story(tell, login_pause=0)


def test_trouble_on_the_way_does_not_stand(story):
    async def tell(service):
        service.login_failures = [TransportError("out of order")]
        with pytest.raises(TransportError):
            await service.call()
        assert await service.call() == "session 2"

    story(tell)


def test_its_traceback_does_not_grow_with_those_who_are_told(story):
    async def tell(service):
        service.login_failures = [AuthenticationError("login refused")]

        async def frames():
            [error] = await service.call_many(1)
            number, link = 0, error.__traceback__
            while link is not None:
                number, link = number + 1, link.tb_next
            return number

        first = await frames()
        assert max([await frames() for _ in range(20)]) <= first

    story(tell)


def test_a_client_closes_while_it_stands(story):
    async def tell(service):
        service.login_failures = [REFUSAL]
        await service.call_many(1)
        await service.manager.close()
        with pytest.raises(ClientClosed):
            await service.call()

    story(tell)


def test_a_refused_renewal_stands_and_calls_go_on_with_the_old_session(story):
    async def tell(service):
        await service.call()
        service.login_failures = [REFUSAL] * 100
        for _ in range(93):
            assert await service.call() == "session 1"
        assert service.logins == 2

    story(tell, login_time=0.1)


@pytest.mark.parametrize("refusal", [REFUSAL, TransportError("out of order")])
def test_at_a_sessions_end_nobody_looks_at_the_clock_without_a_pause(story, refusal):
    """The next renewal may be due a little later than the old session ends."""

    async def tell(service):
        await service.call()
        service.login_failures = [refusal] * 100
        failed = 0
        for _ in range(200):
            try:
                await service.call()
            except (AuthenticationError, TransportError):
                failed += 1
            await asyncio.sleep(0.01)
        assert failed > 10
        assert service.looks < 200 * 10

    story(tell, lifetime=2, margin=1, latency=0.001, login_time=0.005)


async def test_a_bulk_with_a_rotated_password_sends_one_login():
    async with Sandbox(password="new") as sandbox, sandbox.client(password="old") as gandi:
        errors = [outcome.error async for outcome in bulk(gandi.vm_info, range(1, 1001))]
        assert {type(error) for error in errors} == {AuthenticationError}
        assert sandbox.calls == {"login": 1}
        assert len(errors) == 1000


async def test_changing_calls_are_told_too_and_nothing_is_sent_for_them():
    async with (
        Sandbox(password="new") as sandbox,
        sandbox.client(password="old", retry=Retry(login_pause=600)) as gandi,
    ):

        async def create(name):
            return await gandi.vm_create(name, "s3cret-pw", 111, 1, 1)

        errors = [outcome.error async for outcome in bulk(create, map(str, range(300)))]
        assert {type(error) for error in errors} == {AuthenticationError}
        assert sandbox.calls == {"login": 1}
        assert gandi.pending() == []
