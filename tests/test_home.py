"""One loop is a client's home, whoever comes first."""

import asyncio
import threading

import pytest

from aiogandi import WrongLoop
from aiogandi.home import Home


def test_the_first_loop_is_the_home_and_stays_it():
    home = Home()
    with asyncio.Runner() as first, asyncio.Runner() as second:

        async def require():
            home.require()
            home.require(asyncio.get_running_loop())

        first.run(require())
        with pytest.raises(WrongLoop, match="not running now"):
            second.run(require())
        first.run(require())
        assert not home.is_gone()
    assert home.is_gone()


def test_outside_of_any_loop_it_is_asyncios_own_error():
    with pytest.raises(RuntimeError, match="no running event loop") as caught:
        Home().require()
    assert not isinstance(caught.value, WrongLoop)
    assert not Home().is_gone()


def test_of_many_threads_that_come_at_once_one_is_at_home():
    home, start, told = Home(), threading.Barrier(8), []

    async def come():
        start.wait()
        try:
            home.require()
        except WrongLoop as error:
            return str(error)
        finally:
            start.wait()  # each loop runs until all have come
        return None

    threads = [threading.Thread(target=lambda: told.append(asyncio.run(come()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count(None) == 1
    assert sum("another thread" in (each or "") for each in told) == 7
