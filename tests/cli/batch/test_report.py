"""What is printed when a bulk run is over: the same columns each time, and outcomes that are true."""

import re

import pytest

CHANGE = ["OPERATION", "STATE", "OUTCOME"]


def headings(done):
    """The headings of the table on stdout."""
    return done.out.splitlines()[0].split()


def test_a_change_has_the_same_columns_however_its_things_are_given(aiogandi, service):
    (vm_id,) = service.vms("web")
    by_id = aiogandi("vm", "stop", vm_id, service=service)
    by_name = aiogandi("vm", "start", "--match", "web", service=service)
    at_once = aiogandi("vm", "reboot", vm_id, "--no-wait", service=service)
    of_none = aiogandi("disk", "delete", "--all", "--yes", service=service)
    assert headings(by_id) == headings(by_name) == headings(at_once) == ["VM", "HOSTNAME", *CHANGE]
    assert headings(of_none) == ["DISK", "NAME", *CHANGE]


def test_a_creation_has_the_same_columns_whoever_chose_the_password(aiogandi, service, tmp_path):
    file = tmp_path / "password"
    file.write_text("from-a-file\n")
    generated = aiogandi("vm", "create", "a", "--os", 111, service=service)
    given = aiogandi("vm", "create", "b", "--os", 111, "--password-file", file, service=service)
    begun = aiogandi("vm", "create", "c", "--os", 111, "--no-wait", service=service)
    expected = ["VM", "HOSTNAME", "PASSWORD", "OPERATION", "STATE", "OUTCOME"]
    assert headings(generated) == headings(given) == headings(begun) == expected
    assert given.out.splitlines()[2].split()[2] == "-"


def test_a_cancellation_shows_what_it_has(aiogandi, slow_service):
    (vm_id,) = slow_service.vms("web")
    for _ in range(2):
        slow_service.call("vm_stop", vm_id)
    done = aiogandi("operation", "cancel", "--all", "--yes", service=slow_service)
    assert headings(done) == ["OPERATION", "OUTCOME"]


def test_what_nobody_waits_for_is_begun_and_not_done(aiogandi, slow_service):
    done = aiogandi("vm", "create", "a", "b", "--os", 111, "--no-wait", service=slow_service)
    assert done.code == 0
    assert "Creating 2 servers: 2 begun, 0 failed, 0 unanswered\n" in done.err
    assert "done" not in done.out + done.err


def test_what_was_seen_to_be_done_is_done_though_nobody_waited(aiogandi, service):
    service.do(
        "delay", "operation_list", seconds=0.2, times=9
    )  # by then it is done, and its look tells
    done = aiogandi("vm", "create", "web", "--os", 111, "--no-wait", "--json", service=service)
    assert done.code == 0
    assert (done.json[0]["state"], done.json[0]["outcome"]) == ("DONE", "done")
    assert "operation wait" not in done.err


def test_what_was_seen_to_fail_has_failed_though_nobody_waited(aiogandi, service):
    service.do("fail_operation", "vm_create", message="no power")
    service.do("delay", "operation_list", seconds=0.2, times=9)
    done = aiogandi("vm", "create", "web", "--os", 111, "--no-wait", "--json", service=service)
    assert done.code == 1
    assert (done.json[0]["state"], done.json[0]["outcome"]) == ("ERROR", "failed")
    assert "ended in ERROR: no power" in done.json[0]["error"]
    assert "aiogandi: server web: operation" in done.err


def test_many_operations_are_taken_up_with_a_short_line(
    aiogandi, slow_service, operations_to_await
):
    names = [f"web-{number}" for number in range(60)]
    done = aiogandi("vm", "create", *names, "--os", 111, "--no-wait", service=slow_service)
    (line,) = [line for line in done.err.splitlines() if "operation wait" in line]
    assert re.fullmatch(r"  aiogandi operation wait \d+-\d+", line)
    ids = operations_to_await(done.err)
    assert len(ids) == 60
    slow_service.do("advance", 60)
    assert aiogandi(*line.split()[1:], service=slow_service).code == 0


@pytest.mark.parametrize(
    "command",
    [
        ("vm", "stop", "--match", "web-*", "--yes"),
        ("vm", "stop", "20001-20030"),
        ("vm", "create", "new-01", "new-02", "--os", "111", "--no-wait"),
        ("vm", "create", "--count", "60", "--name", "new-{}", "--os", "111", "--shares", "9"),
        ("vm", "list"),
        ("operation", "list", "--limit", "2"),
    ],
)
def test_a_terminal_of_80_columns_is_wide_enough(terminal, service, command):
    service.vms("web-01", "web-02")
    shown, _ = terminal(*command, service=service).end()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    lines = [line for line in re.split(r"[\r\n]+", text) if "operation wait" not in line]
    assert lines
    assert max(map(len, lines)) <= 80
