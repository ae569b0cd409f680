"""A lot under trouble: nothing is lost sight of."""

import re


def test_a_lost_answer_is_found_again_and_the_server_created_once(aiogandi, service):
    service.do("drop_reply", "vm_create")
    done = aiogandi("vm", "create", "web", "--os", 111, "--json", service=service)
    assert done.code == 0
    assert [vm["hostname"] for vm in service.do("vms")] == ["web"]
    assert done.json[0]["vm_id"] == service.do("vms")[0]["id"]


def test_what_may_have_run_is_unknown_and_its_password_still_told(aiogandi, serving):
    service = serving(speed=1000)
    service.do("drop_reply", "vm_create")
    service.do("fault", "operation_list", code=500140, message="no such method", times=99)
    done = aiogandi("vm", "create", "web", "--os", 111, "--json", service=service)
    assert done.code == 1
    assert done.json[0]["outcome"] == "unknown"
    assert re.fullmatch(r"[A-Za-z0-9]{20}", done.json[0]["password"])
    assert "whether it ran is not known" in done.json[0]["error"]
    assert "Not known whether created: web" in done.err
    assert done.json[0]["password"] not in done.err


def test_a_failed_creation_has_no_password_to_show(aiogandi, serving):
    service = serving(speed=1000, shares=1)
    done = aiogandi("vm", "create", "a", "b", "--os", 111, "--json", service=service)
    assert done.code == 1
    assert [(vm["outcome"], vm["password"] is None) for vm in done.json] == [
        ("done", False),
        ("failed", True),
    ]


def test_a_session_that_is_refused_midway_ends_the_lot_and_what_goes_on_is_told(
    aiogandi, slow_service
):
    ids = slow_service.vms("web-01", "web-02")
    slow_service.do("delay", "vm_stop", seconds=0)
    refusal = "DataError: bad credential [session: x]"
    slow_service.do("fault", "vm_stop", code=510150, message=refusal, times=99)
    done = aiogandi("vm", "stop", *ids, "--json", service=slow_service)
    assert done.code == 3
    assert sorted(item["outcome"] for item in done.json) == ["failed", "under_way"]
    (operation,) = (item["operation_id"] for item in done.json if item["operation_id"])
    assert f"  aiogandi operation wait {operation}\n" in done.err
    assert done.err.splitlines()[-1].startswith("aiogandi: the service refuses the session: ")


def test_more_than_the_limit_are_all_changed(aiogandi, service, monkeypatch):
    monkeypatch.setattr("aiogandi.cli.batch.lot.AT_ONCE", 40)
    names = [f"web-{number:03d}" for number in range(100)]
    done = aiogandi("vm", "create", *names, "--os", 111, "--json", service=service)
    assert done.code == 0
    assert [vm["hostname"] for vm in done.json] == names
    done = aiogandi("vm", "delete", "--match", "web-*", "--stop", service=service)
    assert done.code == 0
    assert service.states() == {}
