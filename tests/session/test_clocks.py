"""A machine that sleeps, and a line that is long: what was known before may be out of date."""

import asyncio

import pytest


def test_a_session_that_ended_while_the_machine_slept_is_not_sent(story):
    """The loop's clock stands still meanwhile, and knows nothing of it."""

    async def tell(service):
        await service.call()
        service.slept = 4 * 3600
        assert await service.call() == "session 2"
        assert service.sent == ["session 1", "session 2"]

    story(tell)


def test_a_session_whose_renewal_was_due_in_the_sleep_is_renewed_without_waiting(story):
    async def tell(service):
        await service.call()
        service.slept = 80
        began = service.now
        assert await service.call() == "session 1"
        assert service.now - began == pytest.approx(1, abs=0.01)
        await asyncio.sleep(5)
        assert await service.call() == "session 2"

    story(tell)


def test_the_time_of_sending_is_the_clocks_which_counts_the_sleep(story):
    async def tell(service):
        await service.call()
        times = []
        await service.call(on_send=times.append)
        service.slept = 50
        await service.call(on_send=times.append)
        assert times[1] - times[0] == pytest.approx(51, abs=0.01)

    story(tell)


class Knowledge:
    """What is known for *lasts* seconds after it was learned, which takes one second."""

    def __init__(self, lasts):
        self.lasts = lasts
        self.until = 0.0
        self.learned = 0

    def is_ready(self):
        return asyncio.get_running_loop().time() < self.until

    may_leave = is_ready

    async def make_ready(self):
        await asyncio.sleep(1)
        self.learned += 1
        self.until = asyncio.get_running_loop().time() + self.lasts


def test_what_a_call_must_know_is_learned_before_it_leaves(story):
    async def tell(service):
        knowledge = Knowledge(lasts=60)
        await service.call(ready=knowledge)
        await service.call(ready=knowledge)
        assert knowledge.learned == 1

    story(tell)


def test_what_is_out_of_date_when_the_turn_comes_is_learned_anew(story):
    async def tell(service):
        knowledge, ready = Knowledge(lasts=60), []
        await service.call(ready=knowledge)
        service.turns.hold(58)
        await asyncio.sleep(1)
        in_time = asyncio.create_task(service.call(ready=knowledge))
        await in_time
        service.turns.hold(60)

        def on_send(_):
            ready.append(knowledge.is_ready())

        await asyncio.gather(*(service.call(ready=knowledge, on_send=on_send) for _ in range(10)))
        assert ready == [True] * 10
        assert len(service.sent) == 12

    story(tell, lifetime=1000)


def test_what_cannot_be_learned_is_the_calls_error_and_nothing_is_sent(story):
    class Unknowable(Knowledge):
        async def make_ready(self):
            raise LookupError

    async def tell(service):
        with pytest.raises(LookupError):
            await service.call(ready=Unknowable(60))
        assert service.sent == []

    story(tell)
