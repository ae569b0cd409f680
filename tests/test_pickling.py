"""Values and exceptions survive copies, pickles and a trip to another process; no secret goes along."""

import copy
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from aiogandi import (
    AuthenticationError,
    Failed,
    Fleet,
    Gandi,
    GandiError,
    Journal,
    NotFound,
    Operation,
    OperationTimeout,
    RedisHub,
    TransportError,
)
from aiogandi.models.model import Model
from aiogandi.pickling import DetachedOperation
from aiogandi.sandbox import Sandbox
from tests import elsewhere
from tests.everything import LIVING, PASSWORD, an_operation, exceptions, public_classes, values

VALUES = values()
EXCEPTIONS = exceptions()
PROTOCOLS = range(2, pickle.HIGHEST_PROTOCOL + 1)
COPIES = {"copy": copy.copy, "deepcopy": copy.deepcopy}


def pickled(value, protocol=pickle.DEFAULT_PROTOCOL):
    return pickle.loads(pickle.dumps(value, protocol))


def told(value):
    """Everything that can be read off a value, comparable: exceptions are equal only to themselves.

    A live operation is what a pickle keeps of it, and a password is ``***`` in both.
    """
    match value:
        case BaseException():
            attributes = {name: told(item) for name, item in vars(value).items()}
            return type(value), str(value), value.args, attributes
        case Model():
            return repr(value), str(value.raw).replace(PASSWORD, "***")
        case Operation():
            return DetachedOperation.of(value)
        case DetachedOperation():
            return value
        case _ if hasattr(value, "__slots__"):
            return type(value), {name: told(getattr(value, name)) for name in value.__slots__}
        case _:
            return value


@pytest.mark.parametrize("name", VALUES)
def test_every_public_value_survives_a_pickle_and_no_password_is_in_it(name):
    value = VALUES[name]
    for protocol in PROTOCOLS:
        data = pickle.dumps(value, protocol)
        assert PASSWORD.encode() not in data
        again = pickle.loads(data)
        assert type(again) is type(value)
        assert told(again) == told(value)
        assert told(pickled(again, protocol)) == told(value)


@pytest.mark.parametrize("how", COPIES)
@pytest.mark.parametrize("name", VALUES)
def test_every_public_value_survives_a_copy(name, how):
    value = VALUES[name]
    twin = COPIES[how](value)
    assert told(twin) == told(value)
    if isinstance(value, Model):
        assert twin == value
        assert twin.raw == value.raw
    if isinstance(value, Exception):
        assert twin is not value
        assert getattr(twin, "operation", None) is getattr(value, "operation", None)


def test_another_process_gets_every_value_and_gives_it_back_and_raises_every_exception(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[1])  # where that process finds `elsewhere`
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawned) as pool:
        returned = pool.submit(elsewhere.give_back, VALUES).result()
        assert {name: told(value) for name, value in returned.items()} == {
            name: told(value) for name, value in VALUES.items()
        }
        for error in EXCEPTIONS.values():
            raised = pool.submit(elsewhere.fail_with_history, error).exception()
            assert "KeyError: 'first'" in str(raised.__cause__)  # the pool's own text
            assert raised.__notes__ == ["seen in the worker"]
            del raised.__notes__
            assert told(raised) == told(error)


def test_what_has_a_life_is_refused_in_words_that_say_what_to_do_instead():
    journal = Journal("nowhere.db")
    gandi = Gandi("AA1234-GANDI", PASSWORD, url="http://127.0.0.1:1/", journal=journal)
    hub = RedisHub(f"redis://:{PASSWORD}@127.0.0.1:1/0")
    living = {
        "Fleet": Fleet(hub),
        "FleetRun": Fleet(hub).run("release-42"),
        "Gandi": gandi,
        "Journal": journal,
        "Run": journal.run("release-42"),
        "Operation": gandi.operation(5),
        "VMOperation": an_operation(),
        "DiskOperation": an_operation(),
        "Sandbox": Sandbox(),
        "RedisHub": hub,
    }
    assert living.keys() == LIVING <= {kind.__name__ for kind in public_classes()}
    for thing in living.values():
        for way in (*COPIES.values(), pickle.dumps):
            with pytest.raises(TypeError, match=r"neither copied nor pickled: \w+") as caught:
                way(thing)
            assert PASSWORD not in str(caught.value)


async def test_an_operation_out_of_a_pickle_says_how_to_take_it_up():
    error = pickled(OperationTimeout("it goes on", an_operation()))
    assert (error.operation.id, error.operation.vm_id, error.operation.state) == (5, 7, "WAIT")
    assert not error.operation.done()
    for refused in (error.operation.wait(timeout=5), error.operation.cancel()):
        with pytest.raises(RuntimeError, match=r"take the operation up by its id"):
            await refused


