"""Every failure has its exception, and a fault's code says which."""

import copy
import pickle

import pytest

import aiogandi
from aiogandi import errors
from aiogandi.errors import (
    AlreadyExists,
    AuthenticationError,
    ClientClosed,
    DataFault,
    Fault,
    GandiError,
    InvalidArgument,
    InvalidState,
    InvalidValue,
    NotFound,
    OperationCancelled,
    OperationError,
    OperationFailed,
    OperationTimeout,
    OutcomeUnknown,
    PermissionDenied,
    ServerFault,
    SessionExpired,
    TransportError,
    WrongLoop,
    split_code,
)
from aiogandi.faults import fault_for, refuses_session
from aiogandi.redaction import Redactor
from aiogandi.sandbox.books.faults import Cause, Subject, data_fault
from tests.growth import assert_grows_evenly


@pytest.mark.parametrize(
    ("error", "bases"),
    [
        (TransportError, [GandiError]),
        (OutcomeUnknown, [TransportError]),
        (Fault, [GandiError]),
        (ServerFault, [Fault]),
        (DataFault, [Fault]),
        (InvalidValue, [DataFault]),
        (NotFound, [DataFault]),
        (AlreadyExists, [DataFault]),
        (PermissionDenied, [DataFault]),
        (InvalidState, [DataFault]),
        (SessionExpired, [DataFault]),
        (AuthenticationError, [GandiError]),
        (OperationError, [GandiError]),
        (OperationFailed, [OperationError]),
        (OperationCancelled, [OperationError]),
        (OperationTimeout, [OperationError, TimeoutError]),
        (InvalidArgument, [GandiError, ValueError]),
        (WrongLoop, [GandiError, RuntimeError]),
        (ClientClosed, [GandiError]),
    ],
)
def test_the_tree_is_the_contracts(error, bases):
    assert list(error.__bases__) == bases
    assert getattr(aiogandi, error.__name__) is error
    assert error.__name__ in errors.__doc__


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (110020, ServerFault),
        (110040, ServerFault),
        (150000, ServerFault),
        (500110, InvalidValue),
        (500120, InvalidValue),
        (500130, InvalidValue),
        (500136, InvalidValue),
        (530040, NotFound),
        (510150, PermissionDenied),
        (520060, InvalidState),
        (520000, DataFault),
        (520070, DataFault),
        (520097, DataFault),
        (200010, Fault),
        (999999, Fault),
        (5, Fault),
        (0, Fault),
        (-510150, Fault),
        (5101500, Fault),
    ],
)
def test_the_code_decides(code, kind):
    fault = fault_for(code, "no")
    assert type(fault) is kind
    assert (fault.code, fault.message) == (code, "no")
    assert str(code) in str(fault)


# What each documented cause is told as. A class of errors is a promise of what helps.
KINDS = {
    InvalidValue: {10, 20, 30, 31, 32, 33, 34, 37, 38, 44, 45, 65, 95},  # another value
    NotFound: {40, 42, 43},  # another thing
    AlreadyExists: {41},  # another name, or nothing at all
    PermissionDenied: {50, 54, 55},  # another account
    InvalidState: {35, 39, 46, 49, 60, 62, 63, 67, 68, 69, 98, 99},  # another state first
}


@pytest.mark.parametrize("subject", [Subject.VM, Subject.DISK, Subject.STRING, Subject.QUANTITY])
@pytest.mark.parametrize("cause", Cause, ids=lambda cause: cause.name)
def test_each_cause_that_is_documented_is_told_as_what_it_is(cause, subject):
    [kind] = [kind for kind, causes in KINDS.items() if cause in causes]
    refusal = data_fault(subject, cause, "no", "name", "web")
    assert type(fault_for(refusal.code, refusal.message)) is kind


@pytest.mark.parametrize(
    ("tens", "kind"), [(19, InvalidValue), (47, NotFound), (59, PermissionDenied)]
)
def test_another_cause_is_told_by_its_tens(tens, kind):
    assert type(fault_for(530200 + tens, "no")) is kind


