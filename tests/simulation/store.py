"""A store in memory, in virtual time, on which the real scripts run, and the link of one process with it."""

import asyncio
from collections import Counter, deque
from dataclasses import dataclass, field

from aiogandi.hub.link import StoreReplaced, StoreTrouble
from aiogandi.hub.scripts import REPLACED
from tests.simulation.commands import Failure, Status
from tests.simulation.fields import FieldCommands
from tests.simulation.ranked import RankedCommands
from tests.simulation.scripts import Scripts
from tests.simulation.streams import StreamCommands

TROUBLES = ("refused", "silent", "deaf", "frozen", "slow", "read-only")
"""What a store may do for a while: refuse connections, take nothing in, let no answer out, do later what it
is asked now, take long, and write nothing.
"""

SALT = b"one for all days"

QUIET = frozenset({"begin", "beat", "leave", "news"})
"""Exchanges at which nobody is killed: they go on all the time."""


class AllCommands(FieldCommands, RankedCommands, StreamCommands):
    """All commands that are modelled."""


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which there is trouble with the store; for everybody, or for these processes alone."""

    begins: float
    ends: float
    kind: str
    numbers: frozenset | None = None


@dataclass(slots=True)
class MemoryStore:
    """What all processes share. *clock* is the store's own, in seconds; *rng* its chance."""

    loop: object
    clock: object
    rng: object
    spells: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    """Errors that scripts and commands have ended in, and should not."""
    met: Counter = field(default_factory=Counter)
    commands: AllCommands = None
    scripts: Scripts = None
    listeners: dict = field(default_factory=dict)
    """What is called when something is added to a stream."""

    def __post_init__(self):
        self.commands = AllCommands(self.clock)
        self.commands.tell = self._tell
        self.scripts = Scripts(self.commands)

    def empty(self):
        """Lose all there is, as a store does that is started anew without its data."""
        self.met["emptied"] += 1
        self.commands.do_flushall()

    def trouble(self, number):
        """The spell that process *number* meets now, or None."""
        now = self.loop.time()
        for spell in self.spells:
            is_for = spell.numbers is None or number in spell.numbers
            if is_for and spell.begins <= now < spell.ends:
                return spell
        return None

    def execute(self, work):
        """Do what was asked; returns the answer, or a `Failure`."""
        try:
            answer = work(self)
        except Failure as failure:
            if not str(failure).startswith(REPLACED):
                self.faults.append(str(failure))
            answer = failure
        return answer

    def _tell(self):
        for wake in list(self.listeners):
            wake()


@dataclass(slots=True, eq=False)
class _Asked:
    """One exchange: what is to be done, and the future that waits for its answer."""

    name: str
    work: object
    future: asyncio.Future
    answer: object = None
    is_done: bool = False


