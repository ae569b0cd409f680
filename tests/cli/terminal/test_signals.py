"""Ctrl-C: what goes on at the service is told and can be taken up; the second ends at once."""

import json
import os
import re
import signal
import time

import pytest


@pytest.fixture
def creating(terminal, slow_service):
    """A command in a terminal that awaits the creation of two servers."""
    child = terminal("vm", "create", "web-01", "web-02", "--os", 111, service=slow_service)
    child.expect("2 under way")
    return child


def test_ctrl_c_says_what_goes_on_and_another_command_takes_it_up(
    operations_to_await, creating, slow_service, terminal
):
    creating.sendintr()
    told, code = creating.end()
    assert code == 130
    assert "interrupted: 0 of 2 servers created" in told
    assert "2 operations go on at the service" in told
    ids = operations_to_await(told)
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
    child.sendintr()
    told, code = child.end()
    assert code == 130
    assert not service.do("executed").get("vm_stop")  # it has not waited for the answer
    assert "\x1b[?25h" in told


def test_an_answer_under_way_is_awaited_so_that_its_operation_is_known(
    operations_to_await, terminal, serving
):
    service = serving(speed=0.001)
    (vm_id,) = service.vms("web")
    service.do("delay", "vm_stop", seconds=0.3)
    child = terminal("vm", "stop", vm_id, service=service)
    child.expect("1 under way")
    child.sendintr()
    told, code = child.end()
    assert code == 130
    assert operations_to_await(told) == [str(service.do("operations")[-1]["id"])]


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
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert [item["outcome"] for item in json.loads(out)] == ["under_way", "under_way"]
    assert "Traceback" not in err
