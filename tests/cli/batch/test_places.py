"""A run keeps to the file of passwords that it has begun with: none holds one that no server has."""

import os
from pathlib import Path

import pytest

LINE = ("vm", "create", "web-1", "web-2", "--os", 111, "--run", "x")


@pytest.fixture
def begun(aiogandi, service, tmp_path):
    """Run x has begun with a file that the user has named; returns the file."""
    file = tmp_path / "pw.txt"
    assert aiogandi(*LINE, "--save-passwords", file, service=service).code == 0
    return file


@pytest.fixture
def kept(home):
    """Lists the files in the folder for state with passwords in them."""
    folder = Path(home["HOME"], ".local/state/aiogandi/passwords")
    return lambda: sorted(folder.glob("*.txt"))


def test_the_same_line_without_the_option_goes_on_with_the_runs_file(
    aiogandi, service, begun, kept
):
    before = begun.read_bytes()
    done = aiogandi(*LINE, "--json", service=service)
    assert done.code == 0, done.err
    told = {vm["hostname"]: vm["password"] for vm in done.json}
    assert told == dict(line.split("\t") for line in begun.read_text().splitlines())
    assert aiogandi(*LINE[:4], "web-3", *LINE[4:], service=service).code == 0
    assert begun.read_bytes().startswith(before + b"web-3\t")
    assert kept() == []


def test_the_note_of_it_is_for_its_owner_alone(begun, kept, home):
    (note,) = Path(home["HOME"], ".local/state/aiogandi/passwords").iterdir()
    assert os.fsdecode(note.read_bytes()) == str(begun)
    assert note.stat().st_mode & 0o777 == 0o600


def test_another_file_is_refused_before_anything_is_sent_or_generated(
    aiogandi, service, begun, kept
):
    asked, other = service.do("calls"), begun.with_name("other.txt")
    done = aiogandi(*LINE, "--save-passwords", other, service=service)
    assert done.code == 1
    assert f"run x has begun with the passwords in {begun}" in done.err
    assert service.do("calls") == asked
    assert not other.exists()
    assert kept() == []


def test_another_name_of_the_same_file_is_none(aiogandi, service, begun, tmp_path):
    (tmp_path / "link").symlink_to(begun)
    assert aiogandi(*LINE, "--save-passwords", tmp_path / "link", service=service).code == 0


def test_a_run_with_a_file_in_the_folder_for_state_takes_no_other(
    aiogandi, service, tmp_path, kept
):
    assert aiogandi(*LINE, service=service).code == 0
    (file,) = kept()
    done = aiogandi(*LINE, "--save-passwords", tmp_path / "pw.txt", service=service)
    assert done.code == 1
    assert f"run x has begun with the passwords in {file}" in done.err
    assert not (tmp_path / "pw.txt").exists()


def test_a_file_that_is_gone_is_told_and_not_made_anew(aiogandi, service, begun, kept):
    asked = service.do("calls")
    begun.unlink()
    for line in (LINE, (*LINE, "--save-passwords", begun)):
        done = aiogandi(*line, service=service)
        assert done.code == 1
        assert f"{begun} is gone" in done.err
        assert "aiogandi run forget x" in done.err
    assert service.do("calls") == asked
    assert not begun.exists()
    assert kept() == []


def test_what_the_run_began_with_another_password_gets_no_new_one(
    aiogandi, service, tmp_path, kept
):
    assert aiogandi(*LINE, service=service).code == 0
    (file,) = kept()
    file.unlink()
    done = aiogandi(*LINE, service=service)
    assert done.code == 1
    assert f"{file} has no password of web-1, web-2" in done.err
    given = tmp_path / "given"
    given.write_text("s3cret-password\n")
    line = (*LINE[:-1], "y")
    assert aiogandi(*line, "--password-file", given, service=service).code == 0
    assert aiogandi(*line, service=service).code == 1
    assert kept() == []
    assert service.do("executed")["vm_create"] == 4


def test_a_line_that_came_to_nothing_can_be_given_again_with_another_file(
    aiogandi, service, tmp_path
):
    done = aiogandi(*LINE, "--save-passwords", tmp_path / "none" / "pw.txt", service=service)
    assert "passwords cannot be saved in" in done.err
    assert aiogandi(*LINE, "--save-passwords", tmp_path / "pw.txt", service=service).code == 0


def test_without_a_folder_for_state_the_option_still_names_the_file(aiogandi, service, tmp_path):
    (tmp_path / "state").write_text("no folder")
    line = (*LINE, "--journal", tmp_path / "j.db", "--save-passwords")
    env = {"XDG_STATE_HOME": str(tmp_path / "state")}
    assert aiogandi(*line, tmp_path / "one", service=service, env=env).code == 0
    done = aiogandi(*line, tmp_path / "two", service=service, env=env)
    assert done.code == 1
    assert "two has no password of web-1, web-2" in done.err
    assert not (tmp_path / "two").exists()
