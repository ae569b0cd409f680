"""A wait that ends before its time: what goes on is said, and can be taken up."""

import json
import os
import re
import signal
import time

import pytest


def ids_to_take_up(text):
    """The operation ids of the line that says how to go on."""
    return re.search(r"aiogandi operation wait ([\d ]*\d)", text).group(1).split()


@pytest.fixture
def creating(terminal, slow_service):
    """A command in a terminal that awaits the creation of two servers."""
    child = terminal("vm", "create", "web-01", "web-02", "--os", 111, service=slow_service)
    child.expect("2 under way")
    return child


def test_ctrl_c_says_what_goes_on_and_another_command_takes_it_up(creating, slow_service, terminal):
    creating.sendintr()
    told, code = creating.end()
    assert code == 130
    assert "interrupted: 0 of 2 servers created" in told
    assert "2 operations go on at the service" in told
    ids = ids_to_take_up(told)
    assert ids == [str(operation["id"]) for operation in slow_service.do("operations")]
    # Whoever knows the passwords of the new servers must still be told them.
    assert len(re.findall(r"web-0\d +([A-Za-z0-9]{20}) ", told)) == 2

    second = terminal("operation", "wait", *ids, service=slow_service)
    second.expect("2 under way")
    slow_service.do("advance", 60)
    told, code = second.end()
    assert code == 0
    assert "2 done" in told
    assert slow_service.states() == {"web-01": "running", "web-02": "running"}


def test_interrupting_cancels_nothing_at_the_service(creating, slow_service):
    creating.sendintr()
    creating.end()
    slow_service.do("advance", 60)
    assert {operation["state"] for operation in slow_service.do("operations")} == {"DONE"}


def test_the_cursor_comes_back_however_the_command_is_left(creating, slow_service):
    slow_service.do("delay", "vm_info", seconds=30)
    creating.sendintr()
    told, _ = creating.end()
    assert told.rindex("\x1b[?25h") > told.find("\x1b[?25l")


def test_a_second_ctrl_c_leaves_at_once(terminal, serving):
    service = serving(speed=0.001)
    (vm_id,) = service.vms("web")
    service.do("delay", "vm_stop", seconds=30)
    child = terminal("vm", "stop", vm_id, service=service)
    child.expect("1 under way")
    child.sendintr()
    child.expect("Nothing more is begun; awaiting 1 answer. Ctrl-C again leaves at once.")
    began = time.monotonic()
    child.sendintr()
    told, code = child.end()
    assert code == 130
    assert time.monotonic() - began < 2
    assert "\x1b[?25h" in told


def test_an_answer_under_way_is_awaited_so_that_its_operation_is_known(terminal, serving):
    service = serving(speed=0.001)
    (vm_id,) = service.vms("web")
    service.do("delay", "vm_stop", seconds=1)
    child = terminal("vm", "stop", vm_id, service=service)
    child.expect("1 under way")
    child.sendintr()
    told, code = child.end()
    assert code == 130
    assert ids_to_take_up(told) == [str(service.do("operations")[-1]["id"])]


def test_ctrl_c_while_reading_is_one_line(terminal, serving):
    service = serving()
    service.do("delay", "vm_list", seconds=30)
    child = terminal("vm", "list", service=service)
    while not service.do("calls").get("vm_list"):
        time.sleep(0.02)
    child.sendintr()
    told, code = child.end()
    assert code == 130
    assert told.replace("^C", "").strip() == "aiogandi: interrupted"


def test_the_document_is_whole_after_an_interrupt(serving, start):
    service = serving(speed=0.001)
    ids = service.vms("web-01", "web-02")
    child = start("vm", "stop", *ids, "--json", service=service)
    while service.do("executed").get("vm_stop", 0) < 2:
        time.sleep(0.02)
    os.kill(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=10)
    assert child.returncode == 130
    assert [item["outcome"] for item in json.loads(out)] == ["under_way", "under_way"]
    assert "Traceback" not in err


def test_a_timeout_ends_the_wait_with_exit_code_1(aiogandi, slow_service):
    ids = slow_service.vms("web-01", "web-02")
    done = aiogandi("vm", "stop", *ids, "--timeout", 0.2, "--json", service=slow_service)
    assert done.code == 1
    assert [item["outcome"] for item in done.json] == ["under_way", "under_way"]
    assert "the time is up: 0 of 2 servers stopped" in done.err
    slow_service.do("advance", 20)
    ids = ids_to_take_up(done.err)
    assert aiogandi("operation", "wait", *ids, service=slow_service).code == 0


def test_a_timeout_between_two_steps_says_what_is_still_to_be_done(aiogandi, slow_service):
    (vm_id,) = slow_service.vms("web")
    done = aiogandi("vm", "delete", vm_id, "--stop", "--timeout", 0.2, service=slow_service)
    assert done.code == 1
    assert len(ids_to_take_up(done.err)) == 1
    assert f"Still to be deleted: {vm_id}\n" in done.err


def test_a_wait_can_be_ended_and_taken_up_as_often_as_one_likes(aiogandi, slow_service):
    (vm_id,) = slow_service.vms("web")
    operation = slow_service.call("vm_stop", vm_id)
    for _ in range(2):
        args = ("operation", "wait", operation, "--timeout", 0.1)
        done = aiogandi(*args, service=slow_service)
        assert done.code == 1
        assert ids_to_take_up(done.err) == [str(operation)]


def test_a_creation_that_the_service_lists_nowhere_is_named_by_its_server(aiogandi, slow_service):
    slow_service.do("fault", "operation_list", code=500130, message="no such type", times=99)
    done = aiogandi(
        "vm", "create", "web", "--os", 111, "--timeout", 0.5, "--json", service=slow_service
    )
    assert done.code == 1
    assert done.json[0]["operation_id"] is None
    vm_id = done.json[0]["vm_id"]
    assert vm_id == slow_service.do("vms")[0]["id"]
    assert f"  aiogandi vm info {vm_id}\n" in done.err


def test_what_does_not_answer_is_given_up_in_the_end_and_unknown(
    aiogandi, slow_service, monkeypatch
):
    monkeypatch.setattr("aiogandi.cli.batch.lot.ANSWERS", 0.1)
    (vm_id,) = slow_service.vms("web")
    slow_service.do("delay", "vm_stop", seconds=30)
    done = aiogandi("vm", "stop", vm_id, "--timeout", 0.1, "--json", service=slow_service)
    assert done.code == 1
    assert done.json[0]["outcome"] == "unknown"
    assert f"Not known whether stopped: {vm_id}\n" in done.err


def test_nothing_more_is_begun_once_the_wait_has_ended(aiogandi, slow_service):
    ids = slow_service.vms(*(f"web-{number:03d}" for number in range(100)))
    slow_service.do("delay", "vm_stop", seconds=0.3, times=100)
    args = ("vm", "delete", *ids, "--stop", "--timeout", 0.5, "--json")
    done = aiogandi(*args, service=slow_service)
    assert done.code == 1
    outcomes = [item["outcome"] for item in done.json]
    assert set(outcomes) == {"under_way", "not_begun"}
    begun = outcomes.count("under_way")
    assert 20 <= begun < 100
    assert slow_service.do("calls")["vm_stop"] == begun
    assert f"{begun} operations go on at the service" in done.err
    # All of them: also those whose stop goes on are still to be deleted.
    assert f"Still to be deleted: {', '.join(map(str, ids))}\n" in done.err
