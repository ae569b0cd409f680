"""The link with a store: what is given up leaves nothing behind, and nothing overtakes what was asked before it."""

import asyncio

from aiogandi.hub.link import Link, StoreTrouble
from aiogandi.hub.scripts import Script
from aiogandi.redaction import Secret
from tests.hub.slow_way import SlowWay

LINKS = 40
DEADLINE = 0.3


async def trouble(asked):
    """What the store, when asked so, is in trouble with; None where it is in none."""
    try:
        await asked
    except StoreTrouble as error:
        return str(error)


async def ask(link, after=0.0):
    await asyncio.sleep(after)
    return await trouble(link.command("PING"))


async def test_wherever_an_exchange_is_given_up_its_connection_is_free(shared_store):
    way = SlowWay(shared_store)
    url = await way.open()
    links = [Link(Secret(url), DEADLINE) for _ in range(LINKS)]
    try:
        for link in links:
            await ask(link)  # so that there is a connection
        way.seconds = 20.0
        # When the first of two is given up, the second one has a moment left: to connect, say, or to send.
        firsts = [ask(link) for link in links]
        seconds = [ask(link, after=0.03 * n / LINKS) for n, link in enumerate(links)]
        assert None not in await asyncio.gather(*firsts, *seconds)
        way.seconds = 0.0
        both = [trouble(link.news("news", "0-0", DEADLINE / 2)) for link in links]
        both += [ask(link, after=0.01) for link in links]
        assert "Too many connections" not in await asyncio.gather(*both)
    finally:
        for link in links:
            await link.close()
        await way.close()


async def test_a_script_that_the_store_does_not_know_yet_is_not_overtaken(shared_store, prefix):
    known, new = (
        Script.without_epoch(name, f"return redis.call('INCR', name('{prefix}')) -- {name}")
        for name in ("known", "new")
    )
    link = Link(Secret(shared_store), 5.0)
    try:
        assert await link.run(known, prefix, "", []) == 1
        both = (link.run(script, prefix, "", []) for script in (new, known))
        assert await asyncio.gather(*both) == [2, 3]
    finally:
        await link.close()
