"""The clock for ages counts the time for which the machine slept, and never goes back."""

import asyncio

import pytest

from aiogandi.clock import LEAP, Clock


class Times:
    """A loop's time and a wall clock, both set by hand."""

    def __init__(self):
        self.loop, self.wall = 1000.0, 5e8

    def pass_by(self, loop, wall):
        self.loop += loop
        self.wall += wall


@pytest.fixture
def times():
    return Times()


@pytest.fixture
async def clock(times, monkeypatch):
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: times.loop)
    clock = Clock(lambda: times.wall)
    clock()
    yield clock
    monkeypatch.undo()


async def test_awake_it_is_the_loop_s_clock(clock, times):
    times.pass_by(5, 5)
    assert clock() == times.loop


async def test_the_time_slept_counts_once(clock, times):
    before = clock()
    times.pass_by(0.1, 4 * 3600)
    assert clock() - before == pytest.approx(4 * 3600)
    times.pass_by(1, 1)
    assert clock() - before == pytest.approx(4 * 3600 + 1)


async def test_a_wall_clock_that_is_set_back_does_not_take_it_back(clock, times):
    before = clock()
    times.pass_by(2, -3600)
    assert clock() - before == pytest.approx(2)
    times.pass_by(2, 2)
    assert clock() - before == pytest.approx(4)


async def test_small_differences_of_the_clocks_do_not_add_up(clock, times):
    before = clock()
    for number in range(1000):
        times.pass_by(1, 1 + (0.4 if number % 2 else -0.4) * LEAP)
        clock()
    assert clock() - before == pytest.approx(1000)
