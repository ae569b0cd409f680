"""Plays the day of a seed, and hands its books to the judge."""

import asyncio
import gc
import logging
import random
import time
import warnings
from dataclasses import dataclass, replace
from random import Random

from tests.simulation import loop as loops
from tests.simulation.books import Books
from tests.simulation.days import day_of
from tests.simulation.judge import BROKE, ENDLESS, LEFT, Judge, story
from tests.simulation.scenes import Shift
from tests.simulation.wire import SimulatedGandi
from tests.simulation.world import World

SHIFT_BOUND = 9000.0
"""Seconds after which all scenes of a shift have ended, or something hangs. One may meet an outage of an
hour."""

TIMEOUT = 30.0
"""The client's own default: how long `close` waits for replies, unless it is told."""


@dataclass(frozen=True)
class Result:
    """What a seed's day was, and what the judge says of it."""

    seed: int
    words: str
    requests: int
    calls: int
    unknown: int
    met: dict
    complaints: list
    journal: list
    seconds: float

    def __str__(self):
        lines = [f"seed {self.seed}: {self.words}"]
        return "\n".join(lines + [f"  {kind}: {text}" for kind, text in self.complaints])

    def brief(self):
        """The same without the journal, which is long."""
        return replace(self, journal=[])


def run(seed, client=SimulatedGandi):
    """Play the day of *seed* with *client*; everything follows from the seed."""
    return judged(seed, day_of(seed), lambda world, books: _play(world, books, client), Judge)


def judged(seed, day, play, judge, make_loop=loops.SimulatedLoop):
    """Let *play* fill the books of a *day* on a loop, and *judge* complain of them."""
    began = time.process_time()
    books = Books()
    chance = random.getstate()
    random.seed(seed)  # the client's pauses
    gc.disable()  # when it runs is the machine's affair, and it may close what was left open
    errors = _Errors()
    world = None

    async def main(loop):
        nonlocal world
        world = World(loop, seed, day)
        await play(world, books)

    try:
        with errors, warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            loops.run(main, make_loop)
            gc.collect(1)  # what nobody has looked at is told when it goes
    except loops.Deadlock as deadlock:
        books.complaints.append((ENDLESS, f"nothing can wake: {deadlock}"))
    finally:
        random.setstate(chance)
        gc.enable()
    books.complaints.extend((BROKE, each) for each in world.loop.errors)
    books.complaints.extend((BROKE, each) for each in errors.texts)
    books.complaints.extend((BROKE, str(each.message)) for each in warned)
    world.service.catch_up()
    complaints = judge(world, books)()
    return Result(
        seed,
        world.day.words(),
        len(world.weather.journal),
        len(books.calls),
        sum(type(call.error).__name__ == "OutcomeUnknown" for call in books.calls),
        world.weather.met,
        complaints,
        world.weather.journal,
        time.process_time() - began,
    )


async def _play(world, books, client):
    day = world.day
    for number in range(day.shifts):
        rng = Random(f"end of shift {day.seed} {number}")
        heard = []
        gandi = client(world, on_event=heard.append, **day.settings)
        shift = Shift(world, number, books, gandi)
        scenes = shift.scenes()
        await _end(world, books, gandi, scenes, rng)
        books.closed[number] = world.loop.time()
        await _after_close(world, books, scenes)
        for event in heard:
            shift.heard(event)
        books.pending.extend(gandi.pending())
    await asyncio.sleep(60)  # what was under way still runs, with nobody there


async def _end(world, books, gandi, scenes, rng):
    """End a shift: when all is done, or in the middle of it."""
    how = rng.choice(("when done", "when done", "at once", "in order", "interrupted"))
    loop = world.loop
    if how == "when done":
        await _all_ended(world, books, scenes, SHIFT_BOUND)
        await _awake(loop, 200)  # what is looked for in the background
    else:
        await _awake(loop, rng.uniform(5, 200))
    began = loop.awake()
    if how == "interrupted":
        closing = loop.create_task(gandi.close(wait=TIMEOUT))
        for _ in range(rng.choice((1, 2))):
            await asyncio.sleep(rng.choice((0, rng.uniform(0, 3))))
            closing.cancel()
        began = loop.awake()
        await asyncio.wait([closing])
        bound = 0.0
    elif how == "at once":
        await gandi.close(wait=0)
        bound = 0.0
    else:
        wait = rng.choice((None, rng.uniform(0, 10)))
        await gandi.close(wait=wait)
        bound = TIMEOUT if wait is None else wait
    if (took := loop.awake() - began) > bound + 0.5:
        books.complaints.append((ENDLESS, f"close ({how}) took {took:.2f} s, not {bound:.2f} s"))
    await gandi.close()


async def _awake(loop, seconds):
    """Let so much time pass, without the time that the machine sleeps."""
    until = loop.awake() + seconds
    while (left := until - loop.awake()) > 0:  # noqa: ASYNC110 - a clock tells nobody that it moves
        await asyncio.sleep(left)


async def _all_ended(world, books, scenes, within):
    """Wait until all scenes have ended, and tell which have not, or broke."""
    loop = world.loop
    until = loop.awake() + within
    left = set(scenes)
    while left and loop.awake() < until:
        _, left = await asyncio.wait(left, timeout=until - loop.awake())
    for task in sorted(left, key=hash):
        books.complaints.append((ENDLESS, loops.whereabouts(task)))
        task.cancel()
    for task in scenes:
        if task.done() and not task.cancelled() and task.exception() is not None:
            books.complaints.append((BROKE, f"{task.exception()!r}"))


async def _after_close(world, books, scenes):
    """Tell which calls, waits and tasks the end of their client has not ended."""
    await asyncio.sleep(0.001)
    for entry in (*books.calls, *books.waits):
        if entry.ended is None:
            call = getattr(entry, "call", entry)
            books.complaints.append((ENDLESS, f"it outlives its client: {story(call)}"))
    for task in scenes:
        task.cancel()
    await asyncio.wait(scenes)
    left = asyncio.all_tasks(world.loop) - {asyncio.current_task(), *scenes}
    for task in sorted(left, key=hash):
        books.complaints.append((LEFT, loops.whereabouts(task)))


class _Errors(logging.Handler):
    """Collects what the client logs as an error, and keeps the rest from being written anywhere."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.texts = []
        self._logger = logging.getLogger("aiogandi")

    def emit(self, record):
        self.texts.append(f"{record.getMessage()}: {record.exc_info and record.exc_info[1]!r}")

    def __enter__(self):
        logger = self._logger
        self._before = logger.level, logger.propagate
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.addHandler(self)

    def __exit__(self, *_):
        self._logger.removeHandler(self)
        level, self._logger.propagate = self._before
        self._logger.setLevel(level)  # not the attribute: loggers keep in mind what is enabled
