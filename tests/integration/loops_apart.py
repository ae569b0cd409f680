"""A sandbox in a thread of its own, so that a client can be tried in one loop after the other."""

import asyncio
import threading
from contextlib import contextmanager

from aiogandi.sandbox import Sandbox


@contextmanager
def loop_in_a_thread():
    """A loop that runs in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def run_in(loop, coroutine):
    """Run *coroutine* in a loop of another thread, and return its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=30)


@contextmanager
def sandbox_in_a_thread(**settings):
    """A sandbox that serves in another thread."""

    async def enter():  # it is made here, because it keeps things of its loop
        return await Sandbox(**settings).__aenter__()

    with loop_in_a_thread() as loop:
        sandbox = run_in(loop, enter())
        try:
            yield sandbox
        finally:
            run_in(loop, sandbox.__aexit__())
