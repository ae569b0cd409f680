"""What comes over HTTP, proper and hostile; after each of it the sandbox serves on."""

import asyncio
import gzip
import io
import logging
import xmlrpc.client
from urllib.parse import urlsplit

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aiogandi import RateLimit
from aiogandi.sandbox import Sandbox
from aiogandi.sandbox.http.exchange import LARGEST_BODY
from tests.waiting import until


@pytest.fixture
async def wire(wire):
    yield wire
    assert await wire("account_currency") == "EUR"


async def raw(wire, data):
    """What the sandbox answers on a connection of its own to these bytes."""
    url = urlsplit(wire.sandbox.url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(data)
    try:
        async with asyncio.timeout(60):
            return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        return cut.partial
    finally:
        writer.close()


@pytest.mark.parametrize("path", ["/xmlrpc/", "/xmlrpc", "/hosting/", "/hosting", "/xmlrpc/?a=1"])
async def test_the_services_paths_are_served(wire, path):
    body = xmlrpc.client.dumps(("AA1234-GANDI", "mypassword"), "login")
    status, headers, _ = await wire.post(body, url=wire.sandbox.url.replace("/xmlrpc/", path))
    assert (status, headers["Content-Type"]) == (200, "text/xml; charset=utf-8")


@pytest.mark.parametrize("path", ["/", "/xmlrpc/x", "/rpc", "/xmlrpc/../etc", "/%00"])
async def test_another_path_is_not_found(wire, path):
    status, _, _ = await wire.post("", url=wire.sandbox.url.replace("/xmlrpc/", path))
    assert (status, wire.sandbox.calls["?"]) == (404, 1)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_another_http_method_is_told_which_is_allowed(wire, method):
    async with wire.http.request(method, wire.sandbox.url) as reply:
        assert (reply.status, reply.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("rate_limit", "header"), [(None, "none"), (RateLimit(1000, per=1.0), None)]
)
async def test_a_sandbox_without_a_rate_limit_says_so_in_every_answer(rate_limit, header):
    login = xmlrpc.client.dumps(("AA1234-GANDI", "mypassword"), "login")
    async with Sandbox(rate_limit=rate_limit) as sandbox, aiohttp.ClientSession() as http:
        sandbox.refuse("vm_list", status=429)
        for method, path, body, status in (
            ("POST", "", login, 200),
            ("POST", "", xmlrpc.client.dumps((1,), "vm_info"), 200),
            ("POST", "", xmlrpc.client.dumps((), "vm_list"), 429),
            ("POST", "", "<", 400),
            ("POST", "nowhere", "", 404),
            ("GET", "", None, 405),
        ):
            async with http.request(method, sandbox.url + path, data=body) as reply:
                assert (reply.status, reply.headers.get("Aiogandi-Rate-Limit")) == (status, header)


async def test_requests_are_counted_by_method_whatever_becomes_of_them(wire):
    await wire("vm_list")
    await wire.fault_of("vm_info", 1)
    await wire.fault_of("nothing_like_it")
    await wire.post("<")
    await wire.fault_of("x" * 64)
    await wire.fault_of("x" * 65)
    known = {"login": 1, "vm_list": 1, "vm_info": 1}
    assert wire.sandbox.calls == known | {"nothing_like_it": 1, "x" * 64: 1, "?": 2}
    assert wire.sandbox.executed == {"login": 1, "vm_list": 1}


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"<",
        b"vm_list",
        b"{}",
        b"<methodCall/>",
        b"<methodCall><methodName/></methodCall>",
        b"<methodCall><methodName>x</methodName><params><param/></params></methodCall>",
        b"<methodResponse><params/></methodResponse>",
        b"<?xml version='1.0' encoding='utf-99'?><methodCall/>",
        b"\xff\xfe" + "<methodCall>".encode("utf-16-le"),
        b"<methodCall>" + b"<x>" * 100_000,
        (
            "<methodCall><methodName>x</methodName><params><param>"
            f"{'<value><array><data>' * 5000}{'</data></array></value>' * 5000}"
            "</param></params></methodCall>"
        ).encode(),
        (
            f'<!DOCTYPE m [<!ENTITY l0 "ha">{LAUGHS}]><methodCall><methodName>x</methodName>'
            "<params><param><value>&l9;</value></param></params></methodCall>"
        ).encode(),
        (
            b'<!DOCTYPE m [<!ENTITY f SYSTEM "file:///etc/passwd">]><methodCall><methodName>'
            b"account_currency</methodName><params><param><value>&f;</value></param></params>"
            b"</methodCall>"
        ),
        b"<methodCall><params><param><value>hunter22</value></param></params></methodCall>",
        (
            b"<methodCall><methodName>x</methodName><params><param><value><int>5<b/></int>"
            b"</value></param></params></methodCall>"
        ),
    ],
    ids=lambda body: repr(body[:24]),
)
async def test_what_is_no_call_is_a_bad_request(wire, body):
    status, _, text = await wire.post(body)
    assert (status, text) == (400, "not an XML-RPC call\n")
    assert wire.sandbox.calls == {"?": 1}


