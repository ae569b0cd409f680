"""Which file a journal's path means."""

import os

import pytest

from aiogandi import Gandi, InvalidArgument, Journal
from tests.journals.desk import create


class Octets:
    """A path that is no text."""

    def __fspath__(self):
        return b"runs.db"


@pytest.mark.parametrize(
    "path",
    [
        *("", ":memory:", "file:runs.db?mode=memory", "file:runs.db", "a\0b", "\ud800"),
        *(5, None, b"runs.db", Octets()),
    ],
)
def test_what_names_no_file_is_refused_at_once(path):
    with pytest.raises(InvalidArgument, match=r"path=.*: the path of a file"):
        Journal(path)
    if path is not None:
        with pytest.raises(InvalidArgument):
            Gandi("AA1234-GANDI", "mypassword", journal=path)


async def test_a_relative_path_stays_where_the_program_was(desk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    journal = Journal("journal.db")
    async with desk.sandbox.client(journal="client.db") as gandi:
        monkeypatch.chdir(tmp_path / "elsewhere")
        async with gandi.once("web"):
            await create(gandi)
        async with journal:
            pass
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert {each.name for each in tmp_path.iterdir()} == {
        *("elsewhere", "journal.db", "journal.db-locks", "client.db", "client.db-locks")
    }


@pytest.mark.parametrize(
    "name", ["a b?c=1#%41&;'\"é\n.db", "-x.db", "~", os.fsdecode(b"\xff.db"), "x:memory:", "%2e"]
)
async def test_any_name_of_a_file_is_one(desk, tmp_path, name):
    for _ in range(2):
        async with desk.sandbox.client(journal=tmp_path / name) as gandi, gandi.once("web"):
            await create(gandi)
    assert desk.sent() == 1
    assert {each.name for each in tmp_path.iterdir()} == {name, f"{name}-locks"}
