"""Polls that hang, and those that overtake them."""

import asyncio

import pytest

from aiogandi import GandiError, NotFound, TransportError
from aiogandi.cancellation import cancel
from aiogandi.operations.overtaking import (
    LATE_AT_MOST,
    LATEST,
    REPLY_WITHIN,
    Overtaking,
    is_silence,
)
from tests.virtual_time import run_in_virtual_time

FOREVER = 1e6


class Late:
    """An error after so many seconds."""

    def __init__(self, seconds):
        self.seconds = seconds
        self.error = TransportError("refused")


class Service:
    """Answers each poll after so many seconds, and knows when each was asked and given up."""

    def __init__(self, *takes, queue=0.0):
        self.takes = list(takes)
        self.queue = queue
        self.asked = []
        self.cancelled = 0
        self.polls = Overtaking(self.poll)

    async def poll(self, method, arguments, *, on_send):
        number = len(self.asked)
        self.asked.append(asyncio.get_running_loop().time())
        takes = self.takes.pop(0)
        try:
            await asyncio.sleep(self.queue)
            on_send(0.0)
            if isinstance(takes, Late):
                await asyncio.sleep(takes.seconds)
                raise takes.error
            await asyncio.sleep(takes)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return number

    async def ask(self, **arguments):
        """What came of one question, and how long it took."""
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            came = await self.polls("operation_list", arguments)
        except GandiError as error:
            came = error
        return came, pytest.approx(clock() - began, abs=0.01)


def in_virtual_time(test):
    def run():
        run_in_virtual_time(test())

    run.__name__ = test.__name__
    return run


@in_virtual_time
async def test_a_poll_that_hangs_is_given_up_and_the_next_one_overtakes_it():
    service = Service(FOREVER, 0.1)
    silence, took = await service.ask()
    assert took == REPLY_WITHIN
    assert is_silence(silence)
    assert str(silence) == "operation_list: no reply within 5 s"
    assert await service.ask() == (1, 0.1)
    await asyncio.sleep(0)
    assert service.cancelled == 1


@in_virtual_time
async def test_silence_never_makes_the_next_poll_more_patient():
    service = Service(*[FOREVER] * 100)
    for _ in range(100):
        assert (await service.ask())[1] == REPLY_WITHIN
    await asyncio.sleep(0.1)
    assert len(service.polls.end()) == 1


@in_virtual_time
async def test_a_reply_that_came_late_does_up_to_a_bound():
    service = Service(2.0, FOREVER, 4.0, FOREVER, 0.1, FOREVER)
    assert await service.ask() == (0, 2.0)
    assert (await service.ask())[1] == 8.0
    assert await service.ask() == (2, 4.0)
    assert (await service.ask(of="another"))[1] == LATEST
    assert await service.ask() == (4, 0.1)
    assert (await service.ask())[1] == REPLY_WITHIN


@in_virtual_time
async def test_a_service_that_is_merely_slow_is_heard():
    service = Service(*[20.0] * 4)
    for _ in range(3):
        assert is_silence((await service.ask())[0])
    assert await service.ask() == (0, 5.0)


@in_virtual_time
async def test_also_where_each_question_is_another_one():
    service = Service(*[20.0] * 20)
    for number in range(3):
        assert is_silence((await service.ask(of=number))[0])
    await asyncio.sleep(5)
    for number in range(3, 6):
        came, took = await service.ask(of=number)
        assert (type(came), took) == (int, 20.0)


async def slow_one():
    """A service that has taken 20 seconds for its last reply."""
    service = Service(*[20.0] * 20)
    for number in range(5):
        await service.ask(of=number)
    return service


@in_virtual_time
async def test_its_silence_is_given_up_later_but_not_for_good():
    service = await slow_one()
    service.takes = [FOREVER] * 20
    assert (await service.ask())[1] == 30.0
    assert (await service.ask())[1] == REPLY_WITHIN


@in_virtual_time
async def test_its_return_is_noticed_beside_what_hangs():
    service = await slow_one()
    service.takes = [FOREVER, FOREVER, 0.1]
    assert (await service.ask())[1] == 2 * LATEST + 0.1


@pytest.mark.parametrize(
    "error", [NotFound(510042, "no"), TransportError("HTTP 404", 404)], ids=str
)
def test_a_refusal_that_comes_late_is_heard_too(error):
    async def test():
        refused = Late(12.0)
        refused.error = error
        service = Service(*[refused] * 9)
        assert is_silence((await service.ask())[0])
        assert is_silence((await service.ask())[0])
        assert await service.ask() == (error, 2.0)
        assert await service.ask(of="another") == (error, 12.0)

    run_in_virtual_time(test())


@in_virtual_time
async def test_slow_lists_give_no_time_to_what_is_quick():
    service = await slow_one()
    service.takes = [FOREVER]
    with pytest.raises(TransportError, match="operation_details: no reply within 5 s"):
        await service.polls("operation_details", {})


@in_virtual_time
async def test_what_was_asked_before_the_question_goes_to_nobody_else():
    service = Service(7.0, FOREVER, FOREVER)
    await service.ask(of="one")
    assert is_silence((await service.ask(of="another"))[0])
    assert await service.ask(of="one") == (0, 0.0)


@in_virtual_time
async def test_time_in_line_does_not_count():
    service = Service(1.0, queue=60.0)
    assert await service.ask() == (0, 61.0)


@in_virtual_time
async def test_an_error_of_the_late_one_leaves_the_fresh_one_its_time():
    service = Service(Late(6.0), 4.0)
    await service.ask()
    assert await service.ask() == (1, 4.0)


@in_virtual_time
async def test_an_error_is_told_at_once():
    refused = Late(0.0)
    service = Service(FOREVER, refused)
    await service.ask()
    assert await service.ask() == (refused.error, 0.0)
    await asyncio.sleep(0.1)
    assert service.polls.end() == []


@in_virtual_time
async def test_few_are_kept_and_the_oldest_rather_than_the_latest():
    service = Service(*[9.0] * 2 * LATE_AT_MOST, *[FOREVER] * LATE_AT_MOST)

    async def one_after_the_other(number):
        await asyncio.sleep(number / 10)
        await service.ask(of=number)

    await asyncio.gather(*map(one_after_the_other, range(2 * LATE_AT_MOST)))
    await asyncio.sleep(0.1)
    assert service.cancelled == LATE_AT_MOST
    for number in range(LATE_AT_MOST):
        assert (await service.ask(of=number))[0] == number


@in_virtual_time
async def test_those_that_ended_and_nobody_asked_for_make_room():
    service = Service(*[6.0] * LATE_AT_MOST, 12.0, FOREVER)
    await asyncio.gather(*(service.ask(of=number) for number in range(LATE_AT_MOST)))
    await asyncio.sleep(2)
    await service.ask(of="another")
    assert await service.ask(of="another") == (LATE_AT_MOST, 2.0)


@in_virtual_time
async def test_who_is_cancelled_takes_its_polls_along():
    service = Service(FOREVER, FOREVER)
    await service.ask()
    asking = asyncio.ensure_future(service.ask())
    await asyncio.sleep(1)
    await cancel([asking])
    await asyncio.sleep(0)
    assert service.cancelled == 2


@in_virtual_time
async def test_what_has_had_no_reply_for_a_while_is_told():
    service = Service(FOREVER)
    asking = asyncio.ensure_future(service.ask())
    await asyncio.sleep(0.5)
    assert service.polls.unanswered() == []
    await asyncio.sleep(2)
    assert service.polls.unanswered() == ["operation_list: no reply for 2.5 s"]
    await cancel([asking])
