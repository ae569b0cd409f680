"""Sessions that processes share: while the store is away, when it comes back, and what can be read there."""

import asyncio
import json
import time

import pytest

from aiogandi import AuthenticationError, HubError
from aiogandi.faults import fault_for
from aiogandi.hub.redis_hub import RedisHub
from aiogandi.redaction import Secret
from tests.hub.contents import contents
from tests.hub.sessions.workers import Service, several
from tests.waiting import until

QUICK = {"lease": 0.5, "deadline": 0.3}


@pytest.fixture
async def make(enter):
    """Makes processes: ``await make(hub, service)``."""
    return await enter(several())


# -- the store is away -----------------------------------------------------------------------


async def test_without_a_store_each_process_logs_in_by_itself(make, store_server):
    server = store_server()
    server.kill()
    service = Service()
    workers = [await make(RedisHub(server.url, **QUICK), service) for _ in range(2)]
    found = [await worker.obtain() for worker in workers]
    assert [(kept.id, kept.made_here) for kept in found] == [
        ("session 1", True),
        ("session 2", True),
    ]
    renewed = await workers[0].obtain(found[0].id, refused=True)
    assert renewed.id == "session 3"


@pytest.mark.parametrize("known", [True, False])
async def test_a_store_that_does_not_answer_costs_its_deadline(make, store_server, known):
    server = store_server()
    service = Service()
    worker = await make(RedisHub(server.url, **QUICK), service)
    if known:
        await worker.obtain()
    server.freeze()
    began = time.monotonic()
    kept = await worker.obtain(Secret("session 1"), refused=True)
    took = time.monotonic() - began
    server.thaw()
    assert kept.id == f"session {1 + known}"
    assert took < 0.3 + 1.0  # a loaded machine


async def test_a_store_that_goes_away_during_a_login_takes_nothing_from_it(make, store_server):
    server = store_server()
    service = Service()
    worker = await make(RedisHub(server.url, **QUICK), service)
    service.gate.clear()
    login = asyncio.create_task(worker.obtain())
    await until(lambda: service.logins == 1)
    server.kill()
    service.gate.set()
    assert (await login).id == "session 1"


async def test_those_who_wait_for_anothers_login_go_on_alone(make, store_server):
    server = store_server()
    service, stuck = Service(), Service()
    stuck.gate.clear()
    first = await make(RedisHub(server.url, **QUICK), stuck)
    other = await make(RedisHub(server.url, **QUICK), service)
    login = asyncio.create_task(first.obtain())
    await until(lambda: stuck.logins == 1)
    waiting = asyncio.create_task(other.obtain())
    await until(lambda: other.store.exchanges.get("session-look"))
    server.kill()
    assert (await waiting).made_here
    stuck.gate.set()
    await login


async def test_a_refused_login_is_raised_also_while_it_is_away(make, store_server):
    server = store_server()
    server.kill()
    service = Service()
    service.failures = [AuthenticationError("login refused")]
    worker = await make(RedisHub(server.url, **QUICK), service)
    with pytest.raises(AuthenticationError):
        await worker.obtain()


async def test_when_it_is_back_what_stands_there_is_taken(make, store_server):
    server = store_server(appendonly="yes")
    service = Service()
    workers = [await make(RedisHub(server.url, **QUICK), service) for _ in range(2)]
    old = await workers[0].obtain()
    server.kill()
    alone = await workers[1].obtain()
    assert alone.id == "session 2"
    server.start()
    await workers[1].store.back()
    assert (await workers[1].obtain(alone.id)).id == old.id


async def test_one_that_was_emptied_is_filled_anew(make, store_server, caplog):
    server = store_server()
    service = Service()
    workers = [await make(RedisHub(server.url, **QUICK), service) for _ in range(3)]
    for worker in workers:
        await worker.obtain()
    abouts = {await worker.about() for worker in workers}
    server.kill()
    server.start()
    for worker in workers:
        await until(lambda worker=worker: worker.store.generation == 1)
        await worker.store.back()
    lost = Secret("session 1")
    found = [await worker.obtain(lost) for worker in workers]
    assert {kept.id for kept in found} == {"session 2"}
    [about] = {await worker.about() for worker in workers}
    assert abouts.isdisjoint({about})
    await workers[0].obtain(Secret("session 2"), refused=True)
    await until(lambda: workers[1].dropped == workers[2].dropped == ["session 2"])


