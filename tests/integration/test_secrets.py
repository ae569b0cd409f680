"""Passwords and session ids are shown nowhere: every call and every failure, and all that they say.

Each secret holds a core that no way of writing it changes, and whose parts stand in no other text:
where any six letters of it are found, it has leaked, whole or cut, plain or escaped.
"""

import asyncio
import html
import logging
import os
import traceback
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

import aiogandi
from aiogandi import Gandi, InvalidArgument, Polling, Retry, bulk, codec
from aiogandi.changes.change import Change
from aiogandi.redaction import Secret
from aiogandi.sandbox import Sandbox

PACKAGE = Path(aiogandi.__file__).parent
LOGIN_CORE, VM_CORE, SESSION_CORE, URL_CORE = (
    "Zq7XkV9pLw3T",
    "hJ4mRw8NcY2b",
    "e9Uf3Kz6Qd1G",
    "W5xBt0sVg7Lp",
)
LOGIN_PASSWORD = f"a&<{LOGIN_CORE}> \"b' ]c\\d é"
VM_PASSWORD = f"[x: &<{VM_CORE}> \"y' ] z\\w"
SESSION = f"{SESSION_CORE}000"
SECOND_SESSION = f"{SESSION_CORE}111"
CORES = (LOGIN_CORE, VM_CORE, SESSION_CORE, URL_CORE)
PARTS = {core[at : at + 6] for core in CORES for at in range(len(core) - 5)}


class Output:
    """All that was shown."""

    def __init__(self):
        self.texts = []

    def add(self, *texts):
        self.texts.extend(texts)

    def add_error(self, error):
        """An exception, what it was raised from, and the locals of our frames on the way."""
        seen = set()
        left = [error]
        while left:
            link = left.pop()
            if link is None or id(link) in seen:
                continue
            seen.add(id(link))
            self.add(str(link), repr(link), repr(link.args), repr(vars(link)))
            self.add("".join(traceback.format_exception(link)))
            left += [link.__cause__, link.__context__, *getattr(link, "exceptions", ())]
            for frame, _ in traceback.walk_tb(link.__traceback__):
                file = Path(frame.f_code.co_filename)
                if PACKAGE in file.parents and PACKAGE / "sandbox" not in file.parents:
                    for name, value in frame.f_locals.items():
                        self.add(f"{file.name}:{frame.f_lineno} {name} = {value!r} {value}")

    def add_object(self, thing, depth=6):
        """Its repr, and that of all that it holds which is ours."""
        self.add(repr(thing), str(thing))
        held = getattr(thing, "__dict__", {}).values()
        slots = {slot for kind in type(thing).__mro__ for slot in getattr(kind, "__slots__", ())}
        for value in (*held, *(getattr(thing, slot, None) for slot in slots)):
            self.add(repr(value))
            if depth and type(value).__module__.startswith("aiogandi"):
                self.add_object(value, depth - 1)

    @contextmanager
    def caught(self, *kinds):
        """Whatever is raised is added, and must be one of these."""
        with pytest.raises(kinds or Exception) as caught:
            yield
        self.add_error(caught.value)

    def leaks(self, parts=PARTS):
        """What shows one of these, cut out around it."""
        return [
            text[max(text.index(part) - 100, 0) : text.index(part) + 50]
            for text in self.texts
            for part in parts
            if part in text
        ]


class Recorder(logging.Handler):
    def __init__(self, output):
        super().__init__(logging.DEBUG)
        self.output = output

    def emit(self, record):
        self.output.add(self.format(record), repr(record.args), repr(vars(record)))
        if record.exc_info:
            self.output.add_error(record.exc_info[1])


@pytest.fixture
def output():
    """Records everything that is logged anywhere, at DEBUG, with asyncio's debug mode on."""
    output = Output()
    recorder = Recorder(output)
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in (None, "asyncio", "aiogandi")}
    root.addHandler(recorder)
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield output
    root.removeHandler(recorder)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.fixture(autouse=True)
async def _debug():
    loop = asyncio.get_running_loop()
    loop.set_debug(True)
    yield
    loop.set_debug(False)


def http(body, status="200 OK", *headers):
    head = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(head).encode() + body


def fault(code, message):
    return http(codec.encode_fault(code, message))


