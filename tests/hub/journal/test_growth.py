"""What is kept in the store: nothing of what is finished but whose it was, and that not for ever."""

import time

import pytest

from aiogandi.changes.state import State
from aiogandi.hub.scripts import account_name
from tests.hub.journal.sides import ACCOUNT, intent, processes

HOUR = 3600.0


@pytest.fixture
def at(prefix):
    """The name of something of the account in the store."""
    return lambda *words: ":".join((prefix, "journal", account_name(ACCOUNT), *map(str, words)))


async def make_old(side, at, number):
    """So many claims of past calls, a day old."""
    then = time.time() - 24 * HOUR
    for first in range(0, number, 500):
        names = [f"id:{each}" for each in range(first, min(first + 500, number))]
        times = (word for name in names for word in (then, name))
        await side.store.command("ZADD", at("claimed"), *times)
        claims = (word for name in names for word in (name, "1 1 vm_create"))
        await side.store.command("HSET", at("claims"), *claims)


async def claims(side, at):
    numbers = (
        await side.store.command("ZCARD", at("claimed")),
        await side.store.command("HLEN", at("claims")),
    )
    assert numbers[0] == numbers[1]
    return numbers[0]


async def test_a_client_that_enters_forgets_old_claims_but_not_all_at_once(make_hub, at):
    async with processes(make_hub, 1) as [one]:
        await make_old(one, at, 2010)
        for left in (1010, 10, 0):
            await (await one.client()).leave()
            assert await claims(one, at) == left


async def test_whoever_claims_forgets_more_than_it_enters(make_hub, at):
    async with processes(make_hub, 1) as [one]:
        await make_old(one, at, 2000)
        for call in range(600):
            number = await one.journal.intend(intent())
            await one.journal.claim(number, [("vm_id", call)], State.ANSWERED, {"vm_id": call})
        assert await claims(one, at) < 2000


async def test_those_that_an_open_call_may_have_to_do_with_stay(make_hub, at):
    async with processes(make_hub, 1) as [one]:
        call = await one.journal.intend(intent(since=time.time() - 24.5 * HOUR))
        await make_old(one, at, 3)
        await (await one.client()).leave()
        assert await claims(one, at) == 3
        await one.journal.settle(call, State.ABSENT)
        await (await one.client()).leave()
        assert await claims(one, at) == 0


async def test_an_open_call_of_a_client_without_a_journal_holds_nothing_up(make_hub, at):
    settings = {"brief": True, "within": 0.0, "lease": 0.2}
    async with processes(make_hub, 1, **settings) as [one]:
        since = time.time() - 24.5 * HOUR
        unknown = await one.journal.intend(intent(since=since, timeout=0.01, settle=0.01))
        await one.journal.settle(unknown, State.UNKNOWN)
        await make_old(one, at, 3)
        while await claims(one, at):
            await (await one.client()).leave()


async def test_nothing_is_left_of_finished_calls_and_clients_that_have_gone(make_hub, prefix, at):
    async with processes(make_hub) as (one, other):
        for _ in range(5):
            client = await one.client()
            calls = [await client.intend(intent()) for _ in range(3)]
            await client.claim(calls[0], [("id", calls[0])], State.ANSWERED, {})
            await client.settle(calls[1], State.ABSENT)
            await client.drop(calls)
            await client.leave()
        await (await other.client()).leave()
        names = {name.decode() for name in await one.store.command("KEYS", f"{prefix}:journal*")}
        about = {at("claims"), at("claimed"), at("clients")}
        about |= {f"{prefix}:journal", f"{prefix}:journal-accounts"}
        clients = {name for name in names if name.startswith(at("client", ""))}
        assert names - clients == about
        assert len(clients) <= 3


async def test_a_key_that_is_concluded_keeps_its_steps_alone(make_hub, prefix, at):
    async with processes(make_hub, 1) as [one]:
        key = await one.journal.hold(("web",))
        for step in range(3):
            call = await one.journal.intend(intent(key, step))
            await one.journal.claim(call, [("vm_id", step)], State.ANSWERED, {"vm_id": step})
        await one.journal.conclude(key.number, None)
        assert await one.store.command("KEYS", at("call", "*")) == []
        assert len((await one.journal.find(("web",), 0)).steps) == 3
        one.journal.let_go(key.number)
        assert await one.storage.forget(ACCOUNT, 0, ("web",)) == 1
        assert await one.store.command("KEYS", at("k*", "*")) == []
