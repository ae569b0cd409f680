"""Which error may be repeated, and when: in virtual time, with attempts that a test makes up."""

import asyncio
import itertools
import logging
import statistics

import pytest

from aiogandi import (
    AuthenticationError,
    ClientClosed,
    DataFault,
    InvalidArgument,
    NotFound,
    OutcomeUnknown,
    Retry,
    ServerFault,
    SessionExpired,
    TransportError,
)
from aiogandi.faults import fault_for
from aiogandi.instrumentation.emitter import Emitter
from aiogandi.instrumentation.events import CallRepeated
from aiogandi.retries import (
    LONGEST_ASKED,
    MAX_BACKOFF,
    SHORTEST,
    DidNotRun,
    Repeater,
    Verdict,
    verdict,
)
from aiogandi.transport.request import Request

RAISE, REPEAT, UNKNOWN = Verdict.RAISE, Verdict.REPEAT, Verdict.UNKNOWN


def lost(**fields):
    return TransportError("the reply was lost", **fields)


def server_fault(method):
    return ServerFault(150000, "oops", method)


class TestVerdict:
    @pytest.mark.parametrize(
        ("error", "reading", "changing"),
        [
            # It did not run.
            (lost(sent=False), REPEAT, REPEAT),
            (lost(status=429, sent=False), REPEAT, REPEAT),
            # It may have run.
            (lost(), REPEAT, UNKNOWN),
            (lost(status=200), REPEAT, UNKNOWN),
            (lost(status=408), REPEAT, UNKNOWN),
            (lost(status=500), REPEAT, UNKNOWN),
            (lost(status=503), REPEAT, UNKNOWN),
            (ServerFault(150000, "oops"), REPEAT, UNKNOWN),
            # It would fail again.
            *[
                (lost(status=status), RAISE, UNKNOWN)
                for status in (301, 308, 400, 403, 404, 413, 499)
            ],
            *[
                (fault_for(code, "no"), RAISE, UNKNOWN)
                for code in (-32300, -32400, 0, 1, 500, 7, 210150, 910150)
            ],
            (DataFault(510050, "no"), RAISE, RAISE),
            (NotFound(510042, "no"), RAISE, RAISE),
            (SessionExpired(510150, "no"), RAISE, RAISE),
            (AuthenticationError("no"), RAISE, RAISE),
            (OutcomeUnknown("who knows"), RAISE, RAISE),
            (OutcomeUnknown("who knows", status=503), RAISE, RAISE),
            (InvalidArgument("no"), RAISE, RAISE),
            (ClientClosed(), RAISE, RAISE),
            (ValueError("a fault of ours"), RAISE, RAISE),
        ],
        ids=repr,
    )
    def test_of_an_error(self, error, reading, changing):
        assert verdict(error, "vm_start", changing=False) is reading
        assert verdict(error, "vm_start", changing=True) is changing

    @pytest.mark.parametrize("login", ["login", "su"])
    @pytest.mark.parametrize("changing", [False, True])
    def test_a_logins_failure_is_not_repeated_by_the_call_that_waits_for_it(self, login, changing):
        for error in (lost(method=login, sent=False), server_fault(login)):
            assert verdict(error, "vm_start", changing=changing) is RAISE

    @pytest.mark.parametrize("login", ["login", "su"])
    def test_a_login_repeats_its_own(self, login):
        assert verdict(lost(method=login), login, changing=False) is REPEAT
        assert verdict(server_fault(login), login, changing=False) is REPEAT


class Attempts:
    """Attempts that fail by these errors, one after another, and then succeed."""

    def __init__(self, *errors, takes=0.0):
        self.errors = list(errors)
        self.takes = takes
        self.times = []  # when each began, and how many seconds it was told that it may take
        self.events = []
        self.request = Request.of("vm_list", {})

    async def __call__(self, left):
        loop = asyncio.get_running_loop()
        self.times.append((loop.time(), left))
        self.request.leaves()
        await asyncio.sleep(self.takes if left is None else min(self.takes, left))
        if self.errors:
            raise self.errors.pop(0)
        return "the reply"

    async def run(self, policy, **bounds):
        repeater = Repeater(policy, Emitter(self.events.append), timeout=30)
        return await repeater.run(self.request, self, **bounds)

    def pauses(self):
        began = [time for time, _ in self.times]
        return [after - before for before, after in itertools.pairwise(began)]


def test_an_attempt_that_succeeds_is_the_only_one(in_virtual_time):
    attempts = Attempts()
    assert in_virtual_time(attempts.run(Retry(within=60))) == "the reply"
    assert [left for _, left in attempts.times] == [60]


