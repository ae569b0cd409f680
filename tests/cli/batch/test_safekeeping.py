"""Generated passwords are on the disk before a server is created with them, and none is replaced."""

import os
import stat
from itertools import count

import pytest

from aiogandi.cli.batch.safekeeping import PasswordFile
from aiogandi.cli.exits import CommandFailed, WrongUse


@pytest.fixture
def generate():
    """Gives p1, p2, and so on."""
    numbers = count(1)
    return lambda: f"p{next(numbers)}"


def test_a_password_that_is_in_the_file_is_used_again(tmp_path, generate):
    file = PasswordFile(tmp_path / "file")
    assert file.fill(["a", "b"], generate) == {"a": "p1", "b": "p2"}
    assert PasswordFile(tmp_path / "file").fill(["c", "b"], generate) == {"c": "p3", "b": "p2"}
    assert file.path.read_text() == "a\tp1\nb\tp2\nc\tp3\n"
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_file_that_somebody_has_edited_is_kept_as_it_is(tmp_path, generate):
    path = tmp_path / "file"
    path.touch(mode=0o600)
    path.write_text("# mine\na\town password\nno tab here")
    assert PasswordFile(path).fill(["a", "b"], generate) == {"a": "own password", "b": "p1"}
    assert path.read_text() == "# mine\na\town password\nno tab here\nb\tp1\n"


def test_a_report_in_it_is_no_password(tmp_path, generate):
    file = PasswordFile(tmp_path / "file")
    file.fill(["a"], generate)
    file.note("web\tx\nlast")
    assert file.path.read_text() == "a\tp1\n# web\tx\n# last\n"
    assert file.fill(["# web", "a"], generate) == {"# web": "p2", "a": "p1"}


def test_the_file_and_its_folder_are_synced(tmp_path, generate, monkeypatch):
    synced = []
    sync = os.fsync

    def fsync(number):
        mode = os.fstat(number).st_mode
        synced.append("folder" if stat.S_ISDIR(mode) else os.fstat(number).st_size)
        sync(number)

    monkeypatch.setattr("os.fsync", fsync)
    PasswordFile(tmp_path / "file").fill(["a"], generate)
    assert synced == [len("a\tp1\n"), "folder"]


def test_a_link_stays_one(tmp_path, generate):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    PasswordFile(tmp_path / "link").fill(["a"], generate)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "a\tp1\n"


def test_a_file_that_others_can_read_is_refused(tmp_path, generate):
    path = tmp_path / "file"
    path.write_text("a\tp\n")
    path.chmod(0o644)
    with pytest.raises(WrongUse, match="others can read"):
        PasswordFile(path).fill(["a"], generate)


def test_what_cannot_be_written_is_told_and_leaves_the_old_file(tmp_path, generate, monkeypatch):
    file = PasswordFile(tmp_path / "file")
    file.fill(["a"], generate)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(CommandFailed, match="No space left on device; nothing was created"):
        file.fill(["b"], generate)
    assert file.path.read_text() == "a\tp1\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_without_a_place_for_passwords_no_server_is_created(aiogandi, service, tmp_path):
    line = ("vm", "create", "web", "--os", 111)
    done = aiogandi(*line, "--save-passwords", tmp_path / "none" / "file", service=service)
    assert done.code == 1
    assert "passwords cannot be saved in" in done.err
    state = tmp_path / "state"
    state.write_text("no folder")
    done = aiogandi(*line, service=service, env={"XDG_STATE_HOME": str(state)})
    assert done.code == 1
    assert "--save-passwords FILE names another place" in done.err
    assert "vm_create" not in service.do("calls")
    given = tmp_path / "given"
    done = aiogandi(*line, "--save-passwords", given, "--json", service=service)
    assert done.code == 0
    assert given.read_text() == f"web\t{done.json[0]['password']}\n"
    assert f"Passwords are saved in {given}" in done.err.replace("\n", "")


def test_a_given_password_is_saved_nowhere(aiogandi, service, tmp_path):
    (tmp_path / "one").write_text("s3cret-password\n")
    line = ("vm", "create", "web", "--os", 111, "--password-file", tmp_path / "one")
    done = aiogandi(*line, "--save-passwords", tmp_path / "two", service=service)
    assert done.code == 2
    assert aiogandi(*line, service=service).code == 0
    assert not (tmp_path / ".local").exists()


@pytest.mark.parametrize("path", ["/dev/full", "/dev/null", "fifo", "folder"])
def test_what_is_no_file_keeps_no_passwords_and_stays_what_it_is(tmp_path, generate, path):
    os.mkfifo(tmp_path / "fifo", 0o600)
    (tmp_path / "folder").mkdir(mode=0o700)
    file = tmp_path / path  # an absolute one stays as it is
    mode = file.stat().st_mode
    with pytest.raises(WrongUse, match=f"{file} is no file, and cannot keep passwords"):
        PasswordFile(file).fill(["a"], generate)
    assert file.stat().st_mode == mode
