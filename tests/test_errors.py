"""Every failure has its exception, and a fault's code says which."""

import copy
import pickle

import pytest

import aiogandi
from aiogandi import errors
from aiogandi.errors import (
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
    fault_for,
    refuses_session,
    split_code,
)
from aiogandi.redaction import Redactor
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
        (500135, InvalidValue),
        (530040, NotFound),
        (510150, PermissionDenied),
        (520060, InvalidState),
        (520000, DataFault),
        (520070, DataFault),
        (520099, DataFault),
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


def test_the_element_is_known_also_where_a_secret_reads_the_same():
    fault = fault_for(500150, "no such session [session: abc]", Redactor(["session"]))
    assert fault.message == "no such *** [***: ***]"
    assert fault.element == "session"
    assert refuses_session(fault)


@pytest.mark.parametrize("piece", [" ", "[", "[a:", "a "])
def test_a_hostile_message_costs_no_time(piece):
    assert_grows_evenly(lambda text: fault_for(500130, text), lambda length: "[" + piece * length)


@pytest.mark.parametrize(
    ("code", "message", "refused"),
    [
        (510150, "bad credential", True),
        (500110, "wrong type [session: 5]", True),
        (500140, "not found [session: abc]", True),
        (500140, "not found [session_name: abc]", False),
        (500140, "not found [vm_id: 5]", False),
        (150000, "ServerError [session: abc]", False),
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