async def test_another_releases_store_is_refused(make, make_hub):
    service = Service()
    first = await make(make_hub(), service)
    await first.store.begun()
    await first.store.command("HSET", f"{first.store.prefix}:about", "format", 99)
    newer = await make(make_hub(), service)
    for _ in range(2):
        with pytest.raises(HubError, match="format 99"):
            await newer.obtain()
    assert service.logins == 0


async def test_a_hub_error_of_the_login_itself_is_raised(make, make_hub):
    service = Service()
    service.failures = [HubError("no turn")]
    worker = await make(make_hub(), service)
    with pytest.raises(HubError, match="no turn"):
        await worker.obtain()
    assert service.logins == 1


async def test_a_login_that_is_cancelled_while_the_store_is_frozen_ends(make, store_server):
    server = store_server()
    service = Service()
    worker = await make(RedisHub(server.url, **QUICK), service)
    service.gate.clear()
    login = asyncio.create_task(worker.obtain())
    await until(lambda: service.logins == 1)
    server.freeze()
    began = time.monotonic()
    login.cancel()
    await asyncio.wait([login])
    await worker.sessions.close()
    server.thaw()
    assert login.cancelled()
    assert time.monotonic() - began < 0.3 + 1.0


# -- what can be read there ------------------------------------------------------------------

PASSWORD, SESSION = "pa55-w0rd", "session 1"


async def test_neither_password_nor_session_id_stands_in_the_store(make, make_hub, caplog):
    service = Service()
    fault = fault_for(510150, f"DataError: bad credential [password: {PASSWORD}]")
    worker = await make(make_hub(), service, password=PASSWORD)
    await worker.obtain()
    await worker.obtain(Secret(SESSION), refused=True)
    service.failures = [AuthenticationError(f"login refused: {fault}", fault)]
    with pytest.raises(AuthenticationError):
        await worker.obtain(Secret("session 2"))
    shown = repr(await contents(worker.store.command, f"{worker.store.prefix}:*"))
    for kind in ("session", "refused", "news"):
        assert f":{kind}" in shown
    for secret in (PASSWORD, "session 1", "session 2", "bad credential", "AA1"):
        assert secret not in shown
        assert secret.encode().hex() not in shown
    assert PASSWORD not in caplog.text
    assert SESSION not in caplog.text


async def test_it_cannot_be_shown_by_what_shares_it(make, make_hub):
    worker = await make(make_hub(), Service(), password=PASSWORD)
    await worker.obtain()
    shown = repr(vars(worker.sessions))
    assert PASSWORD not in shown
    assert SESSION not in shown


async def test_everything_there_ends_by_itself(make, make_hub):
    service = Service()
    worker = await make(make_hub(), service, lifetime=50)
    await worker.obtain()
    service.failures = [AuthenticationError("login refused")]
    with pytest.raises(AuthenticationError):
        await worker.obtain(Secret("session 1"))
    other = await make(make_hub(), service, login="other")
    service.gate.clear()
    login = asyncio.create_task(other.obtain())
    await until(lambda: service.logins == 3)

    for one, kind, longest in (
        (worker, "session", 50_000),
        (worker, "refused", 60_000),
        (other, "login", 5_000),
    ):
        key = f"{one.store.prefix}:{kind}:{await one.about()}"
        assert 0 < await one.store.command("PTTL", key) <= longest
    service.gate.set()
    await login


@pytest.mark.parametrize("damage", ["mark", "sealed"])
async def test_what_somebody_has_written_over_is_replaced(make, make_hub, damage):
    service = Service()
    workers = [await make(make_hub(), service) for _ in range(2)]
    await workers[0].obtain()
    key = f"{workers[0].store.prefix}:session:{await workers[0].about()}"
    await workers[0].store.command("HSET", key, damage, json.dumps("nonsense"))
    assert {(await worker.obtain()).id for worker in workers} == {"session 2"}
