"""``aiogandi operation``: listed, awaited, cancelled by their ids."""


def test_operations_are_listed_newest_first_and_filtered(aiogandi, service):
    (vm_id,) = service.vms("web", state="halted")
    service.vms("other")
    done = aiogandi("operation", "list", "--vm", vm_id, "--json", service=service)
    assert done.code == 0
    assert [operation["type"] for operation in done.json] == ["vm_stop", "vm_create"]
    assert set(done.json[0]) >= {"id", "state", "date_created", "params", "last_error", "vm_id"}
    done = aiogandi(
        "operation", "list", "--type", "vm_create", "--state", "done", "--limit", 1, "--json",
        service=service,
    )  # fmt: skip
    assert [operation["params"]["hostname"] for operation in done.json] == ["other"]
    done = aiogandi("operation", "list", "--created-after", "2999-01-01", "--json", service=service)
    assert done.json == []


def test_the_newest_are_listed_where_the_service_lists_them_last(aiogandi, service):
    service.vms("a", "b", "c")
    newest, *older = service.call("operation_list")
    service.do("answer", "operation_list", [*older[::-1], newest, newest])
    done = aiogandi("operation", "list", "--limit", 2, "--json", service=service)
    assert [operation["id"] for operation in done.json] == [newest, older[0]]


def test_a_list_that_is_cut_says_how_to_see_more(aiogandi, service):
    service.vms(*(f"web-{number}" for number in range(25)))
    for form in ((), ("--json",)):
        done = aiogandi("operation", "list", *form, service=service)
        assert (done.code, done.err) == (
            0,
            "Limited to the newest 20 of 25 operations; to see all: --limit 25\n",
        )
    done = aiogandi("operation", "list", "--limit", 25, "--json", service=service)
    assert (len(done.json), done.err) == (25, "")


def test_the_services_own_limit_is_told(aiogandi, slow_service):
    listed = [*range(1000300, 1000000, -1)]
    slow_service.do("answer", "operation_list", listed, times=2)
    slow_service.do("answer", "operation_details", {"state": "DONE"}, times=999)
    older = (
        "The service lists 300 at most, and may have older ones;"
        " to see those: --created-before DATE\n"
    )
    done = aiogandi("operation", "list", "--limit", 1, service=slow_service)
    limited = "Limited to the newest 1 of 300 operations; to see all: --limit 300\n"
    assert done.err == limited + older
    done = aiogandi("operation", "list", "--limit", 300, "--json", service=slow_service)
    assert done.err == older


def test_a_state_that_is_none_is_wrong_use(aiogandi, service):
    done = aiogandi("operation", "list", "--state", "TIRED", service=service)
    assert done.code == 2
    assert "one of ALL, PENDING, RUN" in done.err


def test_operations_that_ended_long_ago_are_told_at_once(aiogandi, service):
    (vm_id,) = service.vms("web", state="halted")
    service.do("fail_operation", "vm_start", message="no power")
    failed = service.call("vm_start", vm_id)
    service.do("advance", 3600)
    ids = [operation["id"] for operation in service.do("operations")]
    done = aiogandi("operation", "wait", *ids, 4711, "--timeout", "inf", "--json", service=service)
    assert done.code == 1
    assert service.do("calls")["operation_details"] == len(ids) + 1  # each is looked at once
    assert [(item["operation_id"], item["outcome"]) for item in done.json] == [
        (ids[0], "done"),
        (ids[1], "done"),
        (failed, "failed"),
        (4711, "failed"),
    ]
    assert f"operation {failed} (vm_start) ended in ERROR: no power" in done.err
    assert "operation 4711: it does not exist" in done.err
    assert done.json[0]["operation"] == "vm_create"
    assert aiogandi("operation", "info", ids[0], service=service).code == 0


def test_only_what_is_pending_is_cancelled(aiogandi, slow_service):
    (vm_id,) = slow_service.vms("web")
    runs = slow_service.call("vm_stop", vm_id)
    waits = slow_service.call("vm_stop", vm_id)
    done = aiogandi("operation", "cancel", runs, waits, "--json", service=slow_service)
    assert done.code == 1
    assert [item["outcome"] for item in done.json] == ["failed", "done"]
    assert f"operation {runs}: its state does not allow this" in done.err
    slow_service.call("vm_stop", vm_id)
    assert aiogandi("operation", "cancel", "--all", "--yes", service=slow_service).code == 0
    states = [operation["state"] for operation in slow_service.do("operations")]
    assert states == ["DONE", "RUN", "CANCEL", "CANCEL"]


def test_all_that_is_pending_may_be_more_than_the_service_lists(aiogandi, slow_service):
    slow_service.do("answer", "operation_list", [*range(1, 301)])
    done = aiogandi("operation", "cancel", "--all", "--yes", service=slow_service)
    assert done.code == 1
    assert "The service lists 300 at most: there may be more than these\n" in done.err
    assert "aiogandi: 300 operations 1-300: they do not exist: " in done.err