@pytest.mark.parametrize(
    ("code", "parts"),
    [
        (510150, (5, 101, 50)),
        (110020, (1, 100, 20)),
        (999999, (9, 999, 99)),
        (99999, (0, 0, 0)),
        (1000000, (0, 0, 0)),
        (0, (0, 0, 0)),
        (-510150, (0, 0, 0)),
    ],
)
def test_a_code_is_taken_apart(code, parts):
    fault = fault_for(code, "")
    assert split_code(code) == parts
    assert (fault.qualification, fault.object, fault.cause) == parts


@pytest.mark.parametrize(
    ("message", "element"),
    [
        ("DataError: invalid value for password [password: 123456]", "password"),
        ("DataError: too large [ size : 5]", "size"),
        ("DataError: not there [vm_id: 5] [disk_id: 6]", "vm_id"),
        ("DataError: [no element] at all", None),
        ("DataError: [: 5]", None),
        ("DataError", None),
    ],
)
def test_the_element_is_named(message, element):
    assert fault_for(500130, message).element == element


def test_passwords_and_sessions_in_a_message_are_blanked():
    fault = fault_for(500130, "bad [password: 123456]")
    assert fault.message == "bad [password: ***]"
    assert Fault(500130, "bad [session: abc]").message == "bad [session: ***]"
    assert fault_for(500130, "for s3cret of web", Redactor(["s3cret"])).message == "for *** of web"
    assert "123456" not in repr(fault) + str(fault) + repr(fault.args)


@pytest.mark.parametrize("element", ["session", "session_id"])
def test_the_element_is_known_also_where_a_secret_reads_the_same(element):
    fault = fault_for(500150, f"no such session [{element}: abc]", Redactor(["session"]))
    assert fault.message == f"no such *** [{element}: ***]"
    assert fault.element == element
    assert refuses_session(fault)


@pytest.mark.parametrize("piece", [" ", "[", "[a:", "a "])
def test_a_hostile_message_costs_no_time(piece):
    assert_grows_evenly(lambda text: fault_for(500130, text), lambda length: "[" + piece * length)


@pytest.mark.parametrize(
    ("code", "message", "refused"),
    [
        (510150, "bad credential", True),
        (510150, "bad credential [session: abc]", True),
        (510150, "bad credential [session_id: abc]", True),
        (510150, "bad credential [vm_id: 5]", False),
        (510150, "bad credential [handle: BB1-GANDI]", False),
        (500240, "not found", True),
        (500250, "no right", True),
        (500210, "wrong type [session: 5]", True),
        (500249, "expired [vm_id: 5]", True),  # the object is what it is about
        (501210, "wrong type [session: 5]", True),
        (530240, "not found [session_id: abc]", True),
        (530240, "not found [session_name: abc]", False),
        (530240, "not found [vm_id: 5]", False),
        (500130, "bad password [password: abc]", False),
        (500330, "bad login [login: abc]", False),
        (530250, "no right", False),
        (110040, "ServerError [session: abc]", False),
        (100240, "ServerError", False),
        (150000, "ServerError [session: abc]", False),
        (2, "no", False),
        (1, "[session: abc]", False),
    ],
)
def test_which_faults_refuse_the_session(code, message, refused):
    assert refuses_session(fault_for(code, message)) is refused


@pytest.mark.parametrize(
    "error",
    [
        TransportError("no", 503, sent=False, retry_after=2.0),
        OutcomeUnknown("no", "vm_create", status=200, surplus=[5, 6]),
        fault_for(530040, "not there [vm_id: 5]"),
        AuthenticationError("refused", fault_for(510150, "bad credential")),
        InvalidArgument("no"),
        WrongLoop("no"),
        ClientClosed(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_exceptions_survive_copies(error):
    for copied in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(copied) is type(error)
        assert str(copied) == str(error)
        assert repr(vars(copied)) == repr(vars(error))


def test_what_a_transport_error_tells():
    error = TransportError("no", 503, retry_after=2.0)
    assert (error.status, error.sent, error.retry_after) == (503, True, 2.0)
    assert TransportError("no").status is None


def test_what_an_unknown_outcome_tells():
    error = OutcomeUnknown("no", "vm_create", status=200, surplus=[5, 6])
    assert (error.method, error.status, error.surplus) == ("vm_create", 200, (5, 6))
