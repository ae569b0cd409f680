"""One session for the processes on one store: who logs in, and who takes what another has made."""

import asyncio
import math

import pytest

from aiogandi import AuthenticationError, TransportError
from aiogandi.faults import fault_for
from aiogandi.hub.sessions.scripts import LOOK
from aiogandi.redaction import Secret
from aiogandi.session.store import StandingRefusal
from tests.hub.sessions.workers import Service, several
from tests.waiting import until


@pytest.fixture
async def make_worker(make_hub, enter):
    """Makes processes on one store: ``await make_worker(service, lease=0.5, password="old")``."""
    make = await enter(several())

    async def of_settings(service, lease=5, **settings):
        return await make(make_hub(lease=lease), service, **settings)

    return of_settings


# -- one login -------------------------------------------------------------------------------


async def test_of_many_processes_one_logs_in(make_worker):
    service = Service(takes=0.05)
    workers = [await make_worker(service) for _ in range(8)]
    found = await asyncio.gather(*(worker.obtain() for worker in workers))
    assert {kept.id for kept in found} == {"session 1"}
    assert sorted(kept.made_here for kept in found) == [False] * 7 + [True]
    assert service.logins == 1


async def test_those_who_wait_are_told_and_do_not_ask_again_and_again(make_worker):
    service = Service(takes=0.3)
    workers = [await make_worker(service) for _ in range(8)]
    await asyncio.gather(*(worker.obtain() for worker in workers))
    assert all(worker.store.exchanges["session-look"] <= 3 for worker in workers)


async def test_one_that_comes_later_takes_what_there_is_with_the_time_that_is_left(make_worker):
    service = Service()
    first, later = await make_worker(service, lifetime=100), await make_worker(service, lifetime=9)
    made = await first.obtain()
    taken = await later.obtain()
    assert (taken.id, taken.made_here) == (made.id, False)
    assert taken.ends_at == pytest.approx(made.ends_at, abs=2)


async def test_a_session_lasts_from_before_its_login_was_sent(make_worker):
    service = Service(takes=0.5)
    first, later = await make_worker(service, lifetime=100), await make_worker(service)
    began = asyncio.get_running_loop().time()
    await first.obtain()
    taken = await later.obtain()
    assert taken.ends_at <= began + 100 + 0.4


async def test_what_has_ended_is_not_taken(make_worker):
    service = Service()
    first, later = await make_worker(service, lifetime=0.2), await make_worker(service)
    made = await first.obtain()
    await until(lambda: asyncio.get_running_loop().time() > made.ends_at + 0.1)
    assert (await later.obtain()).id == "session 2"


async def test_what_has_ended_before_it_was_made_is_not_kept(make_worker):
    service = Service(takes=0.1)
    first, later = await make_worker(service, lifetime=0.05), await make_worker(service)
    assert (await first.obtain()).id == "session 1"
    assert (await later.obtain()).id == "session 2"


async def test_a_session_without_an_end_is_shared_as_one(make_worker):
    service = Service()
    workers = [await make_worker(service, lifetime=math.inf) for _ in range(2)]
    assert [(await worker.obtain()).ends_at for worker in workers] == [math.inf] * 2
    assert service.logins == 1


async def test_other_accounts_have_their_own(make_worker):
    service = Service()
    accounts = [{}, {"login": "other"}, {"handle": "BB2"}, {"url": "https://y"}, {"password": "p"}]
    workers = [await make_worker(service, **account) for account in accounts]
    found = {(await worker.obtain()).id for worker in workers}
    assert len(found) == len(accounts)


# -- renewal and refusal ---------------------------------------------------------------------


async def test_it_is_renewed_once_for_all(make_worker):
    service = Service(takes=0.02)
    workers = [await make_worker(service) for _ in range(8)]
    [old] = {(await worker.obtain()).id for worker in workers}
    found = await asyncio.gather(*(worker.obtain(old) for worker in workers))
    assert {kept.id for kept in found} == {"session 2"}
    assert service.logins == 2


async def test_while_it_is_renewed_others_take_the_old_one(make_worker):
    service = Service()
    first, other = await make_worker(service), await make_worker(service)
    old = await first.obtain()
    service.gate.clear()
    renewal = asyncio.create_task(first.obtain(old.id))
    await until(lambda: service.logins == 2)
    assert (await other.obtain()).id == old.id
    service.gate.set()
    await renewal


async def test_one_that_was_refused_is_replaced_once_for_all(make_worker):
    service = Service(takes=0.02)
    workers = [await make_worker(service) for _ in range(8)]
    for number in range(1, 4):
        lost = Secret(f"session {number}")
        assert {(await worker.obtain()).id for worker in workers} == {lost}
        found = await asyncio.gather(*(worker.obtain(lost, refused=True) for worker in workers))
        assert {kept.id for kept in found} == {f"session {number + 1}"}
        assert service.logins == number + 1


