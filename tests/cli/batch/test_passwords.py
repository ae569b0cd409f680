"""The passwords of new servers: generated, or the one of a file."""

import io
from pathlib import Path

import pytest

from aiogandi.cli.batch.passwords import generate, passwords
from aiogandi.cli.exits import WrongUse


def test_generated_passwords_differ_and_have_letters_of_both_cases_and_digits():
    generated = [generate() for _ in range(50)]
    assert len(set(generated)) == 50
    for password in generated:
        assert len(password) == 20
        assert all(any(map(kind, password)) for kind in (str.isupper, str.islower, str.isdigit))
        assert not set(password) & set("0O1lI")


def test_without_a_file_or_a_question_they_are_generated_and_must_be_shown():
    password, generated = passwords(None, ask=False)
    assert generated
    assert password() != password()


@pytest.mark.parametrize("stdin", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\r"])
def test_a_file_gives_the_same_to_all_and_it_is_not_shown(
    tmp_path, monkeypatch, stdin, encoding, end
):
    file = tmp_path / "password"
    mark = "\ufeff" if encoding == "utf-16-be" else ""  # the others write it themselves, or none
    octets = f"{mark} from a filé {end}".encode(encoding)
    file.write_bytes(octets)
    # Whatever the terminal's character set is.
    text = io.TextIOWrapper(io.BytesIO(octets), encoding="ascii")
    monkeypatch.setattr("sys.stdin", text)
    password, generated = passwords(Path("-") if stdin else file, ask=False)
    assert not generated
    assert password() == password() == " from a filé "


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "must hold the password in one line, and nothing else"),
        (b"\n", "must hold the password in one line, and nothing else"),
        (b"one\ntwo\n", "must hold the password in one line, and nothing else"),
        (b"one\r\ntwo", "must hold the password in one line, and nothing else"),
        (b"one\rtwo", "must hold the password in one line, and nothing else"),
        (b"\xef\xbb\xbf\r\n", "must hold the password in one line, and nothing else"),
        (b"o\0n\0e\0", "must hold the password in one line, and nothing else"),
        (b"\xff", "is not text in UTF-8, nor in UTF-16 with a byte-order mark"),
        (b"\xff\xfeo", "is not text in UTF-8, nor in UTF-16 with a byte-order mark"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_file_that_holds_no_password_is_wrong_use(tmp_path, content, problem):
    file = tmp_path / "password"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(WrongUse) as refusal:
        passwords(file, ask=False)
    assert problem in str(refusal.value)


def test_a_question_needs_a_terminal_and_excludes_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(WrongUse, match="--ask-password needs a terminal"):
        passwords(None, ask=True)
    with pytest.raises(WrongUse, match="exclude each other"):
        passwords(tmp_path / "password", ask=True)


def test_a_process_without_stdin_is_told_so(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(WrongUse, match="- cannot be read: it is closed"):
        passwords(Path("-"), ask=False)
    with pytest.raises(WrongUse, match="--ask-password needs a terminal"):
        passwords(None, ask=True)
