"""Exchanges with the store: as many as there are in one round trip, each within a deadline. No other file knows
redis-py, the store's client.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias, TypeVar

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from aiogandi import chores
from aiogandi.hub.scripts import REPLACED, Script
from aiogandi.redaction import Secret

Word: TypeAlias = str | bytes | int | float
"""What commands and scripts are given."""
News: TypeAlias = tuple[str, str, str, str]
"""One piece of news: its id, its kind, what it is about, and its text."""

Result = TypeVar("Result")

_Command: TypeAlias = tuple[Word, ...]
_Asked: TypeAlias = tuple[tuple[_Command, ...], asyncio.Future[list[Any]], float]
"""Commands that follow each other, the future of their answers, and when the deadline is, by the loop's clock."""

STOOD_STILL: Final = 0.05
"""A process that wakes up so many seconds too late has stood still: it was stopped, or its machine was busy."""

AT_ONCE: Final = 200
"""So many questions go in one round trip at most."""


class StoreTrouble(Exception):
    """The store does not answer, or not as it must. Whether it did what it was asked is not known."""


class StoreReplaced(StoreTrouble):
    """The store was emptied or replaced: nothing was done."""


class StoreLink(Protocol):
    """What `Store` needs of the store. A simulation has a model of it."""

    exchanges: Counter[str]
    """How often each script and command was sent."""

    async def run(self, script: Script, prefix: str, epoch: str, arguments: Sequence[Word]) -> Any:
        """Run a script and return its answer. Texts in it are bytes."""

    async def run_durably(
        self, script: Script, prefix: str, epoch: str, arguments: Sequence[Word]
    ) -> tuple[Any, bool]:
        """Do the same, and return as well whether what the script wrote is on the store's disk. The store must keep
        a log and know ``WAITAOF``.
        """

    async def command(self, *words: Word) -> Any:
        """Run a command and return its answer."""

    async def look(self, *words: Word) -> Any:
        """Run a command that asks what the store is, or is set to. Return its answer, None where the store refuses."""

    async def news(self, stream: str, last: str, seconds: float) -> list[News]:
        """Return the news after *last*; none where there are none for so many *seconds*."""

    async def close(self) -> None:
        """Close the connections."""


class Link:
    """The link with the store at *url*. An exchange that fails, or takes longer than *deadline* seconds, is
    `StoreTrouble`.
    """

    def __init__(self, url: Secret, deadline: float) -> None:
        self._deadline = deadline
        self._client = redis.asyncio.from_url(
            url.reveal(),
            socket_connect_timeout=deadline,
            # It would be kept by `asyncio.wait_for`, in which Python 3.11 loses a cancellation: what was given up
            # would go on and keep its connection.
            socket_timeout=None,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            max_connections=3,  # one for each channel, one on which news are waited for
        )
        # What is waited for until it is on the disk holds up nothing else.
        self._channel = _Channel(self._client, deadline)
        self._durable_channel = _Channel(
            self._client, deadline, ("WAITAOF", 1, 0, int(deadline * 900))
        )
        # The scripts that the store knows. One that it must be told of only when it has refused it would be overtaken
        # by what was asked later.
        self._known: set[str] = set()
        self.exchanges: Counter[str] = Counter()

    async def run(self, script: Script, prefix: str, epoch: str, arguments: Sequence[Word]) -> Any:
        [answer] = await self._run(self._channel, script, (prefix, epoch, *arguments))
        return answer

    async def run_durably(
        self, script: Script, prefix: str, epoch: str, arguments: Sequence[Word]
    ) -> tuple[Any, bool]:
        words = (prefix, epoch, *arguments)
        answer, copies = await self._run(self._durable_channel, script, words)
        return answer, isinstance(copies, list) and copies[0] >= 1

    async def _run(self, channel: _Channel, script: Script, words: _Command) -> list[Any]:
        self.exchanges[script.name] += 1
        by = ("EVALSHA", script.sha) if script.sha in self._known else ("EVAL", script.text)
        try:
            answers = await channel.send((*by, 1, *words))
        except NoScriptError:  # somebody has made the store forget its scripts
            answers = await channel.send(("EVAL", script.text, 1, *words))
        except StoreTrouble:
            self._known.clear()  # it may have started anew
            raise
        self._known.add(script.sha)
        return answers

    async def command(self, *words: Word) -> Any:
        self.exchanges[str(words[0])] += 1
        [answer] = await self._channel.send(words)
        return answer

    async def look(self, *words: Word) -> Any:
        # An error of the first command would be raised. That of the second one comes as a value.
        _, answer = await self._channel.send(("PING",), words)
        return None if isinstance(answer, ResponseError) else answer

    async def news(self, stream: str, last: str, seconds: float) -> list[News]:
        asked = self._client.xread({stream: last}, count=500, block=max(int(seconds * 1000), 1))
        ends = asyncio.get_running_loop().time() + self._deadline
        try:
            found: Any = await in_time(asked, ends)
        except (RedisError, OSError, TimeoutError) as error:
            raise _trouble(error, self._deadline) from error
        return [_news(number, fields) for _, entries in found for number, fields in entries]

    async def close(self) -> None:
        await asyncio.gather(self._channel.close(), self._durable_channel.close())
        await self._client.aclose()