def test_where_there_is_no_time_the_first_attempt_has_no_limit_and_there_is_no_second(
    in_virtual_time,
):
    attempts = Attempts(lost(sent=False))
    with pytest.raises(TransportError):
        in_virtual_time(attempts.run(Retry(within=0)))
    assert [left for _, left in attempts.times] == [None]


@pytest.mark.parametrize("number", [1, 2, 5])
def test_there_are_so_many_attempts_and_the_last_error_is_raised(number, in_virtual_time):
    errors = [lost() for _ in range(9)]
    attempts = Attempts(*errors)
    with pytest.raises(TransportError) as caught:
        in_virtual_time(attempts.run(Retry(attempts=number, within=1e6)))
    assert len(attempts.times) == number
    assert caught.value is errors[number - 1]


@pytest.mark.parametrize("failures", [1, 2, 4])
def test_the_first_attempt_that_succeeds_ends_it(failures, in_virtual_time):
    attempts = Attempts(*[lost() for _ in range(failures)])
    assert in_virtual_time(attempts.run(Retry(attempts=5))) == "the reply"
    assert len(attempts.times) == failures + 1


@pytest.mark.parametrize("error", [NotFound(510042, "no"), ValueError("a fault of ours")])
def test_an_error_that_would_come_again_ends_it_at_once(error, in_virtual_time):
    for before in ([], [lost()], [lost(), lost()]):
        attempts = Attempts(*before, error)
        with pytest.raises(type(error)) as caught:
            in_virtual_time(attempts.run(Retry()))
        assert caught.value is error
        assert len(attempts.times) == len(before) + 1


def test_a_changing_call_that_may_have_run_is_not_repeated(in_virtual_time):
    for before in ([], [lost(sent=False)]):
        attempts = Attempts(*before, lost())
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(), changing=True))
        assert len(attempts.times) == len(before) + 1


def test_no_attempt_begins_after_the_time_is_over(in_virtual_time):
    attempts = Attempts(*[lost(sent=False) for _ in range(100)], takes=3)
    with pytest.raises(TransportError):
        in_virtual_time(attempts.run(Retry(attempts=100, within=10, backoff=0.1)))
    began = attempts.times[0][0]
    assert all(time < began + 10 for time, _ in attempts.times)
    assert 3 <= len(attempts.times) <= 4


def test_each_attempt_is_told_what_is_left_of_the_time(in_virtual_time):
    attempts = Attempts(lost(), lost(), takes=2)
    in_virtual_time(attempts.run(Retry(within=30, backoff=0)))
    assert [left for _, left in attempts.times] == pytest.approx([30, 28, 26], abs=0.01)


def test_time_in_our_own_queue_does_not_count(in_virtual_time):
    attempts = Attempts(lost())

    async def run():
        # It has stood in line for its turn, which costs nothing of its time.
        async def attempt(left):
            if not attempts.times:
                await asyncio.sleep(500)
                attempts.request.queued += 500
            return await attempts(left)

        return await Repeater(Retry(within=10, backoff=0), Emitter(), timeout=30).run(
            attempts.request, attempt
        )

    assert in_virtual_time(run()) == "the reply"
    assert [left for _, left in attempts.times] == pytest.approx([10, 10], abs=0.01)


def test_an_attempt_has_a_moment_however_little_is_left(in_virtual_time):
    attempts = Attempts(lost(retry_after=9.99))
    in_virtual_time(attempts.run(Retry(within=10)))
    assert attempts.times[1][1] == SHORTEST


def test_a_leap_of_the_clock_is_no_time_that_the_call_has_used(in_virtual_time):
    """The machine sleeps for four hours while a read is in flight: it is repeated, and has the time
    that it had.
    """
    attempts = Attempts(lost(), lost(), lost())

    async def run():
        async def attempt(left):
            await asyncio.sleep(4 * 3600)
            return await attempts(left)

        repeater = Repeater(Retry(within=10, backoff=0), Emitter(), timeout=30)
        return await repeater.run(attempts.request, attempt)

    assert in_virtual_time(run()) == "the reply"
    assert attempts.times[-1][1] == pytest.approx(10 - 3 * SHORTEST, abs=0.01)


def test_a_pause_counts_as_long_as_it_was_meant_to_be(in_virtual_time):
    attempts = Attempts(lost(retry_after=4), lost(retry_after=4), takes=0.5)

    async def run():
        loop = asyncio.get_running_loop()
        loop.call_later(1, lambda: setattr(loop, "time", lambda: type(loop).time(loop) + 4 * 3600))
        return await attempts.run(Retry(within=10, backoff=0))

    assert in_virtual_time(run()) == "the reply"


