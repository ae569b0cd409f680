"""Client and sandbox have the documented calls: names, order, what is optional, types of the answers."""

import inspect
import re

import pytest

from aiogandi import Gandi, Operation
from aiogandi.models.model import Model
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.api.arguments import Struct, boolean, identifier, integer, text_value
from aiogandi.sandbox.api.signatures import FILTER, SIGNATURES
from tests.calls.documented import CALLS

BY_ITSELF = {"login", "su"}  # the client calls them when it must
BY_NAME = {call.name: call for call in CALLS}
METHODS = [call for call in CALLS if call.name not in BY_ITSELF]


def named(calls):
    return pytest.mark.parametrize("call", calls, ids=lambda call: call.name)


# -- the sandbox -----------------------------------------------------------------------------

READERS = {integer: "int", identifier: "int", text_value: "string", boolean: "boolean"}


def type_of(parameter):
    return "struct" if isinstance(parameter, Struct) else READERS[parameter.type]


def test_the_sandbox_has_these_calls_and_no_other():
    assert set(SIGNATURES) == set(BY_NAME)


@named(CALLS)
def test_the_sandbox_takes_what_is_documented(call):
    signature = SIGNATURES[call.name]
    taken = tuple((type_of(each), each.name) for each in signature.parameters)
    assert taken == call.parameters
    assert signature.optional == len(call.optional)


FIRST = {
    "vm_start": "vm_stop",
    "vm_delete": "vm_stop",
    "disk_detach": "disk_attach",
    "hosting_account_product_remove": "hosting_account_product_add",
}
ANSWERS = {
    "string": str,
    "int": int,
    "double": float,
    "boolean": bool,
    "struct": dict,
    "array": list,
}


@named(CALLS)
def test_the_sandbox_answers_with_what_is_documented(call):
    sandbox = Sandbox(clock=lambda: 0.0)
    session = sandbox.execute("login", "AA1234-GANDI", "mypassword")
    known = {
        **GIVEN,
        "session": session,
        "password": "mypassword",
        "vm_id": sandbox.execute("vm_create", session, "web", "my_password", 111, 1, 1, {}),
        "disk_id": sandbox.execute("disk_create", session, SPECS["disk_create"]),
        "product_id": sandbox.products[0]["id"],
    }

    def execute(call):
        known["specs"] = SPECS.get(call.name)
        return sandbox.execute(call.name, *(known[name] for _, name in call.parameters))

    sandbox.advance(60)
    sandbox.hold_operation("hosting_account_product_renew")
    known["operation_id"] = execute(BY_NAME["hosting_account_product_renew"])
    if call.name in FIRST:
        execute(BY_NAME[FIRST[call.name]])
        sandbox.advance(60)
        known["product_id"] = sandbox.products[-1]["id"]
    assert type(execute(call)) is ANSWERS[call.answer]


# -- the client ------------------------------------------------------------------------------

# No two values that one call takes are equal, so that another order would be seen.
GIVEN = {
    "login": "AA1234-GANDI",
    "handle": "AA1234-GANDI",
    "safe": True,
    "product_name": "shares",
    "quantity": 4,
    "duration": "1m",
    "hostname": "vmtest1",
    "password": "my_password",
    "os_id": 111,
    "shares": 5,
    "cpu": 1,
    "vm_id": 21,
    "disk_id": 22,
    "product_id": 23,
    "operation_id": 24,
    "filter": {"state": "DONE"},
}
SPECS = {
    "vm_create": {"login": "gandi"},
    "vm_update": {"shares": 5},
    "disk_create": {"size": 2048, "name": "disk2GB", "fstype": "ext3"},
}
REPLIES = {"string": "EUR", "int": 9, "double": 1.5, "boolean": True, "struct": {}, "array": []}
RESULTS = {"string": str, "double": float, "array": list, "struct": Model, "int": Operation}


def test_the_client_has_these_calls_and_no_other():
    own = {
        name for name in dir(Gandi) if re.match(r"(account|hosting|vm|disk|operation|os)_", name)
    }
    assert own == {call.name for call in METHODS}


@named(METHODS)
def test_the_clients_methods_take_what_is_documented(call):
    _, *taken = inspect.signature(getattr(Gandi, call.name)).parameters.values()
    if call.name == "operation_list":  # the members of its filter are arguments of their own
        assert {each.name for each in taken} == {each.name for each in FILTER.members}
        assert all(each.default is None for each in taken)
        return
    assert [each.name for each in taken] == [name for _, name in call.own]
    left_out = {each.name for each in taken if each.default is not each.empty}
    assert left_out == ({"specs"} if call.name == "vm_create" else set())


@pytest.mark.parametrize("whole", [True, False], ids=["all", "required"])
@named(METHODS)
async def test_the_client_sends_what_is_documented(answering, call, whole):
    due = call.own if whole else tuple(each for each in call.required if each[1] != "session")
    sent = {name: GIVEN.get(name) for _, name in due}
    if "specs" in sent:
        sent["specs"] = SPECS[call.name]
    given = sent.pop("filter") if "filter" in sent else sent
    if call.name == "vm_create" and not whole:  # what may be left out is sent all the same
        given = {name: value for name, value in sent.items() if name != "specs"}
        sent["specs"] = {}
    url, calls = await answering(login="a-session", **{call.name: REPLIES[call.answer]})
    async with Gandi("AA1234-GANDI", "mypassword", url=url, rate_limit=None) as gandi:
        result = await getattr(gandi, call.name)(**given)
    values = [GIVEN["filter"]] if given is GIVEN["filter"] else [*sent.values()]
    assert (call.name, ["a-session", *values]) in calls
    assert all(type(each) is ANSWERS[kind] for each, (kind, _) in zip(values, due, strict=True))
    expected = RESULTS.get(call.answer)
    assert result is None if expected is None else isinstance(result, expected)


@pytest.mark.parametrize("safe", [True, False])
async def test_the_client_logs_in_as_is_documented(answering, safe):
    url, calls = await answering(login="first", su="second")
    settings = {"safe": safe, "handle": "BB1-GANDI"}
    async with Gandi("AA1234-GANDI", "mypassword", url=url, **settings) as gandi:
        await gandi.vm_list()
    assert calls == [
        ("login", ["AA1234-GANDI", "mypassword", safe]),
        ("su", ["first", "BB1-GANDI"]),
        ("vm_list", ["second"]),
    ]
