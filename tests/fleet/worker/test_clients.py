"""The clients of a worker: what accounts' settings may be, and what becomes of wrong ones."""

import asyncio
import logging
import time

import pytest

from aiogandi import AuthenticationError, RateLimit
from aiogandi.fleet.worker.clients import LOOKS, Clients, NoClient
from aiogandi.sandbox import QUICK
from tests.fleet.fleets import PASSWORD, books_of, outcomes_of, working
from tests.integration.secrets.leaks import LOGIN_PASSWORD, Output
from tests.waiting import until


@pytest.fixture
async def make_clients(make_fleet):
    """Makes clients of a fleet with these settings: ``await make(settings)``."""
    left = []

    async def make(account, **settings):
        fleet = make_fleet(account)
        at_hand = books_of(fleet)
        await at_hand.__aenter__()
        journal = await fleet.hub.journal().__aenter__()
        clients = Clients(fleet, journal, **settings)
        left.append((clients, journal, at_hand))
        return clients

    yield make
    for clients, journal, at_hand in left:
        await clients.close(wait=0)
        await journal.close()
        await at_hand.__aexit__(None, None, None)


async def test_each_account_has_one_client_of_its_own(make_clients, settings):
    asked = []

    async def account(name):
        asked.append(name)
        await asyncio.sleep(0)
        return settings(name)

    clients = await make_clients(account)
    acme, again, globex = await asyncio.gather(*map(clients.of, ("acme", "acme", "globex")))

    assert acme is again is clients.known("acme")
    assert globex is not acme
    assert sorted(asked) == ["acme", "globex"]
    assert clients.known("initech") is None
    assert acme.run("run") is acme.run("run")


def raising(error):
    def account(_):
        raise error

    return account


async def late(_):
    await asyncio.sleep(0)
    raise OSError("the vault is closed")


