"""Any number of sandboxes in one process, which obeys the lines of JSON on its stdin.

The tests' own process stays without a thread, so that it may fork: a terminal needs that.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack

from aiogandi.sandbox import Sandbox


async def main():
    """``["open", settings]``, or ``[number of a sandbox, attribute, arguments]``."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    sandboxes = []
    async with AsyncExitStack() as stack:
        while line := await orders.readline():
            match json.loads(line):
                case ["open", settings]:
                    sandboxes.append(await stack.enter_async_context(Sandbox(**settings)))
                    answer = [len(sandboxes) - 1, sandboxes[-1].url]
                case [number, name, args, settings]:
                    answer = getattr(sandboxes[number], name)
                    if callable(answer):
                        answer = answer(*args, **settings)
            print(json.dumps(answer, default=str), flush=True)  # noqa: T201 - it is the answer


asyncio.run(main())
