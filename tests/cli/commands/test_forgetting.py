"""``aiogandi run forget``, and what the command has left in the folder for state."""

import stat
from pathlib import Path

import pytest

LINE = ("vm", "create", "web-01", "web-02", "--os", 111, "--run", "x")


@pytest.fixture
def passwords(aiogandi, service, home):
    """The file of the passwords that run x has generated."""
    assert aiogandi(*LINE, service=service).code == 0
    (file,) = Path(home["HOME"], ".local/state/aiogandi/passwords").iterdir()
    return file


def names_in(file):
    """The servers that have their passwords in the file."""
    return [line.split("\t")[0] for line in file.read_text().splitlines()]


def test_passwords_stay_and_are_told_unless_they_are_to_go(aiogandi, service, passwords):
    done = aiogandi("run", "forget", "x", service=service)
    assert (done.code, done.out) == (0, "2 things of run x forgotten\n")
    assert f"Their passwords stay in {passwords}: " in done.err
    assert names_in(passwords) == ["web-01", "web-02"]


def test_they_are_deleted_with_the_run(aiogandi, service, passwords):
    done = aiogandi("run", "forget", "x", "--passwords", "--json", service=service)
    assert (done.code, done.json) == (0, {"forgotten": 2})
    assert f"Their passwords are deleted from {passwords}" in done.err
    assert not passwords.exists()


def test_they_are_deleted_after_the_run_as_well(aiogandi, service, passwords):
    assert aiogandi("run", "forget", "x", service=service).code == 0
    done = aiogandi("run", "forget", "x", service=service)
    assert done.code == 1
    assert "to delete them: aiogandi run forget x --passwords" in done.err
    done = aiogandi("run", "forget", "x", "web-01", "--passwords", service=service)
    assert done.code == 0
    assert names_in(passwords) == ["web-02"]
    done = aiogandi("run", "forget", "x", "--passwords", "--json", service=service)
    assert (done.code, done.json) == (0, {"forgotten": 0})
    assert f"Their passwords are deleted from {passwords}" in done.err
    assert not passwords.exists()
    done = aiogandi("run", "forget", "x", "--passwords", service=service)
    assert (done.code, done.err.count("there is no run x")) == (1, 1)


def test_those_of_other_things_stay(aiogandi, service, passwords):
    done = aiogandi("run", "forget", "x", "web-01", "web-01", "--passwords", service=service)
    assert (done.code, done.out) == (0, "1 thing of run x forgotten\n")
    assert names_in(passwords) == ["web-02"]
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600
    assert aiogandi("run", "forget", "x", "--passwords", service=service).code == 0
    assert not passwords.exists()


def test_those_in_a_file_of_the_users_own_stay(aiogandi, service, tmp_path):
    file = tmp_path / "mine"
    assert aiogandi(*LINE, "--save-passwords", file, service=service).code == 0
    done = aiogandi("run", "forget", "x", "--passwords", service=service)
    assert done.code == 0
    assert f"stay in {file}, a file of your own" in done.err.replace("\n", "")
    assert names_in(file) == ["web-01", "web-02"]
    assert aiogandi(*LINE, "--save-passwords", tmp_path / "another", service=service).code == 0


def test_those_of_things_that_a_command_has_under_way_stay(
    aiogandi, serving, start, passwords, home
):
    slow = serving(speed=0.001)
    child = start(*LINE, service=slow)
    while slow.do("executed").get("vm_create", 0) < 2:
        pass
    done = aiogandi("run", "forget", "x", "--yes", "--passwords", service=slow)
    assert done.code == 1
    assert "2 things not: a command has them under way" in done.err
    files = list(passwords.parent.iterdir())
    assert len(files) == 2  # that of the other account is not touched either
    assert all(names_in(file) == ["web-01", "web-02"] for file in files)
    child.kill()