# What a service may answer that repeats the whole request, which holds the session and a password.
ECHOES = {
    "a fault with the values": lambda body: fault(
        500130, f"DataError: invalid value [password: {VM_PASSWORD}] [session: {SESSION}]"
    ),
    "a fault with the request": lambda body: fault(
        500130, f"DataError: bad request {body.decode()}"
    ),
    "a server's fault": lambda body: fault(110020, f"ServerError: query failed: {quote(body)}"),
    "an unknown fault": lambda body: fault(7, f"{body!r} {LOGIN_PASSWORD!r}"),
    "a cut fault": lambda body: fault(500130, f"DataError: [session: {SESSION[:9]}"),
    "a session's fault": lambda body: fault(510150, f"no such session [session: {SESSION}]"),
    "an error page": lambda body: http(body, "500 Internal Server Error"),
    "an escaped page": lambda body: http(html.escape(body.decode()).encode(), "503 Unavailable"),
    "a quoted page": lambda body: http(quote(body).encode(), "404 Not Found"),
    "a repr": lambda body: http(repr(body.decode()).encode(), "400 Bad Request"),
    "a cut page": lambda body: http(b"<session>" + body[body.index(b"e9Uf3") :][:9], "502 Bad"),
    "a reason": lambda body: http(b"", f"500 {SESSION}"),
    "too many": lambda body: http(body, "429 Too Many Requests", "Retry-After: 0"),
    "a redirect": lambda body: http(body, "302 Found", f"Location: http://x/?{SESSION}"),
    "no XML": lambda body: http(b"no XML " + body),
    "another document": http,
    "another type": lambda body: http(codec.encode_response(SESSION).replace(b"string", b"int")),
    "another tag": lambda body: http(f"<{SESSION}/>".encode()),
    "a mismatch": lambda body: http(f"<methodResponse></{SESSION}>".encode()),
    "a cut reply": lambda body: http(body)[:-200],
    "a reply cut in the session": lambda body: http(codec.encode_response(SESSION) + b" " * 99)[
        :-160
    ],
    "a large one": lambda body: http(body * 2000),
    "a value of another kind": lambda body: http(codec.encode_response({"x": body.decode()})),
    "no HTTP": lambda body: body[-100:] + SESSION.encode() + b"\r\n\r\n",
    "no status": lambda body: f"HTTP/1.1 {SESSION}\r\n\r\n".encode(),
    "a bad header": lambda body: f"HTTP/1.1 200 OK\r\nX {SESSION}\r\n\r\n".encode(),
    "a bad length": lambda body: f"HTTP/1.1 200 OK\r\nContent-Length: {SESSION}\r\n\r\n".encode(),
    "a bad chunk": lambda body: (
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{SESSION}\r\n".encode()
    ),
    "a bad encoding": lambda body: http(body, "200 OK", "Content-Encoding: gzip"),
    "nothing": lambda body: b"",
    "silence": lambda body: None,
}


@pytest.fixture
async def client(raw_server, output):
    """Makes clients of a service that logs everybody in, and answers all else as it is told."""
    clients = []

    async def make(answer, **settings):
        sessions = iter([SESSION, SECOND_SESSION] * 1000)

        def respond(body):
            method, _ = codec.decode_call(body)
            if method == "login" and not settings.get("login_too"):
                return http(codec.encode_response(next(sessions)))
            if method == "operation_list" and settings.get("lists"):
                return http(codec.encode_response([]))
            return answer(body)

        url, _ = await raw_server(respond)
        quick = {
            "timeout": 0.1,
            "rate_limit": None,
            "retry": Retry(2, within=5, settle=0.01, backoff=0),
        }
        own = {
            name: value for name, value in settings.items() if name not in ("lists", "login_too")
        }
        clients.append(Gandi("AA1234-GANDI", LOGIN_PASSWORD, url=url, **quick | own))
        return clients[-1]

    yield make
    for made in clients:
        output.add_object(made)
        await made.close()


@pytest.mark.parametrize("answer", ECHOES.values(), ids=ECHOES)
async def test_no_failure_shows_a_secret(client, output, answer):
    gandi = await client(answer, lists=True)
    specs = {"login": "admin", "password": VM_PASSWORD}
    for call in (
        lambda: gandi.vm_create("web", VM_PASSWORD, 111, 1, 1),
        lambda: gandi.vm_update(5, specs),
        lambda: gandi.call("vm_create", "web", VM_PASSWORD, 111, 1, 1, {}),
        lambda: gandi.call("su", "BB1-GANDI"),
        lambda: gandi.operation_details(5),
        gandi.account_currency,
        gandi.os_list,
    ):
        try:
            await call()
        except Exception as error:  # noqa: BLE001 - each is looked at
            output.add_error(error)
    assert output.texts
    assert not output.leaks()


