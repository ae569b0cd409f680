"""Every command that changes things in bulk takes ``--run NAME``, and does nothing twice with it."""

import pytest

from tests.cli.all_commands import commands

CHANGES_NOTHING = {
    *("vm list", "vm info", "vm disks", "disk list", "disk info", "os list"),
    *("account info", "account balance", "operation list", "operation info", "operation wait"),
    *("run list", "run show", "run forget", "pending", "recover", "hub status", "sandbox", "demo"),
    *("worker", *(f"fleet {verb}" for verb in ("status", "watch", "cancel", "forget"))),
}
"""At the service. Whatever else there is, or will be, is a bulk command."""

BULK = {
    path.removeprefix("aiogandi "): command
    for path, command in commands()
    if path.removeprefix("aiogandi ") not in CHANGES_NOTHING
}


def servers(service):
    """Two that run."""
    return service.vms("a", "b")


def stopped_servers(service):
    return service.vms("a", "b", state="halted")


def disks(service):
    return service.disks("a", "b")


def attached_disks(service):
    (vm_id,), disk_ids = service.vms("web"), disks(service)
    for disk_id in disk_ids:
        service.call("disk_attach", vm_id, disk_id)
    service.do("advance", 60)
    return disk_ids


def products(service):
    for _ in range(2):
        service.call("hosting_account_product_add", "shares", 2, "1m")
        service.do("advance", 60)
    return [each["id"] for each in service.call("hosting_account_info")["products"]][-2:]


LINES = {
    "vm create": lambda _: ("web-01", "web-02", "--os", 111),
    "vm update": lambda service: (*servers(service), "--cpu", 2),
    "vm start": stopped_servers,
    "vm stop": servers,
    "vm reboot": servers,
    "vm delete": stopped_servers,
    "disk create": lambda _: ("data-01", "data-02", "--size", 100),
    "disk attach": lambda service: (*service.vms("web"), *disks(service)),
    "disk detach": attached_disks,
    "disk delete": disks,
    "product add": lambda _: ("shares", 2, "--duration", "1m"),
    "product renew": lambda service: (*products(service), "--duration", "1m"),
    "product update": lambda service: (*products(service), "--quantity", 3),
    "product remove": products,
}
"""The rest of a line of each command, with what it needs at the service."""

METHODS = {
    f"product {verb}": f"hosting_account_product_{verb}"
    for verb in ("add", "renew", "update", "remove")
}
"""The call of each command that is not called like it."""


@pytest.mark.parametrize("path", BULK)
def test_it_takes_a_run_and_a_journal(path):
    options = {option for param in BULK[path].params for option in param.opts}
    assert {"--run", "--journal"} <= options


@pytest.mark.parametrize("path", sorted(BULK.keys() - {"operation cancel"}))
def test_the_same_line_again_does_nothing_twice(aiogandi, service, path):
    line = (*path.split(), *LINES[path](service), "--run", "x", "--json")
    first = aiogandi(*line, service=service)
    assert first.code == 0, first.err
    before = service.do("executed")
    again = aiogandi(*line, service=service)
    assert (again.code, again.json) == (0, first.json), again.err
    assert "by an earlier command of this run" in again.err
    method = METHODS.get(path, path.replace(" ", "_"))
    assert service.do("executed")[method] == before[method]


def test_what_is_cancelled_is_cancelled_once(aiogandi, slow_service):
    (vm_id,) = slow_service.vms("web")
    operation_id = [slow_service.call("vm_stop", vm_id) for _ in range(2)][
        1
    ]  # it waits for the first
    line = ("operation", "cancel", operation_id, "--run", "x", "--json")
    first = aiogandi(*line, service=slow_service)
    assert first.code == 0, first.err
    again = aiogandi(*line, service=slow_service)
    assert (again.code, again.json) == (0, first.json)
    assert slow_service.do("executed")["operation_cancel"] == 1
