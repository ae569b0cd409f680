"""Completion in a shell: asked for by the shell, shown, installed."""

import subprocess
import sys

import pytest


def test_completion_is_offered_for_the_commands_name(process):
    done = process(
        env={
            "_AIOGANDI_COMPLETE": "complete_bash",
            "COMP_WORDS": "aiogandi vm st",
            "COMP_CWORD": "2",
        }
    )
    assert done.out.split() == ["start", "stop"]


@pytest.mark.parametrize(
    ("shell", "beginning"),
    [
        ("bash", "_aiogandi_completion() {"),
        ("zsh", "#compdef aiogandi"),
        ("fish", "complete --command aiogandi "),
        ("powershell", "Import-Module PSReadLine"),
        ("pwsh", "Import-Module PSReadLine"),
    ],
)
def test_the_completion_of_any_shell_is_shown(process, shell, beginning):
    done = process("--show-completion", shell)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(beginning)
    assert "_AIOGANDI_COMPLETE" in done.out


def test_completion_is_installed_for_the_shell_that_is_named(process, tmp_path):
    done = process("--install-completion", "zsh")
    assert done.code == 0
    assert (tmp_path / ".zfunc/_aiogandi").read_text().startswith("#compdef aiogandi")


def test_completion_that_cannot_be_installed_or_is_for_no_shell_is_one_line(process):
    done = process("--install-completion", "zsh", env={"HOME": "/dev/null"})
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert done.err.startswith("aiogandi: completion cannot be installed: ")
    done = process("--show-completion", "tcsh")
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "'--show-completion': 'tcsh' is not one of 'bash', 'zsh', 'fish'" in done.err


def test_without_a_name_completion_is_for_the_shell_it_is_typed_in(home):
    command = f"{sys.executable} -m aiogandi --show-completion; true"
    done = subprocess.run(
        ["bash", "-c", command], check=True, env=home, capture_output=True, text=True
    )
    assert done.stdout.startswith("_aiogandi_completion() {")
    assert done.stderr == ""