async def test_a_refusal_drops_exactly_the_one_that_was_refused(make_worker):
    service = Service()
    first, late = await make_worker(service), await make_worker(service)
    old = await first.obtain()
    await late.obtain()
    new = await first.obtain(old.id, refused=True)
    assert (await late.obtain(old.id, refused=True)).id == new.id
    assert (await first.obtain()).id == new.id
    assert service.logins == 2


async def test_a_refusal_is_told_to_all(make_worker):
    service = Service()
    workers = [await make_worker(service) for _ in range(3)]
    for worker in workers:
        await worker.obtain()
    await workers[0].obtain(Secret("session 1"), refused=True)
    await until(lambda: workers[1].dropped == workers[2].dropped == ["session 1"])


async def test_after_it_was_closed_nothing_is_told(make_worker):
    service = Service()
    first, closed = await make_worker(service), await make_worker(service)
    for worker in (first, closed):
        await worker.obtain()
    await closed.sessions.close()
    await first.obtain(Secret("session 1"), refused=True)
    heard = []
    closed.store.hear("session", "", heard.append)
    await first.obtain(Secret("session 2"), refused=True)
    await until(lambda: heard)
    assert closed.dropped == []


# -- refused logins --------------------------------------------------------------------------

FAULT = fault_for(510150, "DataError: bad credential [password: x]", method="login")
REFUSAL = AuthenticationError(f"login refused: {FAULT}", FAULT)


async def test_a_refused_login_stands_for_all(make_worker):
    service = Service(takes=0.02)
    service.failures = [REFUSAL]
    workers = [await make_worker(service) for _ in range(8)]
    found = await asyncio.gather(*(worker.obtain() for worker in workers), return_exceptions=True)
    assert found.count(REFUSAL) == 1
    told = [each for each in found if isinstance(each, StandingRefusal)]
    assert len(told) == 7
    for each in told:
        assert str(each.error) == str(REFUSAL)
        fault = each.error.fault
        assert (type(fault), fault.code, str(fault)) == (type(FAULT), 510150, str(FAULT))
        assert (fault.method, fault.element) == ("login", FAULT.element)
        assert 0 < each.seconds <= 60
    assert service.logins == 1


async def test_after_its_pause_a_login_is_tried_again_by_one(make_worker):
    service = Service()
    service.failures = [AuthenticationError("login refused")]
    first, other = [await make_worker(service, login_pause=1.0) for _ in range(2)]
    with pytest.raises(AuthenticationError):
        await first.obtain()
    told = await other.obtain()
    assert (str(told.error), told.error.fault) == ("login refused", None)
    await asyncio.sleep(told.seconds + 0.05)
    assert {(await worker.obtain()).id for worker in (first, other)} == {"session 2"}


async def test_without_a_pause_the_next_one_tries_again(make_worker):
    service = Service()
    service.failures = [REFUSAL]
    first, other = [await make_worker(service, login_pause=0) for _ in range(2)]
    with pytest.raises(AuthenticationError):
        await first.obtain()
    assert (await other.obtain()).id == "session 2"


async def test_a_stale_password_locks_nobody_out(make_worker):
    service = Service()
    workers = [await make_worker(service) for _ in range(2)]
    stale = await make_worker(service, password="old")
    stale_too = await make_worker(service, password="old")
    service.failures = [REFUSAL]
    with pytest.raises(AuthenticationError):
        await stale.obtain()
    assert isinstance(await stale_too.obtain(), StandingRefusal)
    assert {(await worker.obtain()).id for worker in workers} == {"session 2"}


async def test_a_refused_renewal_leaves_the_session_that_is_still_good(make_worker):
    service = Service()
    first, other = await make_worker(service), await make_worker(service)
    old = await first.obtain()
    service.failures = [REFUSAL]
    with pytest.raises(AuthenticationError):
        await first.obtain(old.id)
    assert (await other.obtain()).id == old.id
    assert isinstance(await other.obtain(old.id), StandingRefusal)
    assert service.logins == 2


# -- logins that do not end ------------------------------------------------------------------


async def test_trouble_on_the_way_is_that_of_one_and_another_tries(make_worker):
    service = Service(takes=0.05)
    service.failures = [TransportError("out of order")]
    workers = [await make_worker(service) for _ in range(4)]
    found = await asyncio.gather(*(worker.obtain() for worker in workers), return_exceptions=True)
    assert [type(each) for each in found].count(TransportError) == 1
    assert {kept.id for kept in found if not isinstance(kept, Exception)} == {"session 2"}
    assert service.logins == 2


