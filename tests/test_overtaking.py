"""A second attempt beside one that hangs: in virtual time, with attempts that a test makes up."""

import asyncio
import itertools

import pytest

from aiogandi import NotFound, ServerFault, TransportError
from aiogandi.overtaking import HANGS, overtaking
from aiogandi.transport.request import Request

FOREVER = 1e6


class Attempts:
    """Attempts that take so many seconds each, or meet this error at their end, after standing in line
    for *queue* seconds.
    """

    def __init__(self, *fates, queue=0.0):
        self.fates = list(fates)
        self.queue = queue
        self.began = []
        self.request = Request.of("login", {})
        self.under_way = 0
        self.most = 0

    async def __call__(self, request, leaves):
        number = len(self.began)
        self.began.append(asyncio.get_running_loop().time())
        seconds, *error = self.fates[min(number, len(self.fates) - 1)]
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await asyncio.sleep(self.queue)
            request.queued += self.queue
            leaves()
            await asyncio.sleep(seconds)
        finally:
            self.under_way -= 1
        if error:
            raise error[0]
        return number

    async def run(self):
        try:
            return await overtaking(self.request, self)
        finally:
            self.took = asyncio.get_running_loop().time() - self.began[0]
            assert self.under_way == 0
            assert len(asyncio.all_tasks()) == 1


def test_one_that_is_answered_in_time_is_alone(in_virtual_time):
    attempts = Attempts((HANGS - 0.1,))
    assert in_virtual_time(attempts.run()) == 0
    assert len(attempts.began) == 1


def test_one_that_hangs_is_overtaken(in_virtual_time):
    attempts = Attempts((FOREVER,), (1,))
    assert in_virtual_time(attempts.run()) == 1
    assert attempts.took == pytest.approx(HANGS + 1, abs=0.01)


def test_one_that_is_merely_slow_keeps_its_time(in_virtual_time):
    attempts = Attempts((29,))
    assert in_virtual_time(attempts.run()) == 0
    assert attempts.took == pytest.approx(29, abs=0.01)
    assert attempts.most == 2


def test_a_service_that_is_back_is_noticed_whatever_went_before(in_virtual_time):
    attempts = Attempts(*[(FOREVER,)] * 700, (0.1,))
    assert in_virtual_time(attempts.run()) == 700
    assert attempts.most == 2
    pauses = [later - earlier for earlier, later in itertools.pairwise(attempts.began)]
    assert max(pauses) == pytest.approx(HANGS, abs=0.01)


def test_what_stands_in_line_does_not_hang(in_virtual_time):
    attempts = Attempts((1,), queue=100)
    assert in_virtual_time(attempts.run()) == 0
    assert len(attempts.began) == 1


@pytest.mark.parametrize("error", [TransportError("reset"), ServerFault(150000, "oops")])
def test_trouble_of_a_second_one_ends_nothing_and_the_next_is_not_sent_at_once(
    in_virtual_time, error
):
    attempts = Attempts((FOREVER,), (0.1, error), (0.1, error), (0.1,))
    assert in_virtual_time(attempts.run()) == 3
    assert attempts.took == pytest.approx(3 * HANGS + 0.1, abs=0.01)


def test_a_refusal_of_a_second_one_is_an_answer(in_virtual_time):
    refusal = NotFound(530042, "no")
    attempts = Attempts((FOREVER,), (0.1, refusal))
    with pytest.raises(NotFound) as caught:
        in_virtual_time(attempts.run())
    assert caught.value is refusal


def test_when_the_first_fails_all_end(in_virtual_time):
    failure = TransportError("no reply within 30 s")
    attempts = Attempts((30, failure), (FOREVER,))
    with pytest.raises(TransportError) as caught:
        in_virtual_time(attempts.run())
    assert caught.value is failure
    assert len(attempts.began) == 6


def test_the_time_that_others_stood_in_line_is_not_the_first_ones(in_virtual_time):
    attempts = Attempts((29,), queue=3)
    in_virtual_time(attempts.run())
    assert (len(attempts.began), attempts.request.queued) == (4, 3)


def test_who_is_cancelled_leaves_nothing_behind(in_virtual_time):
    attempts = Attempts((FOREVER,))

    async def story():
        async with asyncio.timeout(12):
            await attempts.run()

    with pytest.raises(TimeoutError):
        in_virtual_time(story())
    assert attempts.under_way == 0
    assert len(attempts.began) == 3
