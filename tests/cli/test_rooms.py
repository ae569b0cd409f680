"""The rooms of the command use each other in one direction, in imports for type checkers as well."""

import ast
from pathlib import Path

import pytest

import aiogandi.cli

ORDER = ["exits", "terminal", "service", "batch", "demos", "commands", "app"]
PACKAGE = "aiogandi.cli."
FILES = sorted(Path(aiogandi.cli.__file__).parent.rglob("*.py"))
FILES = [file for file in FILES if file.stem not in ("__init__", "__main__")]


def imports(file):
    """The modules of the command that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name.removeprefix(PACKAGE) for name in names if name.startswith(PACKAGE))


def module(file):
    """A file's module, below the package of the command."""
    return ".".join(file.relative_to(Path(aiogandi.cli.__file__).parent).with_suffix("").parts)


@pytest.mark.parametrize("file", FILES, ids=module)
def test_a_room_uses_only_itself_and_those_below(file):
    own = ORDER.index(module(file).split(".")[0])
    assert {name.split(".")[0] for name in imports(file)} <= {*ORDER[: own + 1]}


def test_no_file_imports_another_in_a_circle():
    known = {module(file): {*imports(file)} for file in FILES}
    while free := [name for name, used in known.items() if not used & known.keys()]:
        for name in free:
            del known[name]
    assert known == {}