class TestExceptionsOfOthers:
    """Subclasses that a service derives from ours."""

    def test_keyword_arguments_and_slots_are_kept(self):
        for error in (NoRoom(rack=5), pickled(NoRoom(rack=5)), copy.deepcopy(NoRoom(rack=5))):
            assert (str(error), error.rack, error.left) == ("rack 5 is full", 5, ["none"])

    def test_those_of_the_system_are_kept(self):
        for way in (pickled, *COPIES.values()):
            error = way(NoFile(2, "not there", "/etc/gandi"))
            assert (error.errno, error.strerror, error.filename) == (2, "not there", "/etc/gandi")
            assert str(error) == str(NoFile(2, "not there", "/etc/gandi"))

    def test_what_a_subclass_takes_out_is_left_behind(self):
        error = pickled(Locked("busy"))
        assert vars(error) == {"name": "lock"}


class NoRoom(NotFound):
    __slots__ = ("left",)

    def __init__(self, *, rack):
        super().__init__(530040, f"rack {rack} is full", "vm_create")
        self.rack = rack
        self.left = ["none"]

    def __str__(self):
        return self.message


class NoFile(GandiError, FileNotFoundError):
    pass


class Locked(GandiError):
    def __init__(self, message):
        super().__init__(message)
        self.name = "lock"
        self.lock = threading.Lock()

    def __getstate__(self):
        state = super().__getstate__()
        del state["lock"]
        return state


class Stubborn(Exception):
    """Can be pickled, but not read again."""

    def __init__(self, first, second):
        super().__init__(first)


def raised(error, cause=None):
    """*error* as it is after it was raised while a KeyError was handled."""
    with suppress(Exception):
        try:
            raise KeyError("context")
        except KeyError:
            if cause is None:
                raise error  # noqa: B904 - the context is meant
            raise error from cause
    return error


class TestHistory:
    def test_cause_context_and_notes_are_kept(self):
        error = raised(TransportError("lost", 503), cause=raised(NotFound(530040, "gone")))
        error.add_note("of web-01")
        for way in (pickled, *COPIES.values()):
            twin = way(error)
            assert twin.__notes__ == ["of web-01"]
            assert told(twin.__cause__) == told(error.__cause__)
            assert (
                repr(twin.__context__) == repr(twin.__cause__.__context__) == "KeyError('context')"
            )
            assert twin.__suppress_context__
            assert not twin.__cause__.__suppress_context__

    @pytest.mark.parametrize("own", [Stubborn(1, 2), type("Local", (Exception,), {})("here")])
    def test_a_cause_that_cannot_travel_is_left_behind_alone(self, own):
        error = pickled(raised(TransportError("lost"), cause=own))
        assert error.__cause__ is None
        assert repr(error.__context__) == "KeyError('context')"
        assert copy.copy(raised(TransportError("lost"), cause=own)).__cause__ is own

    def test_one_of_ours_that_cannot_travel_is_left_behind_as_well(self):
        stuck = GandiError("stuck")
        stuck.lock = threading.Lock()
        assert pickled(raised(TransportError("lost"), cause=stuck)).__cause__ is None

    def test_one_of_a_class_that_cannot_be_imported_is_left_behind_as_well(self):
        here = type("Here", (GandiError,), {})("here")
        assert pickled(raised(TransportError("lost"), cause=here)).__cause__ is None

    def test_one_that_is_raised_out_of_another_which_holds_it_goes_along(self):
        outer = AuthenticationError("refused", NotFound(510150, "bad credential"))
        with suppress(NotFound):
            try:
                raise outer
            except AuthenticationError as error:
                raise error.fault  # noqa: B904 - the context is meant
        twin = pickled(outer)
        assert twin.fault.__context__ is twin
        assert pickled(outer.fault).__context__.fault.code == 510150

    def test_a_circle_stays_one(self):
        first, second = TransportError("first"), TransportError("second")
        first.__cause__, second.__cause__ = second, first
        for way in (pickled, copy.deepcopy):
            twin = way(first)
            assert str(twin.__cause__.__cause__) == "first"
        assert pickled(first).__cause__.__cause__.__cause__.args == ("second",)

    def test_a_long_history_takes_no_time_that_doubles(self):
        error = TransportError("0")
        for number in range(1, 60):
            later = TransportError(str(number))
            later.__cause__ = later.__context__ = error
            error = later
        twin = pickled(error)
        for number in range(59, -1, -1):
            assert str(twin) == str(number)
            twin = twin.__cause__

    def test_a_group_of_ours_goes_along(self):
        group = pickled(ExceptionGroup("two", [raised(TransportError("lost")), NoRoom(rack=5)]))
        assert repr(group.exceptions[0].__context__) == "KeyError('context')"
        assert group.exceptions[1].rack == 5


def test_an_outcome_goes_along_with_its_error():
    outcome = Failed("web-01", OperationTimeout("it goes on", an_operation()))
    for way in (pickled, *COPIES.values()):
        assert told(way(outcome)) == told(outcome)
