"""The passwords of new servers: generated, or the one of a file."""

import io

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


@pytest.mark.parametrize("text", ["from a file\n", "from a file\r\n", "from a file"])
def test_a_file_gives_the_same_to_all_and_it_is_not_shown(tmp_path, text):
    file = tmp_path / "password"
    file.write_bytes(text.encode())
    password, generated = passwords(file, ask=False)
    assert not generated
    assert password() == password() == "from a file"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "must hold the password in one line, and nothing else"),
        (b"\n", "must hold the password in one line, and nothing else"),
        (b"one\ntwo\n", "must hold the password in one line, and nothing else"),
        (b"\xff", "is not text in UTF-8"),
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