# `serving` opens a sandbox for each example, in a loop of its own.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_random_bodies_are_bad_requests(serving, body):
    async def post():
        async with serving() as wire:
            assert (await wire.post(body))[0] == 400

    asyncio.run(post())


# `serving` opens a sandbox for each example, in a loop of its own.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.binary(min_size=1, max_size=300))
def test_random_bytes_instead_of_http_end_nothing(serving, data):
    async def send():
        async with serving() as wire:
            # The end makes sure that there is something to refuse: blank lines alone may precede
            # a request.
            answer = await raw(wire, data + b"\x01\r\n\r\n")
            assert answer.startswith((b"HTTP/1.0 4", b"HTTP/1.1 4"))

    asyncio.run(send())


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(wire):
    head = b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n"
    assert (await raw(wire, head)).startswith(b"HTTP/1.1 413")


async def test_a_body_without_a_length_is_refused_when_it_grows_too_large(wire):
    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(1600):
            sent += 65536
            yield b" " * 65536

    try:
        status, _, _ = await wire.post(endless())
    except ConnectionError:
        status = 413  # the sandbox answered and closed while we were still sending
    assert status == 413
    assert wire.sandbox.calls == {"?": 1}


async def test_a_body_that_unpacks_too_large_is_refused(wire):
    bomb = gzip.compress(b" " * (20 * LARGEST_BODY))
    assert len(bomb) < LARGEST_BODY
    status, _, _ = await wire.post(bomb, headers={"Content-Encoding": "gzip"})
    assert status == 413


async def test_a_packed_body_is_unpacked(wire):
    body = xmlrpc.client.dumps(("AA1234-GANDI", "mypassword"), "login").encode()
    status, _, _ = await wire.post(gzip.compress(body), headers={"Content-Encoding": "gzip"})
    assert status == 200


async def test_a_body_that_cannot_be_unpacked_is_a_bad_request(wire):
    status, _, _ = await wire.post(b"not gzip", headers={"Content-Encoding": "gzip"})
    assert status == 400


async def test_the_largest_body_is_read(wire):
    body = xmlrpc.client.dumps((wire.session, "x"), "vm_info").encode()
    body = body.replace(b"<params>", b"<params>" + b" " * (LARGEST_BODY - len(body)))
    assert len(body) == LARGEST_BODY
    assert (await wire.post(io.BytesIO(body)))[0] == 200
    assert (await wire.post(io.BytesIO(body + b" ")))[0] == 413


async def test_a_body_that_does_not_arrive_is_given_up(serving):
    head = b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<methodCall>"
    async with serving(body_timeout=0.05) as wire:
        assert (await raw(wire, head)).startswith(b"HTTP/1.1 408")


async def test_a_caller_that_hangs_up_within_its_body_harms_nobody(wire):
    url = urlsplit(wire.sandbox.url)
    _, writer = await asyncio.open_connection(url.hostname, url.port)
    writer.write(b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n<methodCall>")
    await writer.drain()
    await asyncio.sleep(0.02)
    writer.close()
    await until(lambda: wire.sandbox.calls["?"])


async def test_a_caller_may_ask_whether_to_send_its_body(wire):
    body = xmlrpc.client.dumps(("AA1234-GANDI", "mypassword"), "login")
    status, _, _ = await wire.post(body, expect100=True)
    assert status == 200


@pytest.mark.parametrize(
    "head",
    [
        b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
        b"POST /xmlrpc/ HTTP/9.9\r\nHost: x\r\n\r\n",
        b"POST " + b"/x" * 10_000 + b" HTTP/1.1\r\n\r\n",
        b"POST /xmlrpc/ HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://example.com/xmlrpc/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ],
    ids=lambda head: repr(head[:60]),
)
async def test_http_that_makes_no_sense_gets_a_client_error(wire, head):
    assert (await raw(wire, head)).startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))


async def test_nothing_that_callers_send_is_logged(wire, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "hunter22"
    body = xmlrpc.client.dumps(("AA1234-GANDI", secret), "login")
    await wire.post(body)
    await wire.post(body[:-5])
    await raw(wire, f"POST /{secret} HTTP/1.1 {secret}\r\n{secret}\r\n\r\n".encode())
    wire.sandbox.interfere = lambda _: 1 / 0
    await wire.post(body)
    wire.sandbox.interfere = None
    assert "ZeroDivisionError" in caplog.text
    assert secret not in caplog.text


async def test_an_error_of_the_sandbox_itself_is_the_services_internal_error(serving, caplog):
    class NoDurations(dict):
        def get(self, *_):
            return {}["hunter22"]

    async with serving(durations=NoDurations()) as wire:
        fault = await wire.fault_of("vm_create", "web", "my_password", 111, 1, 1, {})
    assert (fault.faultCode, fault.faultString) == (150000, "ServerError: internal error")
    assert "vm_create failed: KeyError at " in caplog.text
    assert "hunter22" not in caplog.text
