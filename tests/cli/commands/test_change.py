"""The factory of changing commands: the shared options, in one order, and a command's own ones."""

import pytest

from aiogandi.cli.app import root

SELECTING, AFTER = (
    ["ids", "match", "everything"],
    ["yes", "no_wait", "timeout", "run", "journal", "json"],
)


def parameters(path):
    """The names of a command's parameters, in the order of its help."""
    group, name = path.split()
    command = root().commands[group].load().commands[name]
    return [each.name for each in command.params if not getattr(each, "hidden", False)]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        *((f"vm {verb}", [*SELECTING, *AFTER]) for verb in ("start", "stop", "reboot")),
        ("vm update", [*SELECTING, "shares", "cpu", "hostname", *AFTER]),
        ("vm delete", [*SELECTING, "stop_first", *AFTER]),
        ("disk detach", [*SELECTING, *AFTER]),
        ("disk delete", [*SELECTING, *AFTER]),
        ("product renew", ["duration", *SELECTING, *AFTER]),
        ("product update", ["quantity", *SELECTING, *AFTER]),
        ("product remove", [*SELECTING, *AFTER]),
        ("operation cancel", [*SELECTING, "yes", "run", "journal", "json"]),
    ],
)
def test_changing_commands_share_their_options(path, expected):
    assert parameters(path) == expected
