"""``aiogandi vm``: many servers at once."""

import re

CHANGE_FIELDS = {
    "vm_id",
    "hostname",
    "operation_id",
    "operation",
    "state",
    "outcome",
    "error",
}


def test_servers_are_created_by_names_and_their_passwords_shown_once(aiogandi, service):
    done = aiogandi(
        "vm", "create", "web-01", "web-02", "--os", "debian", "--shares", 2, "--json",
        service=service,
    )  # fmt: skip
    assert done.code == 0
    assert [vm["hostname"] for vm in done.json] == ["web-01", "web-02"]
    passwords = {vm["password"] for vm in done.json}
    assert len(passwords) == 2
    assert all(re.fullmatch(r"[A-Za-z0-9]{20}", password) for password in passwords)
    assert all(vm.keys() == CHANGE_FIELDS | {"password"} for vm in done.json)
    assert {vm["outcome"] for vm in done.json} == {"done"}
    assert [vm["shares"] for vm in service.do("vms")] == [2, 2]
    assert service.states() == {"web-01": "running", "web-02": "running"}
    assert not any(password in done.err for password in passwords)


def test_servers_are_created_by_number_and_pattern_in_a_table(aiogandi, service):
    done = aiogandi(
        "vm", "create", "--count", 3, "--name", "web-{:02d}", "--os", 111, service=service
    )
    assert done.code == 0
    heading, _, *rows = done.out.splitlines()
    assert heading.split() == ["VM", "HOSTNAME", "PASSWORD", "OPERATION", "STATE", "OUTCOME"]
    assert [row.split()[1] for row in rows] == ["web-01", "web-02", "web-03"]
    assert all(re.fullmatch(r"[A-Za-z0-9]{20}", row.split()[2]) for row in rows)


def test_a_password_from_a_file_is_used_and_not_shown(aiogandi, service, tmp_path):
    file = tmp_path / "password"
    file.write_text("from-a-file\n")
    done = aiogandi(
        "vm", "create", "web", "--os", 111, "--password-file", file, "--no-wait", "--json",
        service=service,
    )  # fmt: skip
    assert done.code == 0
    assert done.json[0]["password"] is None
    assert "from-a-file" not in done.out + done.err


def test_a_password_that_the_service_refuses_is_not_shown_either(aiogandi, service):
    done = aiogandi(
        "vm", "create", "web", "--os", 111, "--password-file", "-", "--json",
        service=service, text="123456\n",
    )  # fmt: skip
    assert done.code == 1
    assert done.json[0]["outcome"] == "failed"
    assert "[password: ***]" in done.err
    assert "123456" not in done.out + done.err


def test_a_password_is_asked_for_twice_and_without_echo(terminal, service):
    child = terminal("vm", "create", "web", "--os", 111, "--ask-password", service=service)
    child.expect("Password of the new servers: ")
    child.sendline("s3cret-password")
    child.expect("Repeat for confirmation: ")
    child.sendline("s3cret-password")
    shown, code = child.end()
    assert code == 0
    assert "s3cret-password" not in shown
    assert service.states() == {"web": "running"}


def test_an_operating_system_that_is_not_clear_is_wrong_use(aiogandi, service):
    done = aiogandi("vm", "create", "web", "--os", "e", service=service)
    assert done.code == 2
    assert "more than one system has 'e' in its label: 111 Debian GNU/Linux 5" in done.err
    assert service.states() == {}


def test_a_name_that_cannot_be_one_is_refused_before_anything_is_sent(aiogandi, service):
    done = aiogandi("vm", "create", "web-01", "not a name", "--os", 111, service=service)
    assert done.code == 2
    assert done.err == (
        "aiogandi: hostname='not a name': a name without spaces, of 255 characters at most\n"
    )
    assert not service.do("calls")


def test_servers_are_listed_with_stable_fields_and_iso_dates(aiogandi, service):
    service.vms("web-01", "db-01")
    done = aiogandi("vm", "list", "--json", service=service)
    assert done.code == 0
    assert [vm["hostname"] for vm in done.json] == ["web-01", "db-01"]
    assert list(done.json[0]) == [
        "id", "hostname", "state", "os_id", "shares", "cpu", "memory", "disks", "ips",
        "date_created", "date_updated",
    ]  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", done.json[0]["date_created"])