class TestChanging:
    """A changing call is bounded by the number of its attempts alone."""

    def test_no_time_ends_it(self, in_virtual_time):
        attempts = Attempts(*[lost(sent=False) for _ in range(4)], takes=20)
        policy = Retry(attempts=5, within=1)
        assert in_virtual_time(attempts.run(policy, changing=True)) == "the reply"
        assert [left for _, left in attempts.times] == [None] * 5

    def test_after_so_many_attempts_it_ends(self, in_virtual_time):
        attempts = Attempts(*[lost(sent=False) for _ in range(9)])
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(attempts=3), changing=True))
        assert len(attempts.times) == 3

    def test_no_pause_is_longer_than_the_service_may_ask_for(self, in_virtual_time):
        attempts = Attempts(lost(sent=False, retry_after=86400), DidNotRun(lost(), 86400))
        in_virtual_time(attempts.run(Retry(), changing=True))
        assert attempts.pauses() == pytest.approx([LONGEST_ASKED] * 2, abs=0.01)


class TestUntilWithin:
    """Look-ups for a lost call, and logins, are bounded by the time alone."""

    def test_no_number_of_attempts_ends_it(self, in_virtual_time):
        attempts = Attempts(*[lost() for _ in range(8)])
        policy = Retry(attempts=1, within=600, backoff=0)
        assert in_virtual_time(attempts.run(policy, until_within=True)) == "the reply"

    @pytest.mark.parametrize("takes", [0, 0.3, 1000])
    def test_it_ends_in_time(self, takes, in_virtual_time):
        attempts = Attempts(*[lost() for _ in range(10_000)], takes=takes)
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(within=60, backoff=0), until_within=True))
        times = [time for time, _ in attempts.times]
        assert 40 < times[-1] - times[0] < 61
        assert 6 < len(times) < 100

    def test_one_that_hangs_leaves_time_for_others(self, in_virtual_time):
        attempts = Attempts(*[lost() for _ in range(5)], takes=1000)
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(within=60, backoff=0)))
        attempts = Attempts(*[lost() for _ in range(5)], takes=1000)
        assert in_virtual_time(attempts.run(Retry(within=60), until_within=True)) == "the reply"

    def test_where_there_is_no_time_it_is_attempted_once(self, in_virtual_time):
        attempts = Attempts(lost())
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(within=0), until_within=True))
        assert [left for _, left in attempts.times] == [None]

    def test_a_look_up_goes_on_after_what_would_end_another_call(self, in_virtual_time):
        errors = [*(lost(status=status) for status in (301, 403, 404)), fault_for(-32300, "no")]
        attempts = Attempts(*errors)
        policy = Retry(backoff=0.1)
        assert in_virtual_time(attempts.run(policy, until_within=True)) == "the reply"
        for error in errors:
            with pytest.raises(type(error)):
                in_virtual_time(Attempts(error).run(policy))

    @pytest.mark.parametrize("login", ["login", "su"])
    def test_a_login_is_not_repeated_where_it_would_fail_again(self, login, in_virtual_time):
        attempts = Attempts(lost(status=404, method=login))
        attempts.request = Request.of(login, {})
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(), until_within=True))

    def test_what_would_fail_again_ends_it_at_once(self, in_virtual_time):
        attempts = Attempts(NotFound(510042, "no"))
        with pytest.raises(NotFound):
            in_virtual_time(attempts.run(Retry(), until_within=True))