@pytest.mark.parametrize("name", ECHOES)
@pytest.mark.parametrize("handle", [None, "BB1-GANDI"])
async def test_no_failure_of_the_login_shows_a_secret(client, output, name, handle):
    def respond(body):
        if handle is not None and b"<methodName>login" in body:
            return http(codec.encode_response(SESSION))
        # What a login answers may hold the new session, which nobody knows yet.
        known = SESSION.encode() in body or "fault" in name
        return ECHOES[name](body if known else body + SESSION.encode())

    gandi = await client(respond, login_too=True, handle=handle)
    try:
        await gandi.vm_list()
    except Exception as error:  # noqa: BLE001 - it is looked at
        output.add_error(error)
    assert not output.leaks()


SPECS = {"login": "admin", "password": VM_PASSWORD}


async def make_every_call(gandi, shown):
    """Returns a server's id."""
    await shown(gandi.account_currency())
    await shown(gandi.account_balance())
    await shown(gandi.hosting_account_info())
    await shown((await shown(gandi.hosting_account_product_add("shares", 4, "1m"))).wait())
    vm = await shown(gandi.vm_create("web", VM_PASSWORD, 111, 1, 1, SPECS))
    disk = await shown(gandi.disk_create({"size": 2048, "name": "data", "fstype": "ext3"}))
    for operation in (vm, disk):
        await shown(operation.wait())
    await shown(gandi.vm_info(vm.vm_id))
    await shown(gandi.vm_disk_list(vm.vm_id))
    await shown(gandi.disk_info(disk.disk_id))
    await shown(gandi.operation_details(vm.id))
    for listing in (gandi.vm_list, gandi.disk_list, gandi.operation_list, gandi.os_list):
        await shown(listing())
    await shown(gandi.operation_list(param={"vm_id": vm.vm_id, "password": VM_PASSWORD}))
    for change in (
        gandi.vm_reboot(vm.vm_id),
        gandi.vm_stop(vm.vm_id),
        gandi.disk_attach(vm.vm_id, disk.disk_id),
        gandi.disk_detach(vm.vm_id, disk.disk_id),
        gandi.vm_update(vm.vm_id, SPECS | {"shares": 2}),
        gandi.vm_start(vm.vm_id),
    ):
        await shown((await shown(change)).wait())
    return vm.vm_id


async def meet_every_trouble(gandi, sandbox, shown, output):
    for trouble in (sandbox.drop_reply, sandbox.drop_request, sandbox.garble, sandbox.refuse):
        trouble("vm_create")
        await shown(gandi.vm_create("web", VM_PASSWORD, 111, 1, 1))
        trouble("vm_list", times=2)
        await shown(gandi.vm_list())
    sandbox.expire_sessions()
    await shown(gandi.vm_list())
    sandbox.fault("vm_list", code=510150, message="[session: x]", times=2)
    with output.caught(aiogandi.SessionExpired):
        await gandi.vm_list()
    sandbox.delay("vm_list", seconds=2, times=3)
    with output.caught(aiogandi.TransportError):
        await gandi.vm_list()
    with output.caught(aiogandi.NotFound):
        await gandi.vm_info(5)
    sandbox.delay("vm_create", seconds=2)
    call = asyncio.create_task(gandi.vm_create("late", VM_PASSWORD, 111, 1, 1))
    await asyncio.sleep(0.05)
    call.cancel()
    with output.caught(asyncio.CancelledError):
        await call
    sandbox.drop_reply("vm_create")
    # What became of it cannot be found out.
    sandbox.refuse("operation_list", status=404)
    with output.caught(aiogandi.OutcomeUnknown):
        await gandi.vm_create("unknown", VM_PASSWORD, 111, 1, 1)


async def come_to_every_bad_end(gandi, sandbox, output, vm_id):
    """Returns an operation that never ends."""
    sandbox.fail_operation("vm_reboot", message=f"DataError: [password: {VM_PASSWORD}]")
    with output.caught(aiogandi.OperationFailed):
        await (await gandi.vm_reboot(vm_id))
    sandbox.hold_operation("vm_stop")
    held = await gandi.vm_stop(vm_id)
    await held.cancel()
    with output.caught(aiogandi.OperationCancelled):
        await held
    sandbox.stall_operation("vm_reboot")
    stalled = await gandi.vm_reboot(vm_id)
    with output.caught(aiogandi.OperationTimeout):
        await stalled.wait(0.03)
    async for outcome in bulk(
        lambda name: gandi.vm_create(name, VM_PASSWORD, 111, 5000, 1), ["a", "b"]
    ):
        output.add(repr(outcome))
        output.add_error(outcome.error)
    return stalled


