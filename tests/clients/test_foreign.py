"""A missing program is a skip, and a failure where it was promised."""

import pytest

from tests.clients import foreign


@pytest.fixture
def missing(monkeypatch):
    """The name of a program that no machine has."""
    monkeypatch.setitem(foreign.PROBES, "no-such-program", [])
    return "no-such-program"


def test_a_missing_program_is_skipped_with_a_reason(missing, monkeypatch):
    monkeypatch.setenv("FOREIGN_PROGRAMS", "another")
    with pytest.raises(pytest.skip.Exception, match=r"no-such-program with .* not on this"):
        foreign.require(missing)


def test_a_missing_program_that_was_promised_is_a_failure(missing, monkeypatch):
    monkeypatch.setenv("FOREIGN_PROGRAMS", f"another {missing}")
    with pytest.raises(pytest.fail.Exception, match="FOREIGN_PROGRAMS promises it"):
        foreign.require(missing)


def test_a_program_that_lacks_its_library_is_missing(monkeypatch):
    monkeypatch.setitem(foreign.PROBES, "sh", ["-c", "exit 1"])
    assert foreign.find("sh") is None
