"""What processes tell each other of operations: it comes back as it was, and no secret goes along."""

from datetime import datetime

import pytest

from aiogandi import Fault, InvalidState, NotFound, OperationDetails, TransportError
from aiogandi.hub.watches.texts import (
    details_text,
    error_text,
    key_text,
    read_details,
    read_error,
    read_key,
    read_watched,
    watched_text,
)
from aiogandi.operations.guests import Watched
from aiogandi.redaction import conceal


@pytest.mark.parametrize("key", [7, 2**63 - 1, ("vm_create", 5), ("a\tb\nc", None), (None, 5)])
def test_a_key_is_one_word_and_comes_back(key):
    text = key_text(key)
    assert read_key(text) == key
    assert not set("\t\n") & set(text)


def test_what_is_watched_comes_back():
    watched = Watched("vm_stop", 1, None, 3, 12.5, follows=True)
    assert read_watched(watched_text(watched), 12.5) == watched


def test_what_the_service_has_sent_comes_back_without_its_secrets():
    date = datetime(2026, 11, 28, 10, 0, 1)
    sent = {
        "id": 7,
        "type": "vm_create",
        "step": "ERROR",
        "date_created": date,
        "last_error": "no\troom [password: hush-hush]",
        "params": {"vm_id": 5, "password": "hush-hush", "key": b"\x00\xff"},
        "unknown": [1, {"password": "s3ss10n"}],
    }
    details = OperationDetails.from_wire(sent, id=7)

    text = details_text(details, conceal, 1.5)
    came, late = read_details(text)

    assert late == 1.5
    assert "hush" not in text
    assert "s3ss10n" not in text
    assert not set("\t\n") & set(text)
    assert (came.id, came.type, came.state, came.vm_id) == (7, "vm_create", "ERROR", 5)
    assert came.date_created == came.raw["date_created"] == date
    assert came.last_error == details.last_error
    assert came.params["key"] == b"\x00\xff"
    assert came.raw["unknown"][0] == 1


def test_what_a_list_has_shown_comes_back():
    details = OperationDetails(7, "vm_stop", "DONE", vm_id=5)
    came, _ = read_details(details_text(details, conceal))
    assert came == details
    assert came.raw == {}


def test_what_the_callers_secrets_are_is_taken_out():
    details = OperationDetails.from_wire({"state": "ERROR", "last_error": "bad: Tr0ub4dor"}, id=7)

    def blanked(value):
        return {**value, "last_error": value["last_error"].replace("Tr0ub4dor", "***")}

    assert "Tr0ub4dor" not in details_text(details, blanked)


@pytest.mark.parametrize(
    "error",
    [
        NotFound(510042, "no such operation", "operation_details"),
        NotFound(0, "nothing tells which it is"),
        InvalidState(510160, "[vm: running]", "vm_start"),
        Fault(12, "what", "vm_info"),
        TransportError("vm_info: HTTP 404", 404, method="vm_info"),
    ],
)
def test_a_failure_comes_back(error):
    text = error_text(error)
    came = read_error(text)
    assert type(came) is type(error)
    assert str(came) == str(error)
    assert vars(came) == vars(error)
    assert not set("\t\n") & set(text)
