"""An argument or a setting that is refused may be a secret, or stand beside one: no error shows it."""

import pytest

from aiogandi import Gandi, InvalidArgument
from tests.integration.secrets.leaks import LOGIN_PASSWORD, URL_CORE, VM_PASSWORD

PASSWORDS = [VM_PASSWORD, VM_PASSWORD.encode(), [VM_PASSWORD]]


@pytest.mark.parametrize("password", PASSWORDS, ids=["str", "bytes", "list"])
async def test_no_wrong_argument_shows_a_secret(gandi, output, password):
    specs = {"password": VM_PASSWORD, "size": 0}
    calls = [
        lambda: gandi.vm_create("", password, 111, 1, 1),
        lambda: gandi.vm_create("web", password, -1, 1, 1),
        lambda: gandi.vm_create("web", password, 111, 1, 1, {"password": VM_PASSWORD, "x": None}),
        lambda: gandi.vm_create("web", password, 111, 1, 1, specs),
        lambda: gandi.vm_create("web", VM_PASSWORD + "\0", 111, 1, 1),
        lambda: gandi.vm_update(-1, specs),
        lambda: gandi.vm_update(5, specs),
        lambda: gandi.disk_create(specs),
        lambda: gandi.operation_list(param={"password": VM_PASSWORD, "x": None}),
        lambda: gandi.operation_list(state="x", param={"password": VM_PASSWORD}),
        lambda: gandi.call("vm_create", "web", VM_PASSWORD, None),
        lambda: gandi.call("login", "AA1234-GANDI", VM_PASSWORD),
        lambda: gandi.call("vm create", {"password": VM_PASSWORD}),
        lambda: gandi.call("x", {"password": VM_PASSWORD + "\0"}),
        lambda: gandi.call("x", {"password": VM_PASSWORD}, object()),
    ]
    for call in calls:
        with output.caught(InvalidArgument):
            await call()
    assert not output.leaks()


def test_no_wrong_setting_shows_a_secret(monkeypatch, output):
    credentials = f"https://me:{URL_CORE}@api.gandi.net/"
    for wrong in (
        {"password": LOGIN_PASSWORD.encode()},
        {"password": [LOGIN_PASSWORD]},
        {"timeout": 0},
        {"login": ""},
        {"url": credentials},
        {"url": f"https://me:{URL_CORE}/x@api.gandi.net/"},
        {"url": f"http://x/{URL_CORE}"},
        {"retry": 5},
    ):
        with output.caught(InvalidArgument):
            Gandi(**{"login": "AA1234-GANDI", "password": LOGIN_PASSWORD} | wrong)
    monkeypatch.setenv("GANDI_LOGIN", "AA1234-GANDI")
    monkeypatch.setenv("GANDI_PASSWORD", LOGIN_PASSWORD)
    for wrong in ({"timeout": 0}, {"url": credentials}, {"password": LOGIN_PASSWORD.encode()}):
        with output.caught(InvalidArgument):
            Gandi.from_env(**wrong)
    monkeypatch.delenv("GANDI_LOGIN")
    with output.caught(InvalidArgument):
        Gandi.from_env(password=LOGIN_PASSWORD)
    assert not output.leaks()
