"""The store as one process sees it: entered, heard, gone away, come back, and another one than before."""

import asyncio
import gc
import logging

import pytest
import redis

from aiogandi import HubError
from aiogandi.hub.link import in_time
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.hub.scripts import Script
from tests.waiting import until

SAY = Script.of("say", "tell('word', 'all', ARGV[2]) return ARGV[2]")
QUICK = {"lease": 0.5, "deadline": 0.3}


@pytest.fixture
async def enter_store(enter):
    """Enters the stores of hubs, for the rest of the test."""
    entered = []

    def enter_one(hub):
        hub.store.join()
        entered.append(hub.store)
        return hub.store

    yield enter_one
    for store in entered:
        await store.leave()


async def test_what_one_process_says_all_hear_in_order(make_hub, enter_store):
    stores = [enter_store(make_hub()) for _ in range(3)]
    heard = [[] for _ in stores]
    for store, words in zip(stores, heard, strict=True):
        await store.begun()
        store.hear("word", "all", words.append)

    for number in range(50):
        await stores[number % 3].run(SAY, number)

    expected = [str(number) for number in range(50)]
    await until(lambda: heard == [expected] * 3)


async def test_many_exchanges_at_once_are_answered_each_its_own(make_hub, enter_store):
    store = enter_store(make_hub())
    answers = await asyncio.gather(*(store.run(SAY, number) for number in range(1000)))
    assert answers == [str(number).encode() for number in range(1000)]
    assert store.exchanges["say"] == 1000


