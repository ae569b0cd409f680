"""``--timeout`` ends the waiting: what goes on at the service is told and can be taken up."""


def test_a_timeout_ends_the_wait_with_exit_code_1(operations_to_await, aiogandi, slow_service):
    ids = slow_service.vms("web-01", "web-02")
    done = aiogandi("vm", "stop", *ids, "--timeout", 0.5, "--json", service=slow_service)
    assert done.code == 1
    assert [item["outcome"] for item in done.json] == ["under_way", "under_way"]
    assert "the time is up: 0 of 2 servers stopped" in done.err
    slow_service.do("advance", 20)
    ids = operations_to_await(done.err)
    assert aiogandi("operation", "wait", *ids, service=slow_service).code == 0


def test_a_timeout_between_two_steps_says_what_is_still_to_be_done(
    operations_to_await, aiogandi, slow_service
):
    (vm_id,) = slow_service.vms("web")
    done = aiogandi("vm", "delete", vm_id, "--stop", "--timeout", 0.5, service=slow_service)
    assert done.code == 1
    assert len(operations_to_await(done.err)) == 1
    assert f"Still to be deleted: {vm_id}\n" in done.err


def test_a_wait_can_be_ended_and_taken_up_as_often_as_one_likes(
    operations_to_await, aiogandi, slow_service
):
    (vm_id,) = slow_service.vms("web")
    operation = slow_service.call("vm_stop", vm_id)
    for _ in range(2):
        args = ("operation", "wait", operation, "--timeout", 0.1)
        done = aiogandi(*args, service=slow_service)
        assert done.code == 1
        assert operations_to_await(done.err) == [str(operation)]


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