async def test_no_call_on_the_sandbox_shows_a_secret(output):
    asyncio.get_running_loop().slow_callback_duration = 0  # each step of the loop is logged
    sessions = set()
    async with (
        Sandbox(login="AA1234-GANDI", password=LOGIN_PASSWORD, speed=1000) as sandbox,
        sandbox.client(
            polling=Polling(0.01, 0.05),
            retry=Retry(3, within=5, settle=0.05, backoff=0),
            timeout=0.3,
        ) as gandi,
    ):

        async def shown(awaitable):
            result = await awaitable
            output.add_object(result)
            sessions.add(gandi._session._session.id.reveal())
            return result

        vm_id = await make_every_call(gandi, shown)
        await meet_every_trouble(gandi, sandbox, shown, output)
        stalled = await come_to_every_bad_end(gandi, sandbox, output, vm_id)
        await shown(gandi.vm_list())
        output.add_object(gandi)
        sandbox.delay("vm_create", seconds=2)
        under_way = asyncio.create_task(gandi.vm_create("late", VM_PASSWORD, 111, 1, 1))
        waiting = asyncio.create_task(stalled.wait())
        await asyncio.sleep(0.02)
        await gandi.close()
        for task in (under_way, waiting):
            with output.caught(aiogandi.ClientClosed):
                await task
        output.add_object(gandi)
    assert len(sessions) >= 3
    parts = {session[at : at + 8] for session in sessions for at in range(len(session) - 7)}
    assert not output.leaks(PARTS | parts)


async def test_a_refused_password_is_not_shown(output):
    async with Sandbox(password="another") as sandbox:
        async with sandbox.client(password=LOGIN_PASSWORD) as gandi:
            with output.caught(aiogandi.AuthenticationError):
                await gandi.vm_list()
        sandbox.fault(
            "login", code=500130, message=f"[password: {LOGIN_PASSWORD}] {LOGIN_PASSWORD!r}"
        )
        async with sandbox.client(password=LOGIN_PASSWORD) as gandi:
            with output.caught(aiogandi.AuthenticationError):
                await gandi.vm_list()
    assert not output.leaks()


async def test_an_unreachable_service_shows_no_secret(output, unused_tcp_port):
    url = f"http://127.0.0.1:{unused_tcp_port}/xmlrpc/"
    async with Gandi("AA1234-GANDI", LOGIN_PASSWORD, url=url, retry=Retry(2, backoff=0)) as gandi:
        with output.caught(aiogandi.TransportError):
            await gandi.vm_create("web", VM_PASSWORD, 111, 1, 1)
    assert not output.leaks()


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
    monkeypatch.setitem(os.environ, "GANDI_LOGIN", "AA1234-GANDI")
    monkeypatch.setitem(os.environ, "GANDI_PASSWORD", LOGIN_PASSWORD)
    for wrong in ({"timeout": 0}, {"url": credentials}, {"password": LOGIN_PASSWORD.encode()}):
        with output.caught(InvalidArgument):
            Gandi.from_env(**wrong)
    monkeypatch.delitem(os.environ, "GANDI_LOGIN")
    with output.caught(InvalidArgument):
        Gandi.from_env(password=LOGIN_PASSWORD)
    assert not output.leaks()


def test_a_call_on_its_way_shows_no_secret(output):
    call = Change("vm_create", {"hostname": "web", "password": Secret(VM_PASSWORD)})
    output.add_object(call)
    assert not output.leaks()


async def test_a_secret_that_leaks_would_be_found(output):
    """The search itself works."""

    def leak(word):
        raise ValueError(html.escape(word))

    def found(core):
        return any(core[:6] in text for text in output.leaks())

    logging.getLogger("somebody").debug("%s", quote(LOGIN_PASSWORD))
    assert found(LOGIN_CORE)
    with output.caught(ValueError):
        leak(VM_PASSWORD)
    assert found(VM_CORE)
    output.add(SESSION[:7])
    assert found(SESSION_CORE)