async def test_a_store_that_is_killed_and_comes_back_with_its_data_is_told_of_twice(
    store_server, enter_store, caplog
):
    server = store_server(appendonly="yes")
    store = enter_store(RedisHub(server.url, **QUICK))
    away, back = [], []
    store.on_away.append(lambda: away.append(1))
    store.on_back.append(lambda: back.append(1))
    await store.run(SAY, 1)

    server.kill()
    with pytest.raises(HubError, match="is away"):
        await store.run(SAY, 2)
    with pytest.raises(HubError, match="is away"):
        await store.run(SAY, 3)
    server.start()
    await store.back()

    assert await store.run(SAY, 4) == b"4"
    assert store.generation == 0
    assert (away, back) == ([1], [1])
    warnings = [each.message for each in caplog.records if each.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert "is away" in warnings[0]
    assert "is back after" in warnings[1]


async def test_a_store_that_comes_back_empty_is_another_one(store_server, enter_store, caplog):
    server = store_server()
    store = enter_store(RedisHub(server.url, **QUICK))
    replaced, heard = [], []
    store.on_replaced.append(lambda: replaced.append(store.salt))
    store.hear("word", "all", heard.append)
    await store.run(SAY, 1)
    before = store.salt

    server.kill()
    server.start()
    with pytest.raises(HubError):
        await store.run(SAY, 2)
    await store.back()
    await store.run(SAY, 3)

    assert store.generation == 1
    assert replaced == [store.salt] != [before]
    assert "was emptied" in caplog.text
    await until(lambda: heard == ["1", "3"])


async def test_one_that_is_emptied_under_a_process_does_nothing_for_it(
    shared_store, make_hub, enter_store
):
    store = enter_store(make_hub(**QUICK))
    await store.run(SAY, 1)
    await store.command("DEL", f"{store.prefix}:about")
    with pytest.raises(HubError, match="emptied or replaced"):
        await store.run(SAY, 2)
    await store.back()
    assert store.generation == 1


async def test_no_exchange_takes_longer_than_the_deadline(store_server, enter_store):
    server = store_server()
    store = enter_store(RedisHub(server.url, **QUICK))
    await store.run(SAY, 1)
    server.freeze()
    began = asyncio.get_running_loop().time()
    answers = await asyncio.gather(*(store.run(SAY, 2) for _ in range(500)), return_exceptions=True)
    took = asyncio.get_running_loop().time() - began
    server.thaw()
    assert {type(answer) for answer in answers} == {HubError}
    assert took < 0.3 + 1.0  # a loaded machine
    await store.back()
    assert await store.run(SAY, 3) == b"3"


async def test_a_store_that_is_not_there_at_first_is_found_when_it_comes(store_server, enter_store):
    server = store_server()
    server.kill()
    store = enter_store(RedisHub(server.url, **QUICK))
    with pytest.raises(HubError, match="is away"):
        await store.run(SAY, 1)
    server.start()
    await store.back()
    assert await store.run(SAY, 2) == b"2"
    assert store.generation == 0


async def test_a_wrong_password_is_told_without_it(store_server, enter_store, caplog):
    server = store_server(requirepass="right")
    hub = RedisHub(server.url.replace("redis://", "redis://:wrong-pw@"), **QUICK)
    store = enter_store(hub)
    with pytest.raises(HubError) as told:
        await store.run(SAY, 1)
    for text in (str(told.value), caplog.text, repr(hub), repr(vars(hub)), repr(vars(store))):
        assert "wrong-pw" not in text


async def test_a_read_only_replica_is_away(store_server, enter_store):
    first, second = store_server(), store_server()
    store = enter_store(RedisHub(second.url, **QUICK))
    await store.run(SAY, 1)
    await store.command("REPLICAOF", "127.0.0.1", first.port)
    with pytest.raises(HubError, match="is away"):
        await store.run(SAY, 2)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await store.back()


async def test_another_format_is_refused_with_what_to_do(make_hub, enter_store):
    store = enter_store(make_hub())
    await store.begun()
    await store.command("HSET", f"{store.prefix}:about", "format", 99)
    newer = enter_store(make_hub())
    for _ in range(2):
        with pytest.raises(HubError, match=r"format 99.*knows 1.*another prefix"):
            await newer.run(SAY, 1)


async def test_who_is_not_heard_of_has_gone(make_hub, enter_store):
    one, two = enter_store(make_hub(lease=0.5)), enter_store(make_hub(lease=0.5))
    gone = []
    await one.begun()
    one.hear("gone", "", gone.append)
    await two.begun()
    name = two.process
    await two.leave()
    await until(lambda: gone == [name])
    two.join()


async def test_the_last_client_that_leaves_takes_the_process_along(make_hub):
    hub = make_hub()
    hub.store.join()
    hub.store.join()
    await hub.store.run(SAY, 1)
    await hub.store.leave()
    assert await hub.store.run(SAY, 2) == b"2"
    before = asyncio.all_tasks()
    await hub.store.leave()
    assert len(asyncio.all_tasks()) < len(before)


async def test_who_uses_a_hub_again_is_another_process(make_hub, enter_store):
    hub = make_hub(lease=60)
    hub.store.join()
    await hub.store.run(SAY, 1)
    name = hub.store.process
    leaving = asyncio.create_task(hub.store.leave())
    await asyncio.sleep(0)  # it has begun to leave

    store = enter_store(hub)
    assert await store.run(SAY, 2) == b"2"
    await leaving
    assert await store.run(SAY, 3) == b"3"
    here = await store.command("SMEMBERS", f"{store.prefix}:processes")
    assert here == {store.process.encode()} != {name.encode()}


async def test_an_emptied_store_is_told_of_though_it_could_not_be_entered_at_once(
    store_server, enter_store
):
    server = store_server()
    store = enter_store(RedisHub(server.url, **QUICK))
    replaced = []
    store.on_replaced.append(lambda: replaced.append(1))
    await store.run(SAY, 1)
    with redis.Redis(port=server.port) as operator:
        operator.acl_setuser("default", commands=["-sadd"])  # with which a process enters
        operator.flushall()
        with pytest.raises(HubError, match="emptied or replaced"):
            await store.run(SAY, 2)
        await until(lambda: store.exchanges["begin"] >= 3)
        operator.acl_setuser("default", commands=["+sadd"])
    await store.back()
    assert (store.generation, replaced) == (1, [1])


async def test_an_exchange_that_fails_when_nobody_waits_for_it_any_more_is_no_error():
    complaints = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: complaints.append(context["message"]))

    async def stubborn():
        try:
            await asyncio.sleep(60)
        finally:
            raise ConnectionError

    with pytest.raises(TimeoutError):
        await in_time(stubborn(), loop.time() + 0.05)
    await asyncio.sleep(0)
    gc.collect()
    assert complaints == []
