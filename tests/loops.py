"""The kinds of event loop that the suite runs on: ``pytest --loop=eager``, ``pytest --loop=uvloop``.

Under *eager*, a task's first step runs inside of ``create_task`` (Python 3.12 and later), also on the
loops of virtual time and of the simulation. These two are loops of their own, which *uvloop* does not
replace.
"""

import asyncio

KINDS = ("asyncio", "eager", "uvloop")

task_options = {}
"""What a loop of the suite's own makes its tasks with, beyond what asyncio asks for."""


def choose(kind):
    """Return what makes loops of this *kind*, or None for those that tests have anyway."""
    if kind == "eager":
        task_options["eager_start"] = True
        return _eager
    if kind == "uvloop":
        import uvloop  # noqa: PLC0415 - it need not be there for the other kinds

        return uvloop.new_event_loop
    return None


def _eager():
    loop = asyncio.new_event_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    return loop