GOOD = {"login": "AA1234-GANDI", "password": PASSWORD, **QUICK}


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (raising(KeyError("acme")), "cannot be had: KeyError"),
        (raising(SystemExit(3)), "cannot be had: SystemExit"),
        (raising(asyncio.CancelledError()), "cannot be had: CancelledError"),
        (late, "cannot be had: OSError"),
        (lambda _: None, "cannot be had: TypeError"),
        (lambda _: "redis", "cannot be had: TypeError"),
        (lambda _: {}, "missing"),
        (lambda _: {1: 2}, "keywords must be strings"),
        (lambda _: {**GOOD, "passwort": "x"}, "unexpected keyword argument 'passwort'"),
        (lambda _: {**GOOD, "hub": None}, "hub: those of the fleet, and no others"),
        (lambda _: {**GOOD, "hub": None, "journal": None}, "hub and journal: those of the fleet"),
        (lambda _: {**GOOD, "timeout": -1}, "timeout=-1"),
        (lambda _: {**GOOD, "password": ""}, "password is an empty string"),
        (lambda _: {**GOOD, "rate_group": 5}, "rate_group"),
        (lambda _: {**GOOD, "rate_group": ""}, "rate_group"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_wrong_settings_are_told_and_asked_for_again(make_clients, account, told):
    clients = await make_clients(account)

    for _ in range(2):
        with pytest.raises(NoClient, match="the settings of account 'acme'") as raised:
            await clients.of("acme")
        assert told in str(raised.value)
    assert clients.known("acme") is None


async def test_no_secret_is_told_of_wrong_settings(make_clients, caplog):
    caplog.set_level(logging.DEBUG)
    output = Output()
    good = {**GOOD, "password": LOGIN_PASSWORD}
    wrong = [
        lambda _: {**good, "passwort": LOGIN_PASSWORD},
        lambda _: {**good, "hub": LOGIN_PASSWORD},
        lambda _: {**good, "login": ""},
        lambda _: {**good, "rate_limit": 5},
        lambda _: {**good, LOGIN_PASSWORD: 5}.get("login"),
        raising(ValueError(f"{LOGIN_PASSWORD} is too old")),
    ]
    for account in wrong:
        clients = await make_clients(account)
        with output.caught(NoClient):
            await clients.of("acme")

    output.add(caplog.text)
    assert "cannot be had" in caplog.text
    assert not output.leaks()


async def test_without_settings_there_is_one_account(make_clients, monkeypatch, sandbox):
    monkeypatch.setenv("GANDI_LOGIN", "AA1234-GANDI")
    monkeypatch.setenv("GANDI_PASSWORD", PASSWORD)
    monkeypatch.setenv("GANDI_URL", sandbox.url)
    clients = await make_clients(None)

    client = await clients.of("default")
    assert await client.gandi.vm_list() == []
    with pytest.raises(NoClient, match="the fleet has no account="):
        await clients.of("acme")


async def test_an_account_that_is_settled_later_is_taken(make_clients, settings):
    is_there = False

    def account(name):
        if not is_there:
            raise KeyError(name)
        return settings(name)

    clients = await make_clients(account)
    with pytest.raises(NoClient):
        await clients.of("acme")
    is_there = True
    assert await clients.of("acme")


async def test_idle_clients_are_closed_but_for_busy_ones(make_clients, settings):
    clients = await make_clients(settings, idle=600)
    acme, globex = [await clients.of(name) for name in ("acme", "globex")]
    await clients.close_idle(())
    assert clients.known("acme") is acme

    for each in (acme, globex):
        each.used_at -= 601
    await clients.close_idle({"globex"})

    assert acme.is_closing
    assert clients.known("acme") is None
    assert clients.known("globex") is globex
    assert not globex.is_closing
    assert await clients.of("acme") is not acme


async def test_closing_ends_settings_that_are_still_asked_for(make_clients, settings):
    asked = asyncio.Event()

    async def account(name):
        asked.set()
        await asyncio.sleep(600)
        return settings(name)

    before = asyncio.all_tasks()
    clients = await make_clients(account)
    asking = asyncio.create_task(clients.of("acme"))
    await asked.wait()
    asking.cancel()
    await clients.close(wait=0)
    await asyncio.wait([asking])

    after = {task for task in asyncio.all_tasks() - before if "account" in repr(task.get_coro())}
    assert not after
    assert clients.known("acme") is None


async def test_settings_that_never_come_are_not_waited_for(make_clients):
    async def account(_):
        await asyncio.Event().wait()

    clients = await make_clients(account, within=0.05)
    with pytest.raises(
        NoClient, match="the settings of account 'acme' cannot be had: TimeoutError"
    ):
        await clients.of("acme")


async def test_a_client_has_turns_left_where_few_looks_see_calls_that_wait(make_clients, settings):
    slow = RateLimit(2, per=60)
    clients = await make_clients(lambda name: {**settings(name), "rate_limit": slow})
    client = await clients.of("acme")

    async def looks(number):
        for _ in range(number):
            client.look()
            yield client.has_turns_left

    assert not any([each async for each in looks(2 * LOOKS)])  # nothing is known without a request
    calls = [asyncio.create_task(client.gandi.vm_list()) for _ in range(3)]
    await until(lambda: client.gandi.stats.requests)
    await until(lambda: client.gandi.stats.waiting)
    assert not any([each async for each in looks(2 * LOOKS)])

    for call in calls:
        call.cancel()
    await asyncio.wait(calls)
    await until(lambda: not client.gandi.stats.waiting)
    seen = [each async for each in looks(LOOKS)]
    assert seen == [number >= LOOKS // 2 for number in range(1, LOOKS + 1)]

    client.has_more_places()
    assert not any([each async for each in looks(2 * LOOKS)])


async def test_a_login_that_waits_for_its_turn_counts(make_clients, settings):
    """Another one, which is refused, has used up the rate."""
    slow = {"rate_limit": RateLimit(1, per=60), "rate_group": "one"}
    clients = await make_clients(lambda name: {**settings(name), **slow, "login": name})
    with pytest.raises(AuthenticationError):
        await (await clients.of("BB1234-GANDI")).gandi.vm_list()
    client = await clients.of("AA1234-GANDI")
    call = asyncio.create_task(client.gandi.vm_list())

    await until(lambda: client.gandi.stats.waiting == 1)

    call.cancel()
    await asyncio.wait([call])


# -- with a worker -------------------------------------------------------------------------------


async def test_accounts_that_cannot_work_stop_no_others(make_fleet, settings):
    def account(name):
        match name:
            case "wrong":
                return {**settings(name), "password": "not this one"}
            case "unknown":
                raise KeyError(name)
        return settings(name)

    fleet = make_fleet(account)

    @fleet.action
    async def count(gandi, item):
        return len(await gandi.vm_list())

    items = [f"{name} {number}" for name in ("wrong", "unknown", "acme") for number in range(5)]
    async with working(fleet):
        run = await fleet.submit(count, items, run="counts", account=lambda item: item.split()[0])
        found = {outcome.item: outcome for outcome in await outcomes_of(run)}

    kinds = {item: None if outcome.ok else outcome.error.kind for item, outcome in found.items()}
    assert {kinds[f"wrong {number}"] for number in range(5)} == {"AuthenticationError"}
    assert {kinds[f"unknown {number}"] for number in range(5)} == {"NoClient"}
    assert {kinds[f"acme {number}"] for number in range(5)} == {None}
    assert "the settings of account 'unknown' cannot be had" in str(found["unknown 0"].error)


async def took_for_40_calls(make_fleet, settings, groups):
    """Seconds in which two accounts make 20 calls each, with a rate of 40 in a second."""
    times = []

    def account(name):
        rate = RateLimit(40, per=1)
        return {**settings(name), "rate_limit": rate, "rate_group": groups[int(name)]}

    fleet = make_fleet(account)

    @fleet.action
    async def look(gandi, item):
        await gandi.vm_list()
        times.append(time.monotonic())

    items = [f"{number % 2} {number}" for number in range(40)]
    async with working(fleet, limit=40):
        run = await fleet.submit(look, items, run="looks", account=lambda item: item[0])
        assert all(outcome.ok for outcome in await outcomes_of(run))
    return max(times) - min(times)


@pytest.mark.parametrize("groups", [["one", "one"], [None, None]])
async def test_accounts_of_a_rate_group_share_its_rate(make_fleet, settings, groups):
    assert await took_for_40_calls(make_fleet, settings, groups) >= 0.9


async def test_each_rate_group_has_a_rate_of_its_own(make_fleet, settings):
    """That of the one is used up at once, and for ten minutes."""

    def account(name):
        rate = RateLimit(1, per=600) if name == "slow" else RateLimit(100, per=1)
        return {**settings(name), "rate_limit": rate, "rate_group": name}

    fleet = make_fleet(account)

    @fleet.action
    async def look(gandi, item):
        await gandi.vm_list()

    items = [f"{name} {number}" for name in ("slow", "quick") for number in range(20)]
    async with working(fleet, limit=20):
        run = await fleet.submit(look, items, run="looks", account=lambda item: item.split()[0])
        done = []
        async with asyncio.timeout(30):
            async for outcome in run:
                done.append(outcome.item)
                if sum(item.startswith("quick") for item in done) == 20:
                    break
    assert sum(item.startswith("slow") for item in done) <= 1