def test_a_list_can_be_of_those_that_match(aiogandi, service):
    service.vms("web-01", "web-02", "db-01")
    done = aiogandi("vm", "list", "--match", "WEB-*", service=service)
    assert [line.split()[1] for line in done.out.splitlines()[2:]] == ["web-01", "web-02"]


def test_what_cannot_be_shown_is_told_and_the_rest_is_shown(aiogandi, service):
    (vm_id,) = service.vms("web")
    done = aiogandi("vm", "info", vm_id, 4711, "--json", service=service)
    assert done.code == 1
    assert [vm["id"] for vm in done.json] == [vm_id]
    told, end = done.err.splitlines()
    assert told.startswith(
        "aiogandi: server 4711: it does not exist: DataError: no such VM [vm_id: 4711] (fault 530240)"
    )
    assert end == "aiogandi: incomplete: 1 of 2 servers could not be read"


def test_servers_are_stopped_by_match_and_the_others_left_alone(aiogandi, service):
    service.vms("web-01", "web-02", "db-01")
    done = aiogandi("vm", "stop", "--match", "web-*", "--json", service=service)
    assert done.code == 0
    assert [vm.keys() for vm in done.json] == [CHANGE_FIELDS] * 2
    assert service.states() == {"web-01": "halted", "web-02": "halted", "db-01": "running"}


def test_one_failure_is_told_and_the_rest_is_done(aiogandi, service):
    running, other = service.vms("web-01", "web-02")
    service.do("fail_operation", "vm_stop", message="the disk is on fire")
    done = aiogandi("vm", "stop", running, other, 4711, "--json", service=service)
    assert done.code == 1
    outcomes = {vm["vm_id"]: vm["outcome"] for vm in done.json}
    assert outcomes == {running: "failed", other: "done", 4711: "failed"}
    assert "ended in ERROR: the disk is on fire" in done.json[0]["error"]
    assert f"aiogandi: server {running}: operation" in done.err
    assert "aiogandi: server 4711: it does not exist" in done.err


def test_deleting_a_running_server_is_the_services_to_refuse(aiogandi, service):
    (vm_id,) = service.vms("web")
    done = aiogandi("vm", "delete", vm_id, service=service)
    assert done.code == 1
    assert f"server {vm_id}: its state does not allow this: DataError: VM is running" in done.err
    assert service.states() == {"web": "running"}


def test_delete_stops_first_where_that_is_asked_for(aiogandi, service):
    service.vms("web-01", "web-02")
    service.vms("web-03", state="halted")
    done = aiogandi("vm", "delete", "--match", "web-*", "--stop", "--json", service=service)
    assert done.code == 0
    assert {vm["operation"] for vm in done.json} == {"vm_delete"}
    assert service.states() == {}
    assert service.do("calls")["vm_stop"] == 3  # one of them was the test's own


def test_servers_are_started_and_updated_without_waiting(aiogandi, service):
    (vm_id,) = service.vms("web", state="halted")
    assert aiogandi("vm", "start", vm_id, "--no-wait", service=service).code == 0
    service.do("advance", 20)
    assert service.states() == {"web": "running"}
    assert aiogandi("vm", "reboot", vm_id, "--no-wait", service=service).code == 0
    service.do("advance", 30)
    args = ("--shares", 3, "--cpu", 2, "--hostname", "other", "--no-wait")
    assert aiogandi("vm", "update", vm_id, *args, service=service).code == 0
    service.do("advance", 20)
    (vm,) = service.do("vms")
    assert (vm["shares"], vm["cpu"], vm["hostname"]) == (3, 2, "other")


def test_the_disks_of_servers_are_listed(aiogandi, service):
    (vm_id,) = service.vms("web")
    disk_id, _ = service.disks("data", "other")
    service.call("disk_attach", vm_id, disk_id)
    service.do("advance", 10)
    done = aiogandi("vm", "disks", vm_id, "--json", service=service)
    assert [(disk["id"], disk["vm_id"]) for disk in done.json] == [(disk_id, vm_id)]


def test_without_waiting_the_operations_are_named(aiogandi, slow_service):
    done = aiogandi(
        "vm", "create", "web-01", "web-02", "--os", 111, "--no-wait", "--json",
        service=slow_service,
    )  # fmt: skip
    assert done.code == 0
    assert {vm["outcome"] for vm in done.json} == {"under_way"}
    ids = [vm["operation_id"] for vm in done.json]
    assert ids == sorted(operation["id"] for operation in slow_service.do("operations"))
    assert f"  aiogandi operation wait {ids[0]} {ids[1]}\n" in done.err
