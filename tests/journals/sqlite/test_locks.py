"""Who holds what: locks of the kernel, and a note of this process's own."""

import os

import pytest

from aiogandi.journals.sqlite.locks import LockFile
from tests.journals.sqlite.probe import seen_elsewhere

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.db-locks"


def in_a_child(work):
    """What *work* returns in a forked child, as far as it is True."""
    child = os.fork()
    if not child:
        try:
            os._exit(0 if work() else 1)
        finally:
            os._exit(2)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_what_is_held_is_held_for_everybody(path):
    locks = LockFile.opened(path)
    assert locks.take(5)
    assert not locks.take(5)
    assert locks.take(2**40 + 1)
    assert seen_elsewhere(path, 5, 6, 2**40 + 1) == ["held", "free", "held"]
    locks.let_go(5)
    assert seen_elsewhere(path, 5, 2**40 + 1) == ["free", "held"]
    assert locks.take(5)
    locks.close()
    assert seen_elsewhere(path, 5, 2**40 + 1) == ["free", "free"]


def test_it_is_opened_once_in_a_process(path):
    one, other = LockFile.opened(path), LockFile.opened(path)
    assert one is other
    assert one.take(5)
    other.close()
    assert seen_elsewhere(path, 5) == ["held"]
    one.close()
    assert seen_elsewhere(path, 5) == ["free"]


def test_it_is_one_file_under_all_its_names(path, tmp_path):
    one = LockFile.opened(path)
    (tmp_path / "other").symlink_to(path)
    other = LockFile.opened(tmp_path / "other")
    assert one is other
    one.close()
    other.close()


def test_another_file_has_locks_of_its_own(path, tmp_path):
    one, other = LockFile.opened(path), LockFile.opened(tmp_path / "another")
    assert one.take(5)
    assert other.take(5)
    one.close()
    assert seen_elsewhere(tmp_path / "another", 5) == ["held"]
    other.close()


def test_to_let_go_of_what_is_not_held_frees_nothing_else(path):
    locks = LockFile.opened(path)
    assert locks.take(5)
    locks.let_go(6)
    assert seen_elsewhere(path, 5) == ["held"]
    locks.close()
    locks.let_go(5)  # late, by a call that ended after its journal


@needs_fork
def test_a_child_holds_nothing_of_its_parent_and_is_kept_out_by_it(path):
    locks = LockFile.opened(path)
    assert locks.take(5)

    def is_kept_out():
        fresh = LockFile.opened(path)
        return fresh is not locks and not fresh.take(5) and fresh.take(6)

    assert in_a_child(is_kept_out)
    assert seen_elsewhere(path, 5, 6) == ["held", "free"]
    locks.close()


@needs_fork
def test_a_child_that_outlives_its_parent_holds_nothing_up(path):
    locks = LockFile.opened(path)
    assert locks.take(5)
    to_child, from_parent = os.pipe()
    child = os.fork()
    if not child:
        os.close(from_parent)
        os.read(to_child, 1)  # until the parent's end is closed
        os._exit(0)
    locks.close()  # as the end of the parent does
    assert seen_elsewhere(path, 5) == ["free"]
    os.close(to_child)
    os.close(from_parent)
    os.waitpid(child, 0)
