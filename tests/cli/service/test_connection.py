"""A command at the service: how fast it may send, and what it says while nothing answers."""

import asyncio

import pytest

from aiogandi import Gandi, RateLimit, TransportError
from aiogandi.cli.commands.vm import list_
from aiogandi.cli.service.connection import Job
from aiogandi.cli.service.credentials import Credentials
from aiogandi.cli.service.notices import QUIET, Notices
from aiogandi.instrumentation import CallRepeated, ExchangeEnded, PollEnded
from aiogandi.redaction import Secret
from aiogandi.sandbox import Sandbox
from aiogandi.settings import Retry

VMS = 60


def vm_list(in_virtual_time, **settings):
    """Run ``vm list`` on a sandbox of 60 servers; returns its code, how many seconds it took, and how
    many requests it sent."""

    async def story():
        clock = asyncio.get_running_loop().time
        async with Sandbox(clock=clock, shares=VMS, **settings) as sandbox:
            session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
            for number in range(VMS):
                sandbox.execute("vm_create", session, f"web-{number}", "s3cret-pw", 111, 1, 1, {})
            sandbox.calls.clear()
            began = clock()
            credentials = Credentials("AA1234-GANDI", Secret("mypassword"), sandbox.url)
            code = await list_().talk(credentials, Gandi)
            return code, clock() - began, sandbox.calls.total()

    return in_virtual_time(story())


def test_a_service_with_a_rate_limit_loses_no_row(in_virtual_time, capsys):
    code, seconds, sent = vm_list(in_virtual_time, rate_limit=RateLimit(30, per=2.0))
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert out.count("web-") == VMS
    assert (seconds, sent) == (pytest.approx(61 * 2 / 29, abs=0.5), 62)


def test_a_sandbox_without_a_rate_limit_is_not_slowed_down(in_virtual_time, capsys):
    code, seconds, sent = vm_list(in_virtual_time)
    out, err = capsys.readouterr()
    assert (code, err) == (0, "")
    assert out.count("web-") == VMS
    assert seconds < 0.1
    assert sent == 62  # none to ask whether there is a limit


def test_a_limit_that_the_command_is_given_is_not_lifted_by_another_service(
    in_virtual_time, capsys
):
    """One that says nothing, which is every service but a sandbox of ours."""

    async def story():
        clock = asyncio.get_running_loop().time
        async with Sandbox(clock=clock, rate_limit=RateLimit(1000, per=0.1)) as sandbox:
            began = clock()

            async def work(connection):
                await asyncio.gather(*(connection.gandi.vm_list() for _ in range(60)))
                return 0

            credentials = Credentials("AA1234-GANDI", Secret("mypassword"), sandbox.url)
            await Job(work).talk(credentials, Gandi)
            return clock() - began

    assert in_virtual_time(story()) == pytest.approx(60 * 2 / 29, abs=0.2)


# -- what is said meanwhile --------------------------------------------------------------------


@pytest.fixture
def told():
    return []


@pytest.fixture
def notices(told):
    return Notices(told.append, Retry(attempts=4, within=9.0))


def refused(method="vm_info", status=None):
    return TransportError(f"{method}: refused", status, method=method)


@pytest.mark.parametrize(
    ("method", "status", "line"),
    [
        ("login", None, "login: refused; trying again, for 9 s at most"),
        ("login", 429, "login: refused; trying again, for about 9 s"),
        ("vm_info", None, "vm_info: refused; trying again, for 9 s or 4 attempts at most"),
        ("vm_info", 503, "vm_info: refused; trying again, for 9 s or 4 attempts at most"),
        ("vm_info", 429, "vm_info: refused; trying again, for about 9 s"),
        ("vm_stop", 429, "vm_stop: refused; trying again, for about 9 s"),
    ],
)
def test_what_is_tried_again_is_told_at_once_with_how_long_it_may_take(
    notices, told, method, status, line
):
    notices(CallRepeated(method, 2, 0.1, refused(method, status)))
    assert told == [line]


@pytest.mark.parametrize(
    ("status", "line"),
    [
        (None, "operation_list: refused; waiting on, until it is back"),
        (503, "operation_list: refused; waiting on, until it is back"),
        (429, "operation_list: refused; waiting on, in spite of it"),
    ],
)
def test_what_is_waited_for_is_told_to_have_no_limit(notices, told, status, line):
    notices(PollEnded("operation_list", 1, 0.1, refused("operation_list", status)))
    assert told == [line]


@pytest.mark.parametrize(("status", "lines"), [(None, 2), (503, 2), (429, 1)])
def test_one_cause_is_one_line_for_all_calls_and_one_for_what_is_waited_for(
    notices, told, status, lines
):
    for method in ("login", "vm_list", "vm_info", "vm_stop"):
        notices(CallRepeated(method, 2, 0.1, refused(method, status)))
        notices(ExchangeEnded(method, 2, 0.1, None))
        notices(PollEnded("operation_list", 1, 0.1, refused("operation_list", status)))
    assert len(told) == lines


def test_a_trouble_that_comes_and_goes_is_told_once(notices, told, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for _ in range(20):
        now[0] += QUIET / 4
        notices(CallRepeated("vm_info", 2, 0.1, refused(status=429)))
        notices(ExchangeEnded("vm_info", 1, 0.1, None))
    assert len(told) == 1


def test_a_thousand_calls_that_meet_the_same_are_one_line(notices, told):
    for number in range(1000):
        notices(CallRepeated("vm_info", 2 + number % 3, 0.1, refused()))
        notices(ExchangeEnded("vm_info", number, 0.1, None))
    notices(CallRepeated("vm_info", 2, 0.1, refused(status=503)))
    assert len(told) == 2


def test_the_next_outage_is_told_again(notices, told, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for pause, lines in ((0, 1), (QUIET / 2, 1), (QUIET, 2)):
        now[0] += pause
        notices(ExchangeEnded("vm_info", 1, 0.1, None))
        notices(CallRepeated("vm_info", 2, 0.1, refused()))
        assert len(told) == lines
    now[0] += 10 * QUIET
    notices(CallRepeated("vm_info", 3, 0.1, refused()))
    assert len(told) == 2  # it is the same one


def test_a_wait_on_a_service_that_has_gone_says_so(start, slow_service):
    [vm_id] = slow_service.vms("web")
    service = slow_service
    operation_id = service.call("vm_stop", vm_id)
    child = start("operation", "wait", operation_id, service=service)
    for method in ("operation_list", "operation_details"):
        service.do("refuse", method, status=503, times=9999)
    lines = iter(child.stderr.readline, "")
    line = next(line for line in lines if "HTTP 503" in line)
    assert "HTTP 503 Service Unavailable" in line
    child.kill()