class MemoryLink:
    """The link of a *process* with a *store*, as `aiogandi.hub.link.Link` is one: what is asked while an
    exchange is under way goes in the next.
    """

    def __init__(self, store, process, number, deadline):
        self._store = store
        self._process = process
        self._number = number
        self._deadline = deadline
        self._queue = deque()
        self._is_busy = False
        self._is_closed = False
        self.exchanges = Counter()

    async def run(self, script, prefix, epoch, arguments):
        self.exchanges[script.name] += 1
        words = [_word(word) for word in (epoch, *arguments)]
        if script.name == "begin":
            words[2:] = b"epoch %d" % self._store.rng.getrandbits(60), SALT.hex().encode()
        keys = [_word(prefix)]
        if script.name not in QUIET:
            await self._process.survives("write")
        return await self._send(
            script.name, lambda store: store.scripts(script.sha, script.text, keys, words)
        )

    async def run_durably(self, script, prefix, epoch, arguments):
        return await self.run(script, prefix, epoch, arguments), True

    async def look(self, *words):
        return await self.command(*words)

    async def command(self, *words):
        self.exchanges[str(words[0])] += 1
        sent = [part for word in words[:1] for part in _word(word).split()]
        sent += [_word(word) for word in words[1:]]
        answer = await self._send(str(words[0]), lambda store: store.commands(*sent))
        return told(str(words[0]).upper(), answer)

    async def news(self, stream, last, seconds):
        loop = asyncio.get_running_loop()
        words = [b"XREAD", b"COUNT", b"500", b"STREAMS", _word(stream), _word(last)]
        heard = loop.create_future()

        def wake():
            if self._process.lives and not heard.done():
                with self._process.loop.running(self._process):
                    heard.set_result(None)

        if not self._store.trouble(self._number) and not self._store.commands(*words):
            self._store.listeners[wake] = True
            try:
                await asyncio.wait([heard], timeout=seconds)
            finally:
                del self._store.listeners[wake]
            if not (heard.done() or self._store.trouble(self._number)):
                return []
        asked = _Asked("news", lambda store: store.commands(*words), loop.create_future())
        self._depart([asked])
        found = await self._answer(asked)
        return [_news(*each) for _, entries in found or () for each in entries]

    async def close(self):
        self._is_closed = True
        while self._queue:
            self._fail(self._queue.popleft(), "the connection was closed")

    # -- one exchange --------------------------------------------------------------------------

    async def _send(self, name, work):
        asked = _Asked(name, work, asyncio.get_running_loop().create_future())
        self._queue.append(asked)
        if not self._is_busy:
            self._next()
        return await self._answer(asked)

    async def _answer(self, asked):
        try:
            async with asyncio.timeout(self._deadline):
                answer = await asked.future
        except TimeoutError:
            raise StoreTrouble(f"no answer within {self._deadline:g} s") from None
        if isinstance(answer, Failure):
            if str(answer).startswith(REPLACED):
                raise StoreReplaced("it was emptied or replaced")
            raise StoreTrouble(str(answer))
        return answer

    def _next(self):
        batch = [asked for asked in self._queue if not asked.future.done()]
        self._queue.clear()
        self._is_busy = bool(batch)
        if batch:
            self._depart(batch, self._next)

    def _depart(self, batch, then=None):
        """Let a batch leave. *then* is called when its answers have come, or are not waited for any more."""
        loop, store = self._process.loop, self._store
        rng, spell = store.rng, store.trouble(self._number)
        there, back = rng.uniform(1e-4, 2e-3), rng.uniform(1e-4, 2e-3)
        kind = None if spell is None else spell.kind
        if kind is not None:
            store.met[f"store {kind}"] += 1
        if kind == "refused":
            loop.call_later(there, self._end, batch, "connection refused", then)
            return
        if kind == "slow":
            there, back = (rng.uniform(0, self._deadline) for _ in range(2))
        if kind == "frozen":
            there += max(spell.ends - loop.time(), 0)
        if kind == "read-only":
            loop.call_later(
                there,
                self._end,
                batch,
                "READONLY You can't write against a read only replica",
                then,
            )
            return
        if kind != "silent":
            with loop.running(None):  # what has left arrives, whatever becomes of the process
                loop.call_later(there, self._arrive, batch)
        if kind in ("silent", "deaf") or there + back > self._deadline:
            loop.call_later(
                self._deadline, self._end, batch, f"no answer within {self._deadline:g} s", then
            )
        else:
            loop.call_later(there + back, self._take, batch, then)

    def _arrive(self, batch):
        for asked in batch:
            asked.answer = self._store.execute(asked.work)
            asked.is_done = True

    def _take(self, batch, then):
        for asked in batch:
            if asked.name not in QUIET and not self._process.comes_to("written"):
                return
            if not asked.future.done():
                asked.future.set_result(asked.answer)
        if then is not None:
            then()

    def _end(self, batch, problem, then):
        for asked in batch:
            self._fail(asked, problem)
        if then is not None:
            then()

    def _fail(self, asked, problem):
        if not asked.future.done():
            asked.future.set_exception(StoreTrouble(problem))


def told(name, answer):
    """What the store's client makes of an answer to a command."""
    if name in ("HGETALL", "CONFIG GET"):
        return dict(zip(answer[::2], answer[1::2], strict=True))
    if name == "INFO":
        pairs = (line.split(":", 1) for line in answer.decode().split("\r\n") if ":" in line)
        return dict(pairs)
    return True if isinstance(answer, Status) and name in ("SET", "PING", "FLUSHALL") else answer


def _word(word):
    if isinstance(word, bytes):
        return word
    return repr(word).encode() if isinstance(word, float) else str(word).encode()


def _news(number, fields):
    texts = dict(zip(fields[::2], fields[1::2], strict=True))
    return number.decode(), *(texts[name].decode() for name in (b"kind", b"about", b"text"))
