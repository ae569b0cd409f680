"""Rooms know only the rooms before them: the order stands in CONTRIBUTING.md, the imports in the code.

A room is a file or a folder directly in `aiogandi/`. Every import counts, also one for types only
and one inside a function. `aiogandi/__init__.py` is no room but the front door: it stands beside the
client, so that only the rooms after the client may import it.
"""

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "aiogandi"
FRONT_DOOR = "aiogandi"
BESIDE_IT = "client"

TOO_LONG = 300
FACADE = "client.py"  # one method for each call of the API: long, but flat


def floors_in(text):
    """The order of rooms as a list of floors, from the one that all others may import."""
    [order] = re.findall(
        r"^## The order of rooms\n.*?^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE
    )
    return [[room.strip() for room in floor.split(",")] for floor in order.split("→")]


def files_in(package):
    """The package's files by their dotted names."""
    return {name_of(path, package): path for path in sorted(package.rglob("*.py"))}


def name_of(path, package):
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(name):
    """``transport`` for ``aiogandi.transport.rate``; the front door's own name for itself."""
    return name.split(".")[1] if "." in name else FRONT_DOOR


def imports_of(name, files):
    """The names of the package's files that the file *name* imports."""
    found = set()
    for node in ast.walk(ast.parse(files[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = imported_from(node, name, files)
            full = {f"{module}.{alias.name}" for alias in node.names}
            found |= {each if each in files else module for each in full}
    return {each for each in found if each.split(".")[0] == FRONT_DOOR}


def imported_from(node, name, files):
    """The full name of the module in ``from … import``, also where it begins with dots."""
    if not node.level:
        return node.module
    above = name.split(".")
    dots = node.level - (files[name].name == "__init__.py")
    return ".".join(above[: len(above) - dots] + ([node.module] if node.module else []))


def wrong_arrows(name, files, floors):
    """The imports of the file *name* that go to the right, or to another room of its floor."""
    floor_of = {room: number for number, floor in enumerate(floors) for room in floor}
    floor_of[FRONT_DOOR] = floor_of.get(BESIDE_IT, len(floors))
    room = room_of(name)
    return sorted(
        f"{name} imports {other}"
        for other in imports_of(name, files)
        if room_of(other) != room
        and floor_of.get(room_of(other), len(floors)) >= floor_of.get(room, len(floors))
    )


def circle_in(room, files):
    """The names of a room's files that import each other in a circle, or an empty list."""
    inside = {name for name in files if room_of(name) == room}
    try:
        TopologicalSorter({name: imports_of(name, files) & inside for name in inside}).prepare()
    except CycleError as error:
        return error.args[1]
    return []


FILES = files_in(PACKAGE)
FLOORS = floors_in((REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8"))
ROOMS = sorted({room_of(name) for name in FILES} - {FRONT_DOOR})


def test_the_order_names_each_room_once_and_no_other():
    assert sorted(room for floor in FLOORS for room in floor) == ROOMS


def test_every_file_imports_only_rooms_before_its_own():
    files = set(FILES) - {FRONT_DOOR}
    assert [arrow for name in sorted(files) for arrow in wrong_arrows(name, FILES, FLOORS)] == []


def test_the_files_of_a_room_form_no_circle():
    assert {room: circle for room in ROOMS if (circle := circle_in(room, FILES))} == {}


def test_every_file_fits_in_a_readers_head():
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES.values()}
    long = [path for path, number in lines.items() if number > TOO_LONG]
    assert long == [PACKAGE / FACADE]


class TestTheReader:
    """What these tests themselves would find, shown on a small house."""

    @pytest.fixture
    def house(self, tmp_path):
        """Builds a package ``aiogandi`` of the files given: ``house({"codec.py": "import …"})``."""

        def build(sources):
            for path, source in {"__init__.py": "", **sources}.items():
                file = tmp_path / "aiogandi" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(source)
            return files_in(tmp_path / "aiogandi")

        return build

    FLOORS = (["errors", "version"], ["codec"], ["client"])

    @pytest.mark.parametrize(
        "source",
        [
            "from aiogandi.client import Gandi",
            "import aiogandi.client",
            "from aiogandi import client",
            "from .client import Gandi",
            "from . import client",
            "def late():\n    from aiogandi.client import Gandi",
            "if TYPE_CHECKING:\n    from aiogandi.client import Gandi",
        ],
    )
    def test_an_arrow_to_the_right_is_found_however_it_is_written(self, house, source):
        files = house({"codec.py": source, "client.py": ""})
        found = wrong_arrows("aiogandi.codec", files, self.FLOORS)
        assert found == ["aiogandi.codec imports aiogandi.client"]

    def test_an_arrow_to_the_left_is_right(self, house):
        files = house({"codec/a.py": "from aiogandi.errors import E", "errors.py": ""})
        assert wrong_arrows("aiogandi.codec.a", files, self.FLOORS) == []

    def test_rooms_of_one_floor_are_strangers(self, house):
        files = house({"errors.py": "from aiogandi.version import v", "version.py": ""})
        found = wrong_arrows("aiogandi.errors", files, self.FLOORS)
        assert found == ["aiogandi.errors imports aiogandi.version"]

    def test_the_front_door_is_for_guests(self, house):
        files = house({"client.py": "from aiogandi import Gandi"})
        found = wrong_arrows("aiogandi.client", files, self.FLOORS)
        assert found == ["aiogandi.client imports aiogandi"]

    def test_a_room_that_the_order_does_not_name_is_imported_by_none(self, house):
        files = house({"client.py": "from aiogandi.attic import box", "attic.py": ""})
        found = wrong_arrows("aiogandi.client", files, self.FLOORS)
        assert found == ["aiogandi.client imports aiogandi.attic"]

    def test_a_circle_is_found_through_types_and_functions(self, house):
        files = house(
            {
                "codec/a.py": "if TYPE_CHECKING:\n    from aiogandi.codec.b import B",
                "codec/b.py": "def late():\n    from .c import C",
                "codec/c.py": "from aiogandi.codec import a",
                "codec/d.py": "from aiogandi.codec.a import A",
            }
        )
        assert set(circle_in("codec", files)) == {f"aiogandi.codec.{name}" for name in "abc"}

    def test_a_line_is_no_circle(self, house):
        files = house({"codec/a.py": "from .b import B", "codec/b.py": ""})
        assert circle_in("codec", files) == []
