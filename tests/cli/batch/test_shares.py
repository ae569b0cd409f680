"""The free shares are compared with what is asked for before anything is created."""

import pytest

FAULT = {"code": 500140, "message": "DataError: no such method [hosting_account_info: x]"}


def used(service, shares):
    """Use some of the service's shares."""
    service.call("vm_create", "old", "s3cret-password", 111, shares, 1, {})
    service.do("advance", 60)


@pytest.mark.parametrize(
    ("names", "each", "problem"),
    [
        (20, 4, "20 servers of 4 shares need 80; 30 of 100 are free: 50 are missing"),
        (1, 31, "1 server of 31 shares needs 31; 30 of 100 are free: 1 is missing"),
        (31, 1, "31 servers of 1 share need 31; 30 of 100 are free: 1 is missing"),
    ],
)
def test_what_is_missing_is_told_and_nothing_created(aiogandi, serving, names, each, problem):
    service = serving(shares=100, speed=1000)
    used(service, 70)
    done = aiogandi(
        "vm", "create", "--count", names, "--name", "web-{}", "--os", 111, "--shares", each,
        service=service,
    )  # fmt: skip
    missing = problem.rpartition(": ")[2].split()[0]
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"aiogandi: {problem} (to get them: aiogandi product add shares {missing} --duration 1m)\n"
    )
    assert service.do("calls")["hosting_account_info"] == 1
    assert service.states() == {"old": "running"}


def test_what_is_just_enough_is_created(aiogandi, serving):
    service = serving(shares=3, speed=1000)
    args = ("vm", "create", "a", "b", "c", "--os", 111, "--json")
    assert aiogandi(*args, service=service).code == 0


@pytest.mark.parametrize("hidden", ["shares", "used_shares"])
def test_a_service_that_does_not_tell_decides_itself(aiogandi, serving, hidden):
    service = serving(shares=1, speed=1000)
    account = {"shares": 1, "used_shares": 0}
    del account[hidden]
    service.do("answer", "hosting_account_info", account)
    done = aiogandi("vm", "create", "a", "b", "--os", 111, "--json", service=service)
    assert done.code == 1
    assert sorted(vm["outcome"] for vm in done.json) == ["done", "failed"]
    assert "warning" not in done.err


def test_a_fault_of_the_look_stops_no_creation(aiogandi, service):
    service.do("fault", "hosting_account_info", **FAULT, times=99)
    done = aiogandi("vm", "create", "a", "--os", 111, "--json", service=service)
    assert done.code == 0
    assert "aiogandi: warning: the free shares are not known: " in done.err
    assert service.states() == {"a": "running"}


def test_a_refused_login_stops_it(aiogandi, service):
    refusal = {"code": 510150, "message": "DataError: bad credential [session: x]"}
    service.do("fault", "hosting_account_info", **refusal, times=99)
    done = aiogandi("vm", "create", "a", "--os", 111, service=service)
    assert done.code == 3
    assert service.states() == {}


def test_an_update_is_compared_with_what_the_servers_lack(aiogandi, serving):
    service = serving(shares=10, speed=1000)
    ids = service.vms("a", "b", "c")
    done = aiogandi("vm", "update", *ids, "--shares", 4, service=service)
    assert done.code == 1
    assert (
        "aiogandi: 3 servers need 9 more for 4 each; 7 of 10 are free: 2 are missing"
        " (to get them: aiogandi product add shares 2 --duration 1m)\n"
    ) in done.err
    assert "vm_update" not in service.do("calls")
    assert aiogandi("vm", "update", *ids, "--shares", 3, service=service).code == 0
    assert [vm["shares"] for vm in service.do("vms")] == [3, 3, 3]
    # Nothing more is needed now, though nine new shares would not be free.
    assert aiogandi("vm", "update", *ids, "--shares", 3, service=service).code == 0


def test_a_server_that_cannot_be_read_is_the_services_to_refuse(aiogandi, serving):
    service = serving(shares=3, speed=1000)
    (vm_id,) = service.vms("a")
    done = aiogandi("vm", "update", vm_id, 4711, "--shares", 3, "--json", service=service)
    assert [item["outcome"] for item in done.json] == ["done", "failed"]


def test_an_update_of_something_else_looks_at_no_shares(aiogandi, service):
    (vm_id,) = service.vms("a")
    assert aiogandi("vm", "update", vm_id, "--cpu", 2, service=service).code == 0
    assert "hosting_account_info" not in service.do("calls")


def test_where_nothing_is_reached_that_is_all_that_is_said(aiogandi, service):
    url = service.url.replace("/xmlrpc/", "/nowhere/")
    done = aiogandi("vm", "create", "a", "--os", 111, service=service, env={"GANDI_URL": url})
    assert done.code == 1
    assert done.err.startswith("aiogandi: login: HTTP 404")
    assert done.err.count("\n") == 1


def test_a_look_without_an_answer_stops_no_creation(aiogandi, service):
    service.do("garble", "hosting_account_info", times=99)
    done = aiogandi("vm", "create", "a", "--os", 111, service=service)
    assert done.code == 0
    assert "aiogandi: warning: the free shares are not known: " in done.err
