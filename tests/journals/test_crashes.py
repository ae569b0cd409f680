"""`kill -9` changes nothing: whenever it hits, each thing is there once when the run is through."""

import signal

import pytest

from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.trouble import DropRequest
from tests.journals import places
from tests.journals.crashes import DURATIONS, Crashes, Victim, crash, results, through

EQUAL = 3
"""Items that are called the same."""


@pytest.mark.usefixtures("untraced")
async def test_killed_at_random_moments_it_makes_each_thing_once(tmp_path):
    crashes = await crash(seed=7, kills=4, folder=tmp_path)

    assert list(crashes.complaints) == []
    assert crashes.kills == 4
    assert crashes.hit.total() > 4


async def is_as_meant(sandbox, path):
    """Whether the run, begun again, comes to what was meant."""
    printed = await through(sandbox, path, EQUAL)
    done = await results(sandbox, path)
    crashes = Crashes(sandbox, path, EQUAL, done=done, printed=printed)
    assert list(crashes.complaints) == []
    return True


class Trap:
    """What `Sandbox.interfere` is set to: it kills the process when *springs*, of the requests that have
    come so far, says so, and is *trouble* for that request.
    """

    def __init__(self, sandbox, springs, trouble=None, *, other=None):
        self.sandbox = sandbox
        self.victim = None
        self.has_sprung = False
        self._springs = springs
        self._trouble = trouble
        self._other = other or {}
        self._came = []

    def __call__(self, method):
        self._came.append(method)
        if self.has_sprung:
            return None
        if self._springs(self._came):
            self.has_sprung = True
            self.victim.strike()
            return self._trouble
        return self._other.get(method)


def begins_to_create(came):
    return came[-1] == "operation_list"


def creates(came):
    return came[-1] == "vm_create"


def looks_a_second_time(came):
    return "vm_create" in came and came[came.index("vm_create") :].count("operation_list") == 2


def polls(came):
    return "vm_create" in came and came[-1] in ("operation_list", "operation_details")


@pytest.mark.parametrize(
    ("place", "springs", "trouble", "other"),
    [
        (places.BEFORE_INTENT, begins_to_create, None, {}),
        (places.BEFORE_ANSWER, creates, None, {}),
        (places.BEFORE_ANSWER, creates, DropRequest(), {}),
        (places.RECONCILING, looks_a_second_time, None, {"vm_create": DropRequest()}),
        (places.WAITING, polls, None, {}),
    ],
)
async def test_killed_when_a_request_comes(tmp_path, place, springs, trouble, other):
    path = tmp_path / "runs.db"
    async with Sandbox(durations=DURATIONS) as sandbox:
        if place == places.WAITING:
            sandbox.hold_operation("vm_create")
        trap = sandbox.interfere = Trap(sandbox, springs, trouble, other=other)
        trap.victim = await Victim.started(sandbox, path, EQUAL, 1)

        assert dict(await trap.victim.places()) == {place: 1}

        sandbox.release_operations()
        assert await is_as_meant(sandbox, path)


@pytest.mark.parametrize(
    ("place", "moment"), [(places.BEFORE_SEND, "request"), (places.BEFORE_OUTCOME, "answer")]
)
async def test_killed_where_the_service_sees_nothing_of_it(tmp_path, place, moment):
    path = tmp_path / "runs.db"
    async with Sandbox(durations=DURATIONS) as sandbox:
        victim = await Victim.started(sandbox, path, EQUAL, 1, moment)
        assert await victim.process.wait() == -signal.SIGKILL
        victim.look()

        assert dict(await victim.places()) == {place: 1}
        assert await is_as_meant(sandbox, path)
