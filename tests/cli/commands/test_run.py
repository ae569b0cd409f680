"""``--run NAME``: the same line goes on after any end, and nothing is bought twice."""

import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

NAMES = [f"web-{number:02d}" for number in range(1, 21)]


def passwords_in(home, pattern="*.txt"):
    """The lines of the only file with passwords in the folder for state."""
    (file,) = Path(home["HOME"], ".local/state/aiogandi/passwords").glob(pattern)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    return dict(line.split("\t") for line in file.read_text().splitlines())


def wait_for(condition):
    """Wait for a moment of another process."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it has not come")


@pytest.mark.parametrize("executed", [1, 9, 20])
def test_a_killed_creation_goes_on_with_the_same_line(start, process, serving, home, executed):
    service = serving(speed=100)
    line = ("vm", "create", *NAMES, "--os", "debian", "--run", "x", "--json")
    child = start(*line, service=service)
    wait_for(lambda: service.do("executed").get("vm_create", 0) >= executed)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    saved = passwords_in(home)
    assert saved.keys() == set(NAMES)

    done = process(*line, service=service)
    assert done.code == 0
    assert [vm["hostname"] for vm in done.json] == NAMES
    assert {vm["outcome"] for vm in done.json} == {"done"}
    assert {vm["hostname"]: vm["password"] for vm in done.json} == saved == passwords_in(home)
    assert service.states() == dict.fromkeys(NAMES, "running")
    assert service.do("executed")["vm_create"] == 20


def test_what_is_done_costs_no_request_and_is_shown_as_done(aiogandi, service):
    line = ("vm", "create", "web-01", "web-02", "--os", 111, "--run", "x", "--json")
    first = aiogandi(*line, service=service)
    asked = service.do("calls")
    again = aiogandi(*line, service=service)
    assert again.code == 0
    assert again.json == first.json
    assert "2 of 2 servers created by an earlier command of this run" in again.err
    assert service.do("calls") == asked


def test_another_line_under_the_same_name_is_a_conflict_and_sends_nothing(aiogandi, service):
    line = ("vm", "create", "web-01", "web-02", "--os", 111, "--run", "x")
    assert aiogandi(*line, service=service).code == 0
    for other in (
        (*line, "--cpu", 2),
        ("disk", "create", "web-01", "web-02", "--size", 100, "--run", "x"),
    ):
        done = aiogandi(*other, service=service)
        assert done.code == 1
        assert "is not what ran here last time" in done.err
        assert done.err.count("is not what ran here") == 1  # equal failures are one line
        assert "Run x is of another command line: give this one another --run" in done.err
    assert service.do("executed")["vm_create"] == 2
    assert "disk_create" not in service.do("executed")


def test_a_run_that_was_refused_for_shares_counts_only_what_is_not_begun(aiogandi, serving):
    service = serving(speed=1000, shares=3)
    line = ("vm", "create", "web-01", "web-02", "web-03", "--os", 111, "--run", "x")
    assert aiogandi(*line[:4], *line[5:], service=service).code == 0
    done = aiogandi(*line, service=service)
    assert done.code == 0, done.err
    assert len(service.states()) == 3


def test_deleting_with_a_stop_is_two_steps_that_go_on_where_they_were(aiogandi, serving):
    service = serving(speed=0.001)
    (vm_id,) = service.vms("web")
    line = ("vm", "delete", "--match", "web", "--stop", "--run", "gone", "--json")
    done = aiogandi(*line, "--timeout", 1.5, service=service)
    assert (done.code, done.json[0]["operation"]) == (1, "vm_stop"), done
    (run,) = aiogandi("run", "list", "--json", service=service).json
    assert (run["name"], run["done"], run["failed"], run["open"]) == ("gone", 0, 0, 1)
    service.do("advance", 60)
    done = aiogandi(*line, "--timeout", 1.5, service=service)
    assert (done.code, done.json[0]["operation"]) == (1, "vm_delete"), done
    service.do("advance", 60)
    assert service.states() == {}
    done = aiogandi(*line, service=service)  # nothing matches any more
    assert done.code == 0
    assert [(vm["vm_id"], vm["operation"]) for vm in done.json] == [(vm_id, "vm_delete")]
    assert service.do("executed")["vm_stop"] == service.do("executed")["vm_delete"] == 1


def test_detaching_goes_on_when_the_disk_tells_no_server_any_more(aiogandi, service):
    (vm_id,) = service.vms("web")
    (disk_id,) = service.disks("data")
    service.call("disk_attach", vm_id, disk_id)
    service.do("advance", 10)
    line = ("disk", "detach", disk_id, "--run", "x", "--json")
    assert aiogandi(*line, service=service).code == 0
    done = aiogandi(*line, service=service)
    assert done.code == 0
    assert done.json[0]["outcome"] == "done"
    assert service.do("executed")["disk_detach"] == 1


def test_what_was_begun_without_waiting_is_waited_for_by_the_same_run(aiogandi, slow_service):
    line = ("disk", "create", "data", "--size", 100, "--run", "x", "--json")
    begun = aiogandi(*line, "--no-wait", service=slow_service)
    assert begun.json[0]["outcome"] == "under_way"
    slow_service.do("advance", 60)
    done = aiogandi(*line, service=slow_service)
    assert done.json[0]["outcome"] == "done"
    assert done.json[0]["disk_id"] == begun.json[0]["disk_id"]
    assert slow_service.do("executed")["disk_create"] == 1


def test_products_and_attachments_are_bought_and_made_once(aiogandi, service):
    (vm_id,) = service.vms("web")
    (disk_id,) = service.disks("data")
    for line in (
        ("product", "add", "shares", 2, "--duration", "1m", "--run", "p"),
        ("disk", "attach", vm_id, disk_id, "--run", "a"),
    ):
        assert aiogandi(*line, service=service).code == 0
        assert aiogandi(*line, service=service).code == 0
    executed = service.do("executed")
    assert (executed["hosting_account_product_add"], executed["disk_attach"]) == (1, 1)
    done = aiogandi(
        "product", "add", "shares", 3, "--duration", "1m", "--run", "p", service=service
    )
    assert done.code == 1
    assert "quantity is 3, and was 2" in done.err


def test_two_commands_on_one_run_do_each_thing_once(start, process, serving, home):
    service = serving(speed=20)
    line = ("vm", "create", *NAMES[:10], "--os", 111, "--run", "x", "--json")
    first, second = start(*line, service=service), start(*line, service=service)
    shown = [json.loads(child.communicate(timeout=100)[0]) for child in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    saved = passwords_in(home)
    for vms in shown:
        assert {vm["hostname"]: vm["password"] for vm in vms} == saved
    assert service.do("executed")["vm_create"] == 10


def stop(child, journal):
    """Stop the process, but not while it writes to its journal: SQLite would let nobody else write."""
    while True:
        os.kill(child.pid, signal.SIGSTOP)
        with closing(sqlite3.connect(journal, timeout=0.2, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(child.pid, signal.SIGCONT)
            else:
                return


def test_who_has_a_thing_under_way_is_told_and_waiting_for_it_ends_at_once(
    start, process, slow_service, home
):
    line = ("disk", "create", "data", "--size", 100, "--run", "x")
    child = start(*line, service=slow_service)
    wait_for(lambda: slow_service.do("executed").get("operation_list"))
    stop(child, Path(home["HOME"], ".local/state/aiogandi/journal.db"))
    began = time.monotonic()
    done = process(*line, "--timeout", 1, "--json", service=slow_service)
    assert done.code == 1
    assert f"The rest is under way in process {child.pid} " in done.err
    assert done.json[0]["outcome"] == "under_way"
    assert "Another command has under way: data" in done.err
    assert "Still to be" not in done.err
    assert time.monotonic() - began < 20  # a start takes seconds on a loaded machine
    os.kill(child.pid, signal.SIGCONT)
    wait_for(lambda: slow_service.do("executed").get("disk_create"))
    slow_service.do("advance", 60)
    child.communicate(timeout=100)
    assert child.returncode == 0
    assert slow_service.do("executed")["disk_create"] == 1


def test_a_line_that_was_refused_here_is_not_to_be_given_again(aiogandi, service):
    done = aiogandi("vm", "create", "mypassword", "--os", 111, "--run", "x", service=service)
    assert done.code == 1
    assert "give the same line again" not in done.err
    assert "vm_create" not in service.do("calls")


def test_runs_are_listed_shown_and_forgotten(aiogandi, service):
    line = ("vm", "create", "web-01", "no-such", "--os", 111, "--run", "x")
    service.do("fault", "vm_create", code=530960, message="DataError: taken [shares: 1]")
    assert aiogandi(*line, service=service).code == 1
    shown = aiogandi("run", "show", "x", "--json", service=service).json
    assert sorted(item["state"] for item in shown) == ["done", "failed"]
    assert "web-01" in aiogandi("run", "show", "x", service=service).out
    done = aiogandi("run", "forget", "x", "web-01", "--json", service=service)
    assert (done.code, done.json) == (0, {"forgotten": 1})
    assert aiogandi("run", "forget", "x", "web-01", service=service).code == 1
    assert aiogandi("run", "forget", "x", service=service).code == 0
    assert aiogandi("run", "list", "--json", service=service).json == []
    assert "there is no run x" in aiogandi("run", "show", "x", service=service).err


def test_what_a_killed_command_left_is_pending_until_it_is_recovered(
    start, process, aiogandi, serving
):
    service = serving(speed=0.001)
    service.do("drop_reply", "disk_create", times=99)
    child = start("disk", "create", "a", "--size", 100, "--run", "x", service=service)
    wait_for(lambda: service.do("executed").get("disk_create"))
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    (left,) = aiogandi("pending", "--json", service=service).json
    assert (left["method"], left["run"], left["key"]) == ("disk_create", "x", "a")
    assert "1 thing of run x is open" in aiogandi("run", "forget", "x", service=service).err
    done = process("recover", "--json", service=service)
    assert done.code == 0
    assert [(each["outcome"], each["run"]) for each in done.json] == [("adopted", "x")]
    (left,) = aiogandi("pending", "--json", service=service).json
    assert left["operation_id"] == done.json[0]["operation_id"] is not None
    assert service.do("executed")["disk_create"] == 1


def test_without_a_run_there_is_no_journal(aiogandi, service, home):
    (vm_id,) = service.vms("web")
    assert aiogandi("vm", "stop", vm_id, service=service).code == 0
    assert not Path(home["HOME"], ".local/state/aiogandi").exists()
    done = aiogandi("vm", "start", vm_id, "--journal", "j.db", service=service)
    assert done.code == 2
    assert "give --run NAME as well" in done.err


def test_the_journal_can_be_another_file(aiogandi, service, tmp_path):
    file = tmp_path / "other.db"
    line = ("disk", "create", "data", "--size", 100, "--run", "x", "--journal", file)
    assert aiogandi(*line, service=service).code == 0
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("SELECT state FROM keys").fetchall() == [("concluded",)]
    assert file.stat().st_mode & 0o777 == 0o600
    assert aiogandi("run", "list", "--json", service=service).json == []
    assert len(aiogandi("run", "list", "--journal", file, "--json", service=service).json) == 1


def test_the_journal_can_be_that_of_the_environment(aiogandi, service, tmp_path):
    env = {"GANDI_JOURNAL": str(tmp_path / "other.db")}
    assert aiogandi("run", "list", "--json", service=service, env=env).json == []
    line = ("disk", "create", "data", "--size", 100)
    assert aiogandi(*line, service=service, env=env).code == 0
    assert not (tmp_path / "other.db").exists()
    assert aiogandi(*line, "--run", "x", service=service, env=env).code == 0
    assert len(aiogandi("run", "list", "--json", service=service, env=env).json) == 1
    assert aiogandi("run", "list", "--json", service=service).json == []
    given = ("--journal", tmp_path / "given.db")
    assert aiogandi(*line, "--run", "y", *given, service=service, env=env).code == 0
    assert (tmp_path / "given.db").exists()