async def test_a_login_that_was_cancelled_is_made_by_another_at_once(make_worker):
    service = Service()
    service.gate.clear()
    first, other = [await make_worker(service, lease=60) for _ in range(2)]
    login = asyncio.create_task(first.obtain())
    await until(lambda: service.logins == 1)
    waiting = asyncio.create_task(other.obtain())
    login.cancel()
    with pytest.raises(asyncio.CancelledError):
        await login
    service.gate.set()
    assert (await asyncio.wait_for(waiting, 10)).id == "session 2"


@pytest.mark.parametrize("steps", range(1, 40, 2))
async def test_wherever_it_is_cancelled_no_lease_is_left(make_worker, steps):
    service = Service()
    first, other = [await make_worker(service, lease=60) for _ in range(2)]
    await first.obtain()
    lost = Secret("session 1")
    login = asyncio.create_task(first.obtain(lost, refused=True))
    for _ in range(steps):
        await asyncio.sleep(0)
    login.cancel()
    await asyncio.gather(login, return_exceptions=True)
    async with asyncio.timeout(10):
        kept = await other.obtain(lost, refused=True)
    assert kept.id != lost


async def test_who_logs_in_and_is_killed_is_replaced_within_the_lease(make_worker):
    service = Service()
    other = await make_worker(service, lease=0.5)
    killed = await make_worker(service, lease=0.5)
    await other.obtain()
    lost = Secret("session 1")
    # What one leaves that is killed between its look and its login.
    here = f"{killed.store.prefix}:here:gone"
    about, mark = await killed.about(), await killed.mark(lost)
    await killed.store.command("SET", here, "{}", "PX", 400)
    assert await killed.store.run(LOOK, about, "abc-1", mark, 1, "gone", 60_000) == [b"login"]
    async with asyncio.timeout(10):
        assert (await other.obtain(lost, refused=True)).id == "session 2"


async def test_a_lease_ends_also_where_its_process_lives(make_worker):
    service = Service()
    other, stuck = await make_worker(service), await make_worker(service)
    about = await stuck.about()
    await stuck.store.run(LOOK, about, "abc-1", "", 0, stuck.store.process, 300)
    began = asyncio.get_running_loop().time()
    assert (await other.obtain()).id == "session 1"
    assert asyncio.get_running_loop().time() - began > 0.2


async def test_a_login_that_takes_longer_than_a_lease_is_waited_for(make_worker):
    service = Service(takes=1.5)
    workers = [await make_worker(service, lease=0.5) for _ in range(3)]
    found = await asyncio.gather(*(worker.obtain() for worker in workers))
    assert {kept.id for kept in found} == {"session 1"}
    assert service.logins == 1


async def test_but_not_for_ever(make_worker):
    """What stands in its way may be its own."""
    stuck, service = Service(), Service()
    stuck.gate.clear()
    first, other = await make_worker(stuck), await make_worker(service, patience=0.1)
    login = asyncio.create_task(first.obtain())
    await until(lambda: stuck.logins == 1)
    assert (await other.obtain()).made_here
    late = await make_worker(service)
    assert (await late.obtain()).id == "session 1"
    assert (await other.obtain(Secret("session 1"))).id == "session 2"
    assert (await late.obtain(Secret("session 1"))).id == "session 2"
    stuck.gate.set()
    await login
    assert service.logins == 2


async def test_a_login_that_was_overtaken_leaves_what_another_has_made(make_worker):
    stuck, service = Service(), Service()
    service.logins = 10
    stuck.gate.clear()
    first, other = await make_worker(stuck), await make_worker(service, patience=0.1)
    login = asyncio.create_task(first.obtain())
    await until(lambda: stuck.logins == 1)
    made = await other.obtain()
    # As if the first one's lease had ended.
    await first.store.command("DEL", f"{first.store.prefix}:login:{await first.about()}")
    stuck.gate.set()
    assert (await login).id == "session 1"
    late = await make_worker(service)
    assert (await late.obtain()).id == made.id == "session 11"


async def test_it_is_closed_while_a_login_is_given_up(make_worker):
    service = Service()
    service.gate.clear()
    first, other = [await make_worker(service, lease=60) for _ in range(2)]
    login = asyncio.create_task(first.obtain())
    await until(lambda: service.logins == 1)
    for _ in range(3):
        login.cancel()
        await asyncio.sleep(0)
    await asyncio.wait([login])
    await first.sessions.close()
    service.gate.set()
    async with asyncio.timeout(10):
        await other.obtain()
