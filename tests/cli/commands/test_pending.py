"""``aiogandi pending``, `recover` and `run`: what was begun is told, and concluded by who knows."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aiogandi.journals.journal import account_of
from tests.cli.conftest import LOGIN

LINE = ("disk", "create", "a", "b", "--size", 100, "--run", "x", "--json")


def journal_of(home):
    """The journal in the folder for state."""
    return Path(home["HOME"], ".local/state/aiogandi/journal.db")


def operation_of(service, name):
    """The operation that has created a disk."""
    (disk,) = (each for each in service.do("disks") if each["name"] == name)
    return next(
        each for each in service.do("operations") if each["params"].get("disk_id") == disk["id"]
    )


@pytest.fixture
def unknown(aiogandi, service):
    """The entry of a call of which the service does not tell whether it ran; the run has another item."""
    service.do("fault", "operation_list", code=500250, message="forbidden", times=10**6)
    service.do("drop_reply", "disk_create")
    done = aiogandi(*LINE, service=service)
    assert done.code == 1
    assert sorted(each["outcome"] for each in done.json) == ["done", "unknown"]
    assert "aiogandi pending" in done.err
    (entry,) = aiogandi("pending", "--json", service=service).json
    assert (entry["state"], entry["run"]) == ("unknown", "x")
    return entry


def test_what_did_not_run_is_dismissed_and_sent_again(aiogandi, service, unknown):
    number = unknown["entry"]
    assert str(number) in aiogandi("pending", service=service).out
    done = aiogandi("pending", number, "--dismiss", "--yes", service=service)
    assert (done.code, done.out) == (0, f"Entry {number} is dismissed\n")
    assert "To go on with run x, give its line again" in done.err
    assert aiogandi("pending", "--json", service=service).json == []
    done = aiogandi(*LINE, service=service)
    assert [each["outcome"] for each in done.json] == ["done", "done"]
    assert service.do("executed")["disk_create"] == 3


def test_whose_operation_is_known_is_adopted_and_not_sent_again(aiogandi, service, unknown):
    operation = operation_of(service, unknown["key"])
    args = ("pending", unknown["entry"], "--adopt", operation["id"], "--yes", "--json")
    done = aiogandi(*args, service=service)
    assert done.code == 0
    told = {"entry": unknown["entry"], "outcome": "adopted", "operation_id": operation["id"]}
    assert done.json == told
    done = aiogandi(*LINE, service=service)
    assert [each["outcome"] for each in done.json] == ["done", "done"]
    assert service.do("executed")["disk_create"] == 2


def test_what_cannot_be_is_not_adopted(aiogandi, service, unknown):
    service.vms("web")
    create = service.do("operations")[-1]["id"]
    (other,) = {"a", "b"} - {unknown["key"]}
    others = operation_of(service, other)
    for operation, problem in (
        (create, f"operation {create} is a vm_create, and not that of entry"),
        (others["id"], f"operation {others['id']} is that of disk_create of "),
        (4711, "the operation does not exist"),
    ):
        args = ("pending", unknown["entry"], "--adopt", operation, "--yes")
        done = aiogandi(*args, service=service)
        assert (done.code, done.out) == (1, "")
        assert problem in done.err
    assert aiogandi("pending", "--json", service=service).json == [unknown]


def test_a_terminal_is_asked_and_without_one_it_takes_yes(aiogandi, service, unknown, terminal):
    args = ("pending", unknown["entry"], "--dismiss")
    done = aiogandi(*args, service=service)
    assert done.code == 2
    assert "without a terminal to ask on need --yes" in done.err
    child = terminal(*args, service=service)
    child.expect(
        rf"Did entry {unknown['entry']} \(disk_create {unknown['key']} of run x\) not run\?"
    )
    child.sendline("n")
    told, code = child.end()
    assert (code, "nothing was changed" in told) == (1, True)
    assert aiogandi("pending", "--json", service=service).json == [unknown]
    child = terminal(*args, service=service)
    child.expect("not run?")
    child.sendline("y")
    assert child.end()[1] == 0
    assert aiogandi("pending", "--json", service=service).json == []


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (("--dismiss", "--yes"), "give the ENTRY that is meant"),
        ((1, "--dismiss", "--adopt", 5, "--yes"), "exclude each other"),
        ((1, "--yes"), "--yes is for --dismiss and --adopt"),
        ((0,), "ENTRY"),
    ],
)
def test_what_does_not_go_together_is_wrong_use(aiogandi, given, problem):
    done = aiogandi("pending", *given)
    assert done.code == 2
    assert problem in done.err


def test_what_is_known_is_not_concluded_and_no_entry_is_invented(aiogandi, slow_service):
    line = ("disk", "create", "a", "--size", 100, "--run", "x", "--timeout", 1)
    assert aiogandi(*line, service=slow_service).code == 1
    (entry,) = aiogandi("pending", "--json", service=slow_service).json
    for how in (("--dismiss",), ("--adopt", 5)):
        done = aiogandi("pending", entry["entry"], *how, "--yes", service=slow_service)
        assert done.code == 1
        assert "has begun is known" in done.err
    done = aiogandi("pending", 4711, service=slow_service)
    assert (done.code, done.err) == (
        1,
        "aiogandi: there is no entry 4711 (see: aiogandi pending)\n",
    )
    one = aiogandi("pending", entry["entry"], "--json", service=slow_service)
    assert one.json == [entry]


@pytest.mark.parametrize("command", [("run", "list"), ("pending",), ("recover",)])
def test_to_look_makes_no_journal(aiogandi, service, home, tmp_path, command):
    done = aiogandi(*command, "--json", service=service)
    assert (done.code, done.json) == (0, [])
    assert not Path(home["HOME"], ".local").exists()
    done = aiogandi(*command, "--journal", tmp_path / "typo.db", service=service)
    assert (done.code, done.out) == (1, "")
    assert "typo.db: there is no such journal" in done.err
    assert not list(tmp_path.glob("typo*"))


@pytest.mark.parametrize("command", [("show", "x"), ("forget", "x")])
def test_without_a_journal_there_is_no_run(aiogandi, service, home, command):
    done = aiogandi("run", *command, service=service)
    assert (done.code, done.err) == (
        1,
        "aiogandi: there is no run x of this account (see: aiogandi run list)\n",
    )
    assert not Path(home["HOME"], ".local").exists()


@pytest.mark.parametrize(
    "command",
    [("run", "list"), ("run", "show", "x"), ("run", "forget", "x"), ("pending",), ("recover",)],
)
def test_a_damaged_journal_is_told_and_stays_as_it_is(aiogandi, service, home, command):
    assert aiogandi(*LINE, service=service).code == 0
    file = journal_of(home)
    with closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file.write_bytes(file.read_bytes()[:5000])
    done = aiogandi(*command, service=service)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"aiogandi: {file} is damaged: ")
    assert done.err.count("\n") == 1
    assert file.stat().st_size == 5000


def test_another_account_sees_nothing_of_it(aiogandi, service, unknown):
    other = {"GANDI_URL": service.url.replace("127.0.0.1", "localhost")}
    for command in (("run", "list"), ("pending",), ("recover",)):
        done = aiogandi(*command, "--json", service=service, env=other)
        assert (done.code, done.json) == (0, [])
    done = aiogandi("pending", unknown["entry"], "--dismiss", "--yes", service=service, env=other)
    assert done.code == 1
    assert "there is no run x" in aiogandi("run", "forget", "x", service=service, env=other).err


def test_a_hundred_thousand_past_calls_are_not_read(aiogandi, service, unknown, home):
    step = {
        "number": 1,
        "step": 0,
        "client": 1,
        "method": "disk_create",
        "yields": "disk_id",
        "since": 1.0,
        "arguments": '{"name": "a"}',
        "prints": [1],
        "state": "answered",
        "ids": {"id": 1},
        "outcome": None,
        "ended": None,
    }
    with closing(sqlite3.connect(journal_of(home))) as database, database:
        (account,) = database.execute(
            "SELECT id FROM accounts WHERE scope = ?", (account_of(LOGIN, None, service.url),)
        ).fetchone()
        rows = ((account, json.dumps([f"key-{n}"]), json.dumps([step])) for n in range(100_000))
        database.executemany(
            "INSERT INTO keys (account, run, key, state, since, steps) VALUES (?, 1, ?, 'concluded', 1, ?)",
            rows,
        )
        # Whatever is read of their calls fails from now on.
        database.execute("UPDATE keys SET steps = 'no JSON' WHERE id = 50000")
    assert aiogandi("pending", "--json", service=service).json == [unknown]
    (run,) = aiogandi("run", "list", "--json", service=service).json
    assert run["done"] == 100_001