class _Channel:
    """Does one exchange after the other on a connection, each with all that was asked for meanwhile. The command *then*
    ends each exchange, and its answer is added to those of each question.
    """

    def __init__(
        self, client: redis.asyncio.Redis, deadline: float, then: _Command | None = None
    ) -> None:
        self._client = client
        self._deadline = deadline
        self._then = () if then is None else (then,)
        self._queue: deque[_Asked] = deque()
        self._under_way: list[_Asked] = []
        self._sending: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """End what is under way."""
        if (sending := self._sending) is not None:
            sending.cancel()
            await asyncio.wait([sending])
        for _, answer, _ in (*self._under_way, *self._queue):
            if not answer.done():
                answer.set_exception(ConnectionError("the connection was closed"))
        self._queue.clear()

    async def send(self, *commands: _Command) -> list[Any]:
        """Return the answers to these commands. Raise the first one's, where that is an error; return those of others."""
        answer: asyncio.Future[list[Any]] = asyncio.get_running_loop().create_future()
        self._queue.append((commands, answer, self._ends()))
        if self._sending is None:
            self._sending = chores.begin(self._send_all, self._sent_all)
        try:
            return await answer
        except NoScriptError:
            raise
        except (RedisError, OSError, TimeoutError) as error:
            if isinstance(error, ResponseError) and str(error).startswith(REPLACED):
                raise StoreReplaced("it was emptied or replaced") from None
            raise _trouble(error, self._deadline) from error

    async def _send_all(self) -> None:
        while self._queue:
            batch = [self._queue.popleft() for _ in range(min(len(self._queue), AT_ONCE))]
            batch = [each for each in batch if not each[1].done()]
            if not batch:
                continue
            self._under_way = batch
            for (_, answer, _), came in zip(batch, await self._exchange(batch), strict=True):
                if answer.done():
                    continue
                if isinstance(came[0], Exception):
                    answer.set_exception(came[0])
                else:
                    answer.set_result(came)

    async def _exchange(self, batch: Sequence[_Asked]) -> Sequence[list[Any]]:
        pipeline = self._client.pipeline(transaction=False)
        for commands in (*(asked[0] for asked in batch), self._then):
            for words in commands:
                pipeline.execute_command(*words)
        try:
            # Who asked first waits for the shortest time from now on.
            came = await in_time(pipeline.execute(raise_on_error=False), batch[0][2])
        except (RedisError, OSError, TimeoutError) as error:
            # An answer that comes late must not be taken for that to what is asked next.
            await self._client.connection_pool.disconnect(inuse_connections=False)
            return [[error] for _ in batch]
        last = came[len(came) - len(self._then) :]
        answers = iter(came)
        return [[*(next(answers) for _ in commands), *last] for commands, _, _ in batch]

    def _ends(self) -> float:
        return asyncio.get_running_loop().time() + self._deadline

    def _sent_all(self, sending: asyncio.Task[None]) -> None:
        if self._sending is sending:
            self._sending = None
        if self._queue and not sending.cancelled():
            self._sending = chores.begin(self._send_all, self._sent_all)


async def in_time(work: Awaitable[Result], ends: float) -> Result:
    """Return the result of *work*, or raise TimeoutError when the deadline *ends*.

    Where this process stood still until after the deadline, an answer may have come that it could not read yet. So
    the work is given as long again as the process stood still, and no longer than it had before.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            seconds = max(ends - loop.time(), 0.0)
            await asyncio.wait([task], timeout=seconds)
            late = loop.time() - ends
            if task.done() or late < STOOD_STILL:
                break
            ends = loop.time() + min(late, seconds)
        if not task.done():
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()
        task.add_done_callback(
            _noticed
        )  # it may fail nevertheless, when nobody waits for it any more


def _noticed(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


def _news(number: bytes, fields: Mapping[bytes, bytes]) -> News:
    kind, about, text = (fields[name].decode() for name in (b"kind", b"about", b"text"))
    return number.decode(), kind, about, text


def _trouble(error: Exception, deadline: float) -> StoreTrouble:
    if isinstance(error, TimeoutError):
        return StoreTrouble(f"no answer within {deadline:g} s")
    # Without the line of our script in which it was met, and the end of the sentence.
    text = str(error).partition(". script: ")[0].rstrip(".")
    return StoreTrouble(text or type(error).__name__)
