"""``aiogandi disk``: created, attached, detached, deleted in bulk."""


def test_disks_are_created_by_number_and_listed(aiogandi, service):
    done = aiogandi(
        "disk", "create", "--count", 2, "--name", "data-{}", "--size", 1024, "--json",
        service=service,
    )  # fmt: skip
    assert done.code == 0
    assert [disk["name"] for disk in done.json] == ["data-1", "data-2"]
    assert {disk["outcome"] for disk in done.json} == {"done"}
    done = aiogandi("disk", "list", "--match", "*-2", "--json", service=service)
    assert [(disk["name"], disk["size"], disk["state"]) for disk in done.json] == [
        ("data-2", 1024, "created")
    ]
    assert aiogandi("disk", "info", done.json[0]["id"], service=service).code == 0


def test_disks_are_attached_to_one_server_or_in_pairs_and_detached_by_name(aiogandi, service):
    first, second = service.vms("web-01", "web-02")
    disks = service.disks("data-1", "data-2", "data-3", "data-4")
    done = aiogandi("disk", "attach", first, *disks[:2], "--json", service=service)
    assert [(disk["vm_id"], disk["disk_id"]) for disk in done.json] == [
        (first, disks[0]),
        (first, disks[1]),
    ]
    pairs = (f"{first}:{disks[2]}", f"{second}:{disks[3]}")
    assert aiogandi("disk", "attach", *pairs, service=service).code == 0
    assert [disk["vm_id"] for disk in service.do("disks")] == [first, first, first, second]
    assert aiogandi("disk", "detach", "--match", "data-*", service=service).code == 0
    assert {disk["vm_id"] for disk in service.do("disks")} == {0}


def test_what_is_not_attached_cannot_be_detached(aiogandi, service):
    (disk,) = service.disks("data")
    done = aiogandi("disk", "detach", disk, service=service)
    assert done.code == 1
    assert f"aiogandi: disk {disk}: it is not attached\n" in done.err


def test_disks_are_deleted_but_for_those_that_the_service_refuses(aiogandi, service):
    (vm_id,) = service.vms("web")
    free, attached = service.disks("free", "attached")
    service.call("disk_attach", vm_id, attached)
    service.do("advance", 10)
    done = aiogandi("disk", "delete", free, attached, "--json", service=service)
    assert done.code == 1
    assert [disk["outcome"] for disk in done.json] == ["done", "failed"]
    assert [disk["id"] for disk in service.do("disks")] == [attached]