class TestPauses:
    def pauses(self, in_virtual_time, policy, *errors):
        attempts = Attempts(*errors)
        in_virtual_time(attempts.run(policy))
        return attempts.pauses()

    def test_the_longest_doubles_each_time_up_to_a_limit_and_chance_decides(self, in_virtual_time):
        policy = Retry(attempts=9, within=1e6, backoff=0.5)
        runs = [
            self.pauses(in_virtual_time, policy, *[lost() for _ in range(8)]) for _ in range(60)
        ]
        for number, pauses in enumerate(zip(*runs, strict=True)):
            longest = min(0.5 * 2**number, MAX_BACKOFF)
            assert 0.75 * longest < max(pauses) <= longest + 0.01
            assert min(pauses) < 0.25 * longest
            assert statistics.fmean(pauses) == pytest.approx(longest / 2, rel=0.4)

    def test_there_is_none_where_the_policy_says_so(self, in_virtual_time):
        assert self.pauses(in_virtual_time, Retry(backoff=0), lost()) == [
            pytest.approx(0, abs=0.01)
        ]

    def test_where_there_is_none_and_only_time_ends_it_they_begin_short(self, in_virtual_time):
        refused = [TransportError("too many", status=429, sent=False) for _ in range(8)]
        runs = [
            self.pauses(in_virtual_time, Retry(attempts=5, backoff=0), *refused) for _ in range(9)
        ]
        longest = [max(pauses) for pauses in zip(*runs, strict=True)]
        assert longest[:4] == [pytest.approx(0, abs=0.01)] * 4
        assert all(pause <= SHORTEST * 2**number + 0.01 for number, pause in enumerate(longest[4:]))

    def test_what_the_service_asks_for_is_kept(self, in_virtual_time):
        pauses = self.pauses(in_virtual_time, Retry(), lost(retry_after=7), lost(retry_after=11))
        assert pauses == [pytest.approx(7, abs=0.01), pytest.approx(11, abs=0.01)]

    def test_less_than_ours_does_not_shorten_it(self, in_virtual_time):
        policy = Retry(backoff=20)
        pauses = [self.pauses(in_virtual_time, policy, lost(retry_after=1))[0] for _ in range(40)]
        assert min(pauses) >= 1
        assert max(pauses) > 10

    def test_more_than_there_is_time_for_ends_it_at_once(self, in_virtual_time):
        attempts = Attempts(lost(retry_after=61))
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(within=60)))
        assert len(attempts.times) == 1

    def test_a_call_that_did_not_run_says_itself_how_long(self, in_virtual_time):
        absent = [DidNotRun(lost(), 4.0), DidNotRun(lost(), 0.0)]
        attempts = Attempts(*absent)
        in_virtual_time(attempts.run(Retry(backoff=20), changing=True))
        assert attempts.pauses() == [pytest.approx(4, abs=0.01), pytest.approx(0, abs=0.01)]


class TestDidNotRun:
    def test_it_is_repeated_though_it_changes_something(self, in_virtual_time):
        attempts = Attempts(DidNotRun(lost(), 0.0))
        assert in_virtual_time(attempts.run(Retry(), changing=True)) == "the reply"
        assert len(attempts.times) == 2

    @pytest.mark.parametrize("number", [1, 3])
    def test_it_is_raised_at_the_end_with_what_came_instead_of_the_reply(
        self, number, in_virtual_time
    ):
        causes = [ServerFault(150000, f"oops {n}") for n in range(9)]
        attempts = Attempts(*[DidNotRun(cause, 0.0) for cause in causes])
        with pytest.raises(DidNotRun) as caught:
            in_virtual_time(attempts.run(Retry(attempts=number), changing=True))
        assert caught.value.lost is causes[number - 1]


class TestWhatIsTold:
    def test_each_repeat_is_an_event_before_its_pause(self, in_virtual_time):
        errors = [lost(retry_after=3), lost(retry_after=5)]
        attempts = Attempts(*errors)
        in_virtual_time(attempts.run(Retry()))
        assert attempts.events == [
            CallRepeated("vm_list", 2, 3, errors[0]),
            CallRepeated("vm_list", 3, 5, errors[1]),
        ]

    def test_of_a_call_that_did_not_run_it_is_what_came_instead_of_the_reply(self, in_virtual_time):
        error = lost()
        attempts = Attempts(DidNotRun(error, pause=2))
        in_virtual_time(attempts.run(Retry(), changing=True))
        assert attempts.events == [CallRepeated("vm_list", 2, 2, error)]

    def test_the_last_failure_is_none(self, in_virtual_time):
        attempts = Attempts(lost(), lost())
        with pytest.raises(TransportError):
            in_virtual_time(attempts.run(Retry(attempts=2)))
        assert [event.attempt for event in attempts.events] == [2]

    def test_it_is_logged(self, in_virtual_time, caplog):
        with caplog.at_level(logging.INFO, "aiogandi.retries"):
            in_virtual_time(Attempts(lost(retry_after=3)).run(Retry()))
        assert "vm_list: attempt 2 in 3.00 s: the reply was lost" in caplog.text


def test_who_is_cancelled_in_a_pause_makes_no_further_attempt(in_virtual_time):
    attempts = Attempts(lost(retry_after=20), lost(retry_after=20))

    async def run():
        async with asyncio.timeout(30):
            await attempts.run(Retry())

    with pytest.raises(TimeoutError):
        in_virtual_time(run())
    assert len(attempts.times) == 2
